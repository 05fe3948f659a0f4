"""A server's data folder with all migrations made, for tests: making them takes 20 s, copying the folder less than one.

It is kept in the user's cache under a digest of what it depends on: a changed migration makes another.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from config.home import CLONE, user_cache
from config.stack import postgres
from config.stack.download import alone

if TYPE_CHECKING:
    from config.stack.embedded import Stack

PATTERNS = ("hub/migrations/*.py", "web/*/migrations/*.py", "requirements.lock", "config/settings.py")
KEPT = 3
"""Of several clones or branches; the others are removed."""


def lay_out(home: Path, make_stack: Callable[[], AbstractContextManager["Stack"]]) -> None:
    """The data of a server that will be started on `home`. make_stack: an ephemeral stack to make them on, the first
    time.
    """
    copy = home / postgres.NAME
    # Under the lock: another clone may be about to remove it.
    with alone(user_cache(), "tables"):
        shutil.copytree(_kept_data(make_stack), copy)
    copy.chmod(0o700)
    postgres.give_to_server(copy, *copy.rglob("*"))


def _kept_data(make_stack: Callable[[], AbstractContextManager["Stack"]]) -> Path:
    data = user_cache() / f"tables-{_digest()}"
    if not data.exists():
        with make_stack() as stack:
            stack.manage("migrate", "--verbosity", "0", environment={"DOORBELL_STATEMENT_TIMEOUT_MS": "0"})
            stack.processes.stop(postgres.NAME)
            aside = user_cache() / f".{data.name}"
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(stack.home / postgres.NAME, aside)
            os.sync()  # its server never did
            aside.rename(data)
    data.touch()
    others = sorted(user_cache().glob("tables-*/"), key=lambda one: one.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return data


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in PATTERNS for path in CLONE.glob(pattern)):
        digest.update(f"{path.relative_to(CLONE)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
