"""Width, case, punctuation, emoji."""

import pytest

from tests.web.catalog.search.shelf import first, found
from web.catalog.search.text import core, plain


@pytest.mark.parametrize(
    "typed",
    [
        "ＫＴＱＸ",
        "ktqx！",
        "【空调清洗】",
        "「空調」清洗",
        "空调🧊清洗😀",
        "  空调　清洗  ",
        "空-调-清-洗",
        "空调清洗。。。",
    ],
)
def test_width_case_punctuation_and_emoji_change_nothing(typed: str) -> None:
    assert first(typed) == "空调清洗"


@pytest.mark.parametrize("typed", ["", "   ", "？！。，", "😀👨‍👩‍👧", "\x00\ufeff\u200b", "ฤๅ한글"])
def test_what_has_no_characters_that_count_finds_nothing(typed: str) -> None:
    assert found(typed) == []


def test_letters_lose_width_case_and_marks() -> None:
    assert plain("ＷｉＦｉ，Lǜ Kōng！") == "wifi lv kong"


def test_a_names_core_has_no_measures_and_brackets() -> None:
    assert core("全身推拿 90 分钟") == "全身推拿"
    assert core("空调拆洗（挂机）") == "空调拆洗"
    assert core("2 小时") == "2小时"
