"""`make test` is green only where something was tested."""

import sys
from pathlib import Path

import pytest

from config import suite
from config.home import CLONE
from config.stack.embedded import Stack
from config.stack.processes import Processes
from config.suite import Part

PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tests of no project's settings."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django -p no:randomly\n")
    return tmp_path


def run(folder: Path, *lines: str) -> suite.Tally:
    (folder / "test_planted.py").write_text("\n".join(lines))
    return ran(Part("planted", [*PYTEST, str(folder)], folder, junit=True), folder)


def ran(part: Part, home: Path) -> suite.Tally:
    return suite.run_part(part, Stack(home, Processes(home / "logs"))).tally


def test_tests_are_counted_one_by_one(folder: Path) -> None:
    assert run(folder, "def test_one(): pass", "def test_two(): assert False") == suite.Tally(passed=1, failed=1)


def test_a_failed_test_is_named_once_more_at_the_end_with_its_reason(folder: Path) -> None:
    (folder / "test_planted.py").write_text("def test_two():\n    assert 'bread' == 'butter'\n")
    part = Part("planted", [*PYTEST, str(folder)], folder, junit=True)
    (failure,) = suite.run_part(part, Stack(folder, Processes(folder / "logs"))).failures
    assert failure.startswith("test_planted::test_two: ")
    assert "'bread' == 'butter'" in failure


def test_a_part_that_collects_nothing_has_failed(folder: Path) -> None:
    assert run(folder, "x = 1") == suite.Tally(failed=1)


def test_a_part_in_which_everything_is_skipped_has_failed(folder: Path) -> None:
    lines = ("import pytest", "@pytest.mark.skip", "def test_one(): pass")
    assert run(folder, *lines) == suite.Tally(failed=1, skipped=1)


def test_a_part_that_breaks_off_has_failed(folder: Path) -> None:
    assert run(folder, "def test_one(): pass", "import os", "def test_two(): os._exit(0)").failed == 1


def test_a_part_whose_folder_is_missing_has_failed(tmp_path: Path) -> None:
    nowhere = Part("planted", [sys.executable, "-c", "pass"], tmp_path / "nowhere")
    assert ran(nowhere, tmp_path) == suite.Tally(failed=1)


def test_a_command_without_a_report_counts_as_one(tmp_path: Path) -> None:
    for code, tally in ((0, suite.Tally(passed=1)), (3, suite.Tally(failed=1))):
        part = Part("planted", [sys.executable, "-c", f"raise SystemExit({code})"], tmp_path)
        assert ran(part, tmp_path) == tally


def test_every_part_has_its_folder() -> None:
    """A part that is named by its folder: a renamed one would test nothing."""
    named = [argument for part in suite.parts() for argument in part.command if argument.startswith("tests")]
    assert {"tests", "tests/hub", "tests/e2e"} <= set(named)
    assert [name for name in named if not (CLONE / name.replace(".", "/")).is_dir()] == []
