"""What `make demo` is told wrongly is said in a line."""

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
