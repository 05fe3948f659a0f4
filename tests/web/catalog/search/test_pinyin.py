"""Full pinyin."""

import pytest

from tests.web.catalog.search.shelf import first, found, manners


@pytest.mark.parametrize("typed", ["kongtiaoqingxi", "kong tiao qing xi", "KongTiao QingXi", "kōng tiáo qīng xǐ"])
def test_pinyin_finds_a_name_with_and_without_spaces_capitals_and_tones(typed: str) -> None:
    assert first(typed) == "空调清洗"
    assert manners(typed) == {"pinyin"}


@pytest.mark.parametrize("typed", ["kongti", "kongtiaoq", "kongtiaoqing", "kongtiao qing"])
def test_unfinished_pinyin_finds_what_begins_so(typed: str) -> None:
    assert "空调清洗" in found(typed)[:2]


def test_a_finished_syllable_is_preferred_to_one_that_could_go_on() -> None:
    assert first("xi").startswith("洗衣机")


def test_pinyin_of_a_word_finds_its_services() -> None:
    assert set(found("kongtiao")) == {"空调清洗", "空调维修"}
    assert first("kaihuang") == "新居开荒保洁"


def test_pinyin_of_a_synonym_and_of_a_need_leads_where_they_lead() -> None:
    assert first("zuobianqishutong") == "马桶疏通"
    assert first("yaosuanbeitong") == "全身推拿 90 分钟"


@pytest.mark.parametrize(
    ("typed", "name"),
    [("sangmenkaisuo", "上门开锁"), ("sutong matong", "马桶疏通"), ("lenjufangkaihuang", "新居开荒保洁")],
)
def test_those_who_do_not_tell_sounds_apart_find_it_too(typed: str, name: str) -> None:
    assert first(typed) == name


def test_pinyin_of_a_part_of_a_word_finds_it() -> None:
    assert first("yanji") == "油烟机拆洗"
