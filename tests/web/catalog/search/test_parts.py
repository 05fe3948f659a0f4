"""A part of a name, or words of other fields."""

from tests.web.catalog.search.shelf import first, found, hits, manners


def test_a_word_finds_all_names_that_have_it() -> None:
    assert set(found("空调")) == {"空调清洗", "空调维修"}
    assert set(found("推拿")[:3]) == {"全身推拿 90 分钟", "肩颈推拿 60 分钟", "小儿推拿"}


def test_a_part_of_a_word_finds_the_word() -> None:
    assert first("衣机") == "洗衣机清洗"
    assert manners("衣机") == {"part"}


def test_a_single_character_finds_the_words_that_it_is_part_of() -> None:
    assert set(found("锁")) == {"上门开锁", "换锁芯"}


def test_words_may_come_in_another_order() -> None:
    assert first("清洗空调") == "空调清洗"
    assert first("疏通马桶") == "马桶疏通"


def test_a_verb_of_one_character_stands_for_the_word_that_it_is_part_of() -> None:
    assert first("通马桶") == "马桶疏通"
    assert first("修空调") == "空调维修"
    assert first("洗空调") == "空调清洗"


def test_options_add_ons_tags_and_introductions_are_searched_and_count_less_than_names() -> None:
    assert first("侧吸") == "油烟机拆洗"
    assert first("拔罐") == "全身推拿 90 分钟"
    assert first("除菌") == "空调清洗"
    assert first("叶轮") == "油烟机拆洗"
    scores = [hits(word)[0].score for word in ("开荒", "除菌", "侧吸", "拔罐", "叶轮")]
    assert scores == sorted(scores, reverse=True)
