"""A name as it stands in the catalogue."""

import pytest

from tests.web.catalog.search.shelf import SHELF, first, hits, manners


@pytest.mark.parametrize("name", [document.name for document in SHELF])
def test_a_services_own_name_finds_it_first_and_in_full(name: str) -> None:
    assert first(name) == name
    assert hits(name)[0].score == 1.0


def test_measures_and_spaces_may_be_left_out() -> None:
    assert first("全身推拿") == "全身推拿 90 分钟"
    assert first("全身推拿90分钟") == "全身推拿 90 分钟"
    assert first("空调 清洗") == "空调清洗"


def test_an_exact_name_is_said_to_be_exact() -> None:
    assert manners("马桶疏通") == {"exact"}
