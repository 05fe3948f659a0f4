"""While somebody types."""

import pytest

from tests.web.catalog.search.shelf import shelf
from web.catalog.search import Document
from web.catalog.search.index import Index


def suggest(prefix: str) -> list[str]:
    return shelf().suggest(prefix, limit=6)


@pytest.mark.parametrize("prefix", ["空", "空调", "k", "kong", "kongt", "kt", "空调q", "空调qing", "kongtiaoq", "kt清"])
def test_characters_pinyin_initials_and_both_lead_to_a_name(prefix: str) -> None:
    assert "空调清洗" in suggest(prefix)


def test_words_and_categories_are_suggested_too() -> None:
    assert "空调" in suggest("ko")
    assert "家电清洗" in suggest("jiad")
    assert "厨房" in suggest("cf")


def test_what_is_typed_already_is_not_suggested() -> None:
    assert "空调" not in suggest("空调")


def test_a_later_word_comes_after_what_begins_so() -> None:
    assert suggest("清洗")[-1:] != ["清洗"]
    assert "空调清洗" in suggest("qingx")


def test_what_is_ordered_more_comes_first_and_nothing_twice() -> None:
    index = Index([Document(1, "地毯清洗", orders=1), Document(2, "地板打蜡", orders=5), Document(3, "地板打蜡")])
    assert index.suggest("地") == ["地板", "地板打蜡", "地毯清洗"]


def test_slips_and_synonyms_lead_to_names_where_nothing_begins_so() -> None:
    assert suggest("空条") == ["空调清洗", "空调维修"]
    assert suggest("理发") == ["上门剪发"]


def test_the_limit_holds() -> None:
    assert len(shelf().suggest("j", limit=2)) == 2
    assert shelf().suggest("j", limit=0) == []


@pytest.mark.parametrize("prefix", ["", "  ", "？", "qwrt"])
def test_nothing_is_suggested_where_nothing_is_meant(prefix: str) -> None:
    assert suggest(prefix) == []
