"""Tools that come as wheels and are shared by all clones of this user. Standard library only: the bootstrap uses it."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.stack.commands import finished

LOCKS = Path(__file__).with_name("locks")


class Unavailable(Exception):
    """This way of getting a tool does not work here; the text says why in one line."""


@contextmanager
def alone(cache: Path, name: str) -> Iterator[None]:
    """One process at a time gets `name`; the others wait, and find it there."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached_wheels(cache: Path, tool: str) -> Path:
    """Where the wheels of `locks/<tool>.txt` are kept, once they are there."""
    return cache / next(line.split()[0] for line in _lock(tool).read_text().splitlines() if "==" in line)


def wheel_folder(cache: Path, tool: str, *, python: str = sys.executable, made_for: str = "") -> Path:
    """The folder with the wheels of `locks/<tool>.txt`, installed by `python`'s pip with hashes. Raises Unavailable.

    `made_for` names the CPython (3.12) whose wheel is taken instead of `python`'s own, without what it depends on.
    """
    folder = cached_wheels(cache, tool)
    with alone(cache, tool):
        if not folder.exists():
            for leftover in cache.glob(f".{tool}-*"):
                shutil.rmtree(leftover)  # of one that was killed: we are alone here
            aside = Path(tempfile.mkdtemp(dir=cache, prefix=f".{tool}-"))
            _install(_lock(tool), aside, python, made_for)
            aside.rename(folder)
    return folder


def _lock(tool: str) -> Path:
    return LOCKS / f"{tool}.txt"


def _install(lock: Path, target: Path, python: str, made_for: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if made_for:
        abi = "cp" + made_for.replace(".", "")
        command += ["--no-deps", "--implementation", "cp", "--python-version", made_for, "--abi", abi]
    command += ["--require-hashes", "--only-binary", ":all:", "--target", str(target), "-r", str(lock)]
    done = finished(command)
    if done.returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        raise Unavailable(f"pip could not get {lock.stem}: {last_line(done.stderr)}")


def run(command: list[str], *, environment: dict[str, str] | None = None, timeout_s: float = 900) -> str:
    """The output of a finished command. Raises Unavailable with its last line of complaint."""
    try:
        done = finished(command, environment=environment, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than {timeout_s:g} s") from None
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} failed: {last_line(done.stderr or done.stdout)}")
    return done.stdout


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
