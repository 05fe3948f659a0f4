"""Characters that are read in several ways."""

import pytest

from tests.web.catalog.search.shelf import first
from web.catalog.search import Document
from web.catalog.search.index import Index
from web.catalog.search.pinyin import SPELLINGS, spellings


@pytest.mark.parametrize("typed", ["chongqing", "zhongqing", "cqhg", "zqhg"])
def test_a_name_is_found_by_all_its_readings(typed: str) -> None:
    assert first(typed) == "重庆火锅外烩"


@pytest.mark.parametrize("typed", ["changfa", "zhangfa"])
def test_a_word_of_two_readings_is_found_by_both(typed: str) -> None:
    assert first(typed) == "长发造型"


def test_a_homophone_is_meant_by_a_usual_reading_only() -> None:
    # A dictionary reads 果 as guan too.
    assert Index([Document(1, "水管维修")]).search("水果") == []


def test_the_reading_that_fits_the_word_comes_first() -> None:
    assert spellings(["重庆"])[0] == ("chong", "qing")
    assert spellings(["重量"])[0] == ("zhong", "liang")


def test_a_name_of_many_polyphones_has_few_spellings() -> None:
    assert len(spellings(["行长重长行长重长行长"])) == SPELLINGS
