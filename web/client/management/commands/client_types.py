import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.frontends import CLIENT
from config.stack.toolchain import node_environment
from web.api import api

TYPES = CLIENT.folder / "src/api/openapi.d.ts"


class Command(BaseCommand):
    help = "Writes the client's types of our API's bodies and answers anew; --check: says whether they are as they are."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *, check: bool, **options: Any) -> None:
        types = made()
        if not check:
            TYPES.write_text(types, encoding="utf-8")
        elif types != TYPES.read_text(encoding="utf-8"):
            raise CommandError(f"{TYPES.name} is not what the API says: manage.py client_types")


def made() -> str:
    """TypeScript. Raises CommandError where node does not make it."""
    # The paths are left out: the client names them, and they are most of it.
    described = {**api.get_openapi_schema(path_prefix="/api/"), "paths": {}}
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "openapi.d.ts")
        source.write_text(json.dumps(described, default=str), encoding="utf-8")
        done = subprocess.run(
            ["node", "node_modules/openapi-typescript/bin/cli.js", str(source), "-o", str(target)],
            cwd=CLIENT.folder,
            env=node_environment(print, python=sys.executable),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CommandError(done.stdout + done.stderr)
        return target.read_text(encoding="utf-8")
