#!/usr/bin/env python
"""Django's commands, on the services that the environment names, on the running demo's, or on embedded ones."""

import importlib.util
import os
import sys

from config.home import CLONE

PYTHON = CLONE / ".venv" / "bin" / "python"
if PYTHON.exists() and importlib.util.find_spec("psycopg") is None:
    # Whoever types `python manage.py` means the Python that `make` has installed everything for.
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

from config.stack.attach import services_for
from config.stack.download import Unavailable
from config.stack.processes import StackError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The limit is made for requests; a migration or a report may take longer.
    os.environ.setdefault("DOORBELL_STATEMENT_TIMEOUT_MS", "0")
    try:
        _run(sys.argv[1] if len(sys.argv) > 1 else "help")
    except (StackError, Unavailable) as reason:
        sys.exit(f"✗ services: {reason}\n    cure: wait until the demo runs or has ended, or set DATABASE_URL")


def _run(command: str) -> None:
    with services_for(command):
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        try:
            import config.settings  # noqa: F401 - a wrong variable is said in a line, without a traceback
        except ImproperlyConfigured as error:
            sys.exit(f"✗ configuration: {error}\n    cure: docs/operations.md lists every variable")
        execute_from_command_line(sys.argv)


def leave(code: int) -> None:
    """End without the interpreter's own end, in which a used Temporal client can crash: the code must not tell."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio" in sys.modules:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    try:
        main()
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
        leave(end.code if isinstance(end.code, int) else int(end.code is not None))
    leave(0)
