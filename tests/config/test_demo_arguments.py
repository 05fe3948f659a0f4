"""What `make demo` is told wrongly is said in a line."""

from pathlib import Path

import pytest

from config import demo


@pytest.mark.parametrize("given", [["--speed", "0"], ["--speed", "-3"], ["--speed", "nan"], ["--port", "99999"]])
def test_a_speed_or_port_that_is_none_is_named(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", *given])
    with pytest.raises(SystemExit):
        demo.main()
    assert f"{given[1]} is no " in capsys.readouterr().err


def test_the_demos_own_dispatcher_signs_in_as_the_seed_has_printed(tmp_path: Path) -> None:
    notice = tmp_path / "demo.txt"
    assert demo.password_of("dispatcher2", notice) == ""
    notice.write_text("  小周: username dispatcher, password ab-1\n  小林: username dispatcher2, password cd-2\n")
    assert [demo.password_of(name, notice) for name in ("dispatcher", "dispatcher2")] == ["ab-1", "cd-2"]


def test_a_reset_takes_the_photos_of_people_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOORBELL_HOME", str(tmp_path))
    (tmp_path / "media/private").mkdir(parents=True)
    (tmp_path / "secrets.json").touch()
    demo.reset()
    assert sorted(place.name for place in tmp_path.iterdir()) == ["secrets.json", "stack.lock"]
    assert "its secrets stay" in capsys.readouterr().out
