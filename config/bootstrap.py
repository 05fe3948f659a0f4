"""What `make` runs with the system's Python: gets everything that Doorbell needs, and does again only what changed.

    python3 -m config.bootstrap [demo|test]

Standard library only. Python packages, Redis, Temporal and the board's pages are worked on side by side; each says what
it does and how long it took.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - make runs whatever `python3` is, and what follows is not even its syntax
    sys.exit(
        "Doorbell needs Python 3.11 or later; this is %s. Try: make PYTHON=python3.12 demo" % sys.version.split()[0]
    )

import argparse
import hashlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType

from config.frontends import FRONTENDS, Frontend
from config.home import CLONE
from config.stack import redis_binary, temporal_binary
from config.stack.commands import end_all, finished
from config.stack.download import Unavailable, last_line
from config.stack.toolchain import ensure_chinese_font, ensure_chromium, node_environment

VENV = CLONE / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = CLONE / "requirements.lock"
STAMP = ".made-from"
# Of a front end's folder what is no source.
MADE = {"node_modules", "dist"}
SYSTEM_PYTHON = sys.executable
VERSION = "%d.%d" % sys.version_info[:2]

_saying = threading.Lock()


def say(line: str) -> None:
    with _saying:
        print(f"  {line}", flush=True)


class Failed(Exception):
    """A step failed; the text says which, why and what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Get what Doorbell needs.")
    parser.add_argument("purpose", choices=("demo", "test"), nargs="?", default="demo")
    purpose = parser.parse_args().purpose
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        timed("virtual environment", make_venv)
        side_by_side(purpose)
    except (Failed, Unavailable) as reason:
        sys.exit(f"  ✗ {reason}")
    say(f"set up in {time.monotonic() - started:.1f} s")


def stop(number: int, frame: FrameType | None) -> None:
    """Ends us with all that our jobs have started. Not by an exception: their threads would be waited for."""
    end_all()
    os.write(1, b"  stopped; what is done stays done\n")  # not say(): we may be in the middle of it
    os._exit(128 + number)


def side_by_side(purpose: str) -> None:
    """Each job in a thread. Packages come first in the list: others wait for them. Raises the first failure."""
    with ThreadPoolExecutor() as pool:
        packages: Future[None] = pool.submit(timed, "Python packages", install_packages)
        jobs = [packages, pool.submit(timed, "Temporal", lambda: get_temporal(packages))]
        jobs.append(pool.submit(timed, "Redis", get_redis))
        jobs += [pool.submit(timed, f"{one.name}'s pages", partial(build_pages, one)) for one in FRONTENDS]
        if purpose == "test":
            jobs.append(pool.submit(timed, "Chromium and fonts", lambda: get_browser(packages)))
    failures = [error for job in jobs if (error := job.exception())]
    for error in failures:
        raise error


def timed(what: str, step: Callable[[], bool | None]) -> None:
    """Run `step`; say how long it took unless it returns False: nothing was to be done."""
    started = time.monotonic()
    if step() is not False:
        say(f"✓ {what}: {time.monotonic() - started:.1f} s")


def make_venv() -> bool:
    """Made anew where it is half made, or of another Python than ours (an upgrade of the system's, PYTHON=…)."""
    if PYTHON.exists():
        if venv_version() == VERSION:
            return False
        say(f".venv has no pip or is not of Python {VERSION}: making it anew")
    else:
        say("making .venv")
    remove_venv()
    done = finished([SYSTEM_PYTHON, "-m", "venv", str(VENV)])
    if done.returncode != 0:
        remove_venv()
        cure = "on Debian: apt-get install python3-venv"
        raise Failed(f"python3 -m venv failed ({cure}): {last_line(done.stderr or done.stdout)}")
    return True


def venv_version() -> str:
    """The Python that the virtual environment runs now, like 3.11; "" where it cannot run pip."""
    return finished([str(PYTHON), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()


def remove_venv() -> None:
    if VENV.is_symlink():
        VENV.unlink()  # what it points to belongs to somebody else
    else:
        shutil.rmtree(VENV, ignore_errors=True)


def install_packages() -> bool:
    wanted = f"Python {VERSION} {digest([LOCK])}"
    if read_stamp(VENV) == wanted:
        return False
    say("installing Python packages from requirements.lock")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--root-user-action=ignore", "-r", str(LOCK)]
    done = finished(command, together=True)
    if done.returncode != 0:
        raise Failed(f"pip could not install requirements.lock:\n{done.stdout[-2000:]}")
    write_stamp(VENV, wanted)
    return True


def get_temporal(packages: Future[None]) -> bool:
    if os.environ.get("TEMPORAL_ADDRESS"):
        say("temporal: TEMPORAL_ADDRESS names it")
        return False
    if temporal_binary.present_binary(lambda line: None):
        return False
    temporal_binary.find_binary(say, python=str(PYTHON), wait_for_packages=packages.result)
    return True


def get_redis() -> bool:
    if os.environ.get("REDIS_URL"):
        say("redis: REDIS_URL names it")
        return False
    if redis_binary.present_binary(lambda line: None):
        return False
    redis_binary.find_binary(say, python=str(PYTHON))
    return True


def build_pages(frontend: Frontend) -> bool:
    """npm ci when the lock changed, the build when any source changed."""
    folder = frontend.folder
    lock = digest([folder / "package-lock.json"])
    sources = digest(path for path in folder.rglob("*") if path.is_file() and not MADE & set(path.parts))
    installed = read_stamp(folder / "node_modules") == lock
    if installed and read_stamp(frontend.built) == sources:
        return False
    # CI=1: without it some tools ask questions or phone home. --ignore-scripts: a package gets no word at install.
    environment = {**node_environment(say, python=str(PYTHON)), "CI": "1"}
    if not installed:
        say(f"installing {frontend.name}'s packages")
        npm(folder, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        write_stamp(folder / "node_modules", lock)
    say(f"building {frontend.name}'s pages")
    npm(folder, ["run", "build"], environment)
    write_stamp(frontend.built, sources)
    return True


def npm(folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
    done = finished(["npm", *arguments], folder=folder, environment=environment, together=True)
    if done.returncode != 0:
        raise Failed(f"npm {' '.join(arguments)} failed:\n{done.stdout[-3000:]}")


def get_browser(packages: Future[None]) -> None:
    packages.result()
    ensure_chinese_font(say)
    ensure_chromium(say, python=str(PYTHON))


def digest(files: Iterable[Path]) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path.relative_to(CLONE)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def read_stamp(folder: Path) -> str:
    stamp = folder / STAMP
    return stamp.read_text() if stamp.exists() else ""


def write_stamp(folder: Path, content: str) -> None:
    (folder / STAMP).write_text(content)


if __name__ == "__main__":
    main()
