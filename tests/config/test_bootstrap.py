"""The bootstrap does again only what changed. With a stand-in for npm in a clone of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import bootstrap
from config.frontends import Frontend
from config.home import CLONE

NPM = """#!/bin/sh
echo "$@ CI=$CI" >> "$CALLS"
case "$1" in
  ci) mkdir -p node_modules ;;
  run) mkdir -p ../static/board/dist; echo built > ../static/board/dist/board.js ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frontend = tmp_path / "web/board/frontend"
    (frontend / "src").mkdir(parents=True)
    (frontend / "package.json").write_text("{}")
    (frontend / "package-lock.json").write_text("{}")
    (frontend / "src/main.ts").write_text("one")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, content in {"npm": NPM, "node": "#!/bin/sh\necho v22.12.0\n"}.items():
        (tools / name).write_text(content)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setattr(bootstrap, "CLONE", tmp_path)
    return tmp_path


def build(clone: Path) -> bool:
    folder = clone / "web/board/frontend"
    return bootstrap.build_pages(Frontend("the board", folder, clone / "web/board/static/board/dist"))


def calls(clone: Path) -> list[str]:
    file = clone / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_the_first_time_installs_and_builds_without_scripts_and_questions(clone: Path) -> None:
    assert build(clone)
    assert calls(clone) == ["ci --ignore-scripts --no-audit --no-fund CI=1", "run build CI=1"]


def test_the_second_time_does_nothing(clone: Path) -> None:
    build(clone)
    assert not build(clone)
    assert len(calls(clone)) == 2


def test_a_changed_source_is_built_and_nothing_is_installed(clone: Path) -> None:
    build(clone)
    (clone / "web/board/frontend/src/main.ts").write_text("two")
    assert build(clone)
    assert calls(clone)[2:] == ["run build CI=1"]


def test_a_changed_lock_is_installed_and_built(clone: Path) -> None:
    build(clone)
    (clone / "web/board/frontend/package-lock.json").write_text('{"lockfileVersion": 3}')
    build(clone)
    assert [line.split()[0] for line in calls(clone)[2:]] == ["ci", "run"]


def test_removed_pages_are_built_again(clone: Path) -> None:
    build(clone)
    for path in (clone / "web/board/static/board/dist").iterdir():
        path.unlink()
    assert build(clone)


def test_a_failed_build_shows_its_output_and_is_tried_again(clone: Path) -> None:
    (clone / "tools/npm").write_text("#!/bin/sh\necho planted failure\nexit 1\n")
    with pytest.raises(bootstrap.Failed, match=r"(?s)npm ci .* failed.*planted failure"):
        build(clone)
    (clone / "tools/npm").write_text(NPM)
    assert build(clone)


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the virtual environment would be; made by a stand-in for the system's Python."""
    folder = tmp_path / ".venv"
    python = f"#!/bin/sh\necho {bootstrap.VERSION}\n"
    maker = tmp_path / "python3"
    maker.write_text(
        f'#!/bin/sh\nmkdir -p "$3/bin"; printf "%s" \'{python}\' > "$3/bin/python"; chmod +x "$3/bin/python"\n'
    )
    maker.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV", folder)
    monkeypatch.setattr(bootstrap, "PYTHON", folder / "bin" / "python")
    monkeypatch.setattr(bootstrap, "SYSTEM_PYTHON", str(maker))
    return folder


def plant(venv: Path, python: str) -> None:
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(python)
    (venv / "bin" / "python").chmod(0o755)
    (venv / "of the old one").touch()


def test_a_whole_virtual_environment_is_left_alone(venv: Path) -> None:
    assert bootstrap.make_venv()
    (venv / "kept").touch()
    assert not bootstrap.make_venv()
    assert (venv / "kept").exists()


@pytest.mark.parametrize(
    "python",
    ["#!/bin/sh\necho 3.9\n", "#!/bin/sh\necho 'No module named pip' >&2; exit 1\n", "#!/nonexistent/python\n"],
    ids=["of another Python", "without pip", "of a Python that is gone"],
)
def test_a_half_made_or_outdated_one_is_made_anew(venv: Path, python: str, capsys: pytest.CaptureFixture[str]) -> None:
    plant(venv, python)
    assert bootstrap.make_venv()
    assert not (venv / "of the old one").exists()
    assert bootstrap.venv_version() == bootstrap.VERSION
    assert "making it anew" in capsys.readouterr().out


def test_a_link_is_removed_and_not_what_it_points_to(venv: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    plant(shared, "#!/bin/sh\nexit 1\n")
    venv.symlink_to(shared)
    bootstrap.make_venv()
    assert not venv.is_symlink()
    assert (shared / "of the old one").exists()


def test_packages_are_installed_again_for_another_python(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.make_venv()
    assert bootstrap.install_packages()
    assert not bootstrap.install_packages()
    monkeypatch.setattr(bootstrap, "VERSION", "3.99")
    assert bootstrap.install_packages()


def test_only_the_standard_library_is_needed() -> None:
    """`make` runs it with the system's Python, before anything is installed."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import config.bootstrap"], cwd=CLONE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_what_was_done_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.timed("something", lambda: True)
    bootstrap.timed("nothing to do", lambda: False)
    said = capsys.readouterr().out
    assert "✓ something: 0.0 s" in said
    assert "nothing to do" not in said
