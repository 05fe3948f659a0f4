"""Slips of finger, ear and eye."""

import pytest

from tests.web.catalog.search.shelf import first, found, manners


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("空条清洗", "空调清洗"),
        ("马捅疏通", "马桶疏通"),
        ("油姻机", "油烟机拆洗"),
        ("开所", "上门开锁"),
        ("推那", "肩颈推拿 60 分钟"),
    ],
)
def test_homophones_are_understood(typed: str, name: str) -> None:
    assert first(typed) == name
    assert "typo" in manners(typed)


@pytest.mark.parametrize(
    ("typed", "name"), [("冼衣机维修", "洗衣机维修"), ("空凋清洗", "空调清洗"), ("油烟机折洗", "油烟机拆洗")]
)
def test_look_alikes_are_understood(typed: str, name: str) -> None:
    assert first(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("水龙维修", "水龙头维修更换"),
        ("水龙龙头", "水龙头维修更换"),
        ("马疏桶通", "马桶疏通"),
        ("新居开慌包洁", "新居开荒保洁"),
        ("洗衣机清先", "洗衣机清洗"),
    ],
)
def test_a_character_missing_too_many_or_out_of_place_is_understood(typed: str, name: str) -> None:
    assert first(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("kongtaioqingxi", "空调清洗"),
        ("kongtioqingxi", "空调清洗"),
        ("xiyijjiweixiu", "洗衣机维修"),
        ("matongshutomg", "马桶疏通"),
        ("amno", "足底按摩"),
    ],
)
def test_slips_in_pinyin_are_understood(typed: str, name: str) -> None:
    assert first(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [("推拉", "肩颈推拿 60 分钟"), ("开镇", ""), ("马头疏通", "马桶疏通"), ("保姐", "日常保洁 2 小时")],
)
def test_a_character_that_sounds_almost_the_same_is_understood(typed: str, name: str) -> None:
    assert first(typed) == name


def test_another_word_of_the_language_is_no_slip() -> None:
    assert "洗衣机维修" not in found("洗碗机")


def test_traditional_characters_are_homophones() -> None:
    assert first("空調維修") == "空调维修"
