"""The first letters of syllables."""

import pytest

from tests.web.catalog.search.shelf import first, found, manners


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ktqx", "空调清洗"),
        ("KTWX", "空调维修"),
        ("yyjcx", "油烟机拆洗"),
        ("mtst", "马桶疏通"),
        ("xetn", "小儿推拿"),
        ("jmbj", "居民搬家"),
    ],
)
def test_initials_find_a_name(typed: str, name: str) -> None:
    assert first(typed) == name
    assert manners(typed) == {"initials"}


def test_initials_of_a_word_find_its_services() -> None:
    assert set(found("kt")[:2]) == {"空调清洗", "空调维修"}
    assert first("kh") == "新居开荒保洁"


def test_initials_of_words_that_do_not_stand_together_find_what_has_both() -> None:
    assert first("xjbj") == "新居开荒保洁"


def test_letters_that_are_initials_of_nothing_find_nothing() -> None:
    assert found("qwrt") == []
