"""Durations, as people say and type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.times import in_units, seconds_of


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 秒"),
        (-0.0001, "0 秒"),
        (90.5, "1 分钟 30.5 秒"),
        (129_600, "1 天 12 小时"),
        (-600, "-10 分钟"),
        (-90_061.5, "-1 天 1 小时 1 分钟 1.5 秒"),
    ],
)
def test_a_duration_as_people_say_it(seconds: float, said: str) -> None:
    assert in_units(seconds) == said


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("1.5 小时", 5_400), ("2日3时4分", 183_840), ("-10 分钟", -600), ("－ 10分", -600), ("−1 分钟 30 秒", -90)],
)
def test_a_duration_as_people_type_it(said: str, seconds: float) -> None:
    assert seconds_of(said) == seconds


@pytest.mark.parametrize("said", ["", "-", "--1 分钟", "1 分钟 -30 秒", "10", "-10", "1 分钟！"])
def test_what_is_no_duration(said: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds_of(said)


@given(st.integers(-(10**11), 10**11))
def test_what_is_said_is_what_is_typed(milliseconds: int) -> None:
    assert seconds_of(in_units(milliseconds / 1_000)) == pytest.approx(milliseconds / 1_000, abs=0.001)
