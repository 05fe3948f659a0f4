"""The services for one manage.py command: those named, those of the running demo, or embedded ones for its duration."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config.home import state_home
from config.stack.embedded import SERVICES, embedded_stack, running_stack
from config.stack.temporal_binary import present_binary

# These look at the code only. doctor says what is missing instead of starting it.
ALONE = frozenset(
    """check client_types collectstatic compilemessages diffsettings doctor findstatic help house_rules makemessages
    makemigrations operations rotate_keys startapp startproject --help -h --version""".split()
)


@contextmanager
def services_for(command: str) -> Iterator[None]:
    """Sets the variables of the services for `command`; what is started here ends with the block.

    With DATABASE_URL set, nothing is embedded: a deployment whose REDIS_URL is missing must hear of it.
    """
    if os.environ.get("DATABASE_URL") or all(os.environ.get(name) for name in SERVICES):
        yield
        return
    running = running_stack(state_home())
    if running is not None or command in ALONE:
        _adopt(running or {})
        yield
        return
    say(f"no DATABASE_URL and no running demo: embedded services on {state_home()} for this command")
    with embedded_stack(with_temporal=present_binary(say) is not None, say=say) as stack:
        _adopt(stack.environment)
        yield


def _adopt(environment: dict[str, str]) -> None:
    for name, value in environment.items():
        os.environ.setdefault(name, value)


def say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
