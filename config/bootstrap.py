"""What `make` runs with the system's Python: gets everything that Doorbell needs, and does again only what changed.

    python3 -m config.bootstrap [demo|test]

Standard library only. Python packages, Temporal and the board's pages are worked on side by side; each says what it
does and how long it took.
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
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from config.home import CLONE
from config.stack.download import Unavailable, last_line
from config.stack.processes import tied_to_us
from config.stack.temporal_binary import find_binary, present_binary
from config.stack.toolchain import ensure_chinese_font, ensure_chromium, node_environment

VENV = CLONE / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = CLONE / "requirements.lock"
FRONTEND = CLONE / "web" / "board" / "frontend"
PAGES = CLONE / "web" / "board" / "static" / "board" / "dist"
STAMP = ".made-from"

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
    try:
        timed("virtual environment", make_venv)
        side_by_side(purpose)
    except (Failed, Unavailable) as reason:
        sys.exit(f"  ✗ {reason}")
    except KeyboardInterrupt:
        say("stopped; what is done stays done")
        sys.stdout.flush()
        os._exit(130)  # the threads of the jobs would be waited for; their children are tied to us and end with us
    say(f"set up in {time.monotonic() - started:.1f} s")


def side_by_side(purpose: str) -> None:
    """Each job in a thread. Packages come first in the list: others wait for them. Raises the first failure."""
    with ThreadPoolExecutor() as pool:
        packages: Future[None] = pool.submit(timed, "Python packages", install_packages)
        jobs = [packages, pool.submit(timed, "Temporal", lambda: get_temporal(packages))]
        jobs.append(pool.submit(timed, "the board's pages", build_pages))
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
    if PYTHON.exists():
        return False
    say("making .venv")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        cure = "on Debian: apt-get install python3-venv"
        raise Failed(f"python3 -m venv failed ({cure}): {last_line(done.stderr or done.stdout)}")
    return True


def install_packages() -> bool:
    wanted = digest([LOCK])
    if read_stamp(VENV) == wanted:
        return False
    say("installing Python packages from requirements.lock")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--root-user-action=ignore", "-r", str(LOCK)]
    done = worked(command)
    if done.returncode != 0:
        raise Failed(f"pip could not install requirements.lock:\n{done.stdout[-2000:]}")
    write_stamp(VENV, wanted)
    return True


def get_temporal(packages: Future[None]) -> bool:
    if os.environ.get("TEMPORAL_ADDRESS"):
        say("temporal: TEMPORAL_ADDRESS names it")
        return False
    if present_binary(lambda line: None):
        return False
    find_binary(say, python=str(PYTHON), wait_for_packages=packages.result)
    return True


def build_pages() -> bool:
    """npm ci when the lock changed, the build when any source changed."""
    if not (FRONTEND / "package.json").exists():
        return False
    lock = digest([FRONTEND / "package-lock.json"])
    sources = digest(path for path in FRONTEND.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    installed = read_stamp(FRONTEND / "node_modules") == lock
    if installed and read_stamp(PAGES) == sources:
        return False
    # CI=1: without it some tools ask questions or phone home. --ignore-scripts: a package gets no word at install.
    environment = {**os.environ, **node_environment(say, python=str(PYTHON)), "CI": "1"}
    if not installed:
        say("installing the board's packages")
        npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        write_stamp(FRONTEND / "node_modules", lock)
    say("building the board's pages")
    npm(["run", "build"], environment)
    write_stamp(PAGES, sources)
    return True


def worked(command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """The finished command with all that it printed; it ends with us, even when we are killed."""
    tied = tied_to_us(command, stop_signal=signal.SIGKILL)
    return subprocess.run(
        tied, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )


def npm(arguments: list[str], environment: dict[str, str]) -> None:
    done = worked(["npm", *arguments], cwd=FRONTEND, env=environment)
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
