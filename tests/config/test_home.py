"""The state folder: everybody reads DOORBELL_HOME in the same way."""

from pathlib import Path

import pytest

from config.home import CLONE, named_home, state_home
from config.settings import read_environment


@pytest.mark.parametrize("name", ["~/doors", "", "relative/doors", "/srv/../srv/doors"])
def test_settings_and_the_embedded_stack_mean_the_same_folder(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOORBELL_HOME", name)
    assert read_environment().home == state_home()


def test_a_name_becomes_an_absolute_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert named_home("~/doors") == tmp_path.resolve() / "doors"
    assert named_home("doors") == tmp_path.resolve() / "doors"


def test_no_name_is_this_clones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORBELL_HOME", raising=False)
    assert state_home() == named_home("")
    monkeypatch.setattr("config.home.CLONE", CLONE / "elsewhere")
    assert state_home() != read_environment().home.parent
