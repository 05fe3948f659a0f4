"""需求词: what a phrase may say."""

import pytest

from web.catalog.models import Need
from web.catalog.services import put_need
from web.errors import DoorbellError

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("phrase", ["马桶堵了", "马桶/蹲坑 堵/满/溢", " 马桶/蹲坑  堵 "])
def test_a_phrase_may_leave_a_choice(phrase: str) -> None:
    assert put_need(phrase=phrase, words=["马桶疏通"]).phrase == phrase.strip()


@pytest.mark.parametrize("phrase", ["/", "马桶/", "/马桶", "马桶/ /", "马桶 / 蹲坑", "a//b", "马桶/蹲坑 堵/"])
def test_a_choice_has_a_word_on_both_sides_of_its_stroke(phrase: str) -> None:
    with pytest.raises(DoorbellError) as refused:
        put_need(phrase=phrase, words=["马桶疏通"])
    assert refused.value.code == "choice_empty"
    assert not Need.objects.exists()


def test_a_phrase_that_is_there_is_not_changed_into_an_empty_choice() -> None:
    row = put_need(phrase="马桶堵了", words=["马桶疏通"])
    with pytest.raises(DoorbellError):
        put_need(phrase="马桶/", words=["马桶疏通"], row=row)
    assert Need.objects.get().phrase == "马桶堵了"
