"""What is typed with a slip is searched for as it should be written, too."""

import pytest

from web.catalog.search import Document, Manner, Need, Thesaurus
from web.catalog.search.index import Index

SOLD = (
    Document(1, "淋浴器维修", ("水电",), tags=("花洒",)),
    Document(2, "水龙头更换", ("水电",), orders=90),
    Document(3, "八段锦教学", ("养生",), tags=("八段锦",)),
    Document(4, "充电桩安装", ("水电",), tags=("充电桩",)),
    Document(5, "充电座维修", ("水电",), tags=("充电座",)),
    *(Document(place, f"第{place}样", ("别的",)) for place in range(6, 20)),
)
index = Index(SOLD, Thesaurus(needs=(Need("换花洒", ("淋浴器维修",)), Need("搬大件", ("第6样",)))))


def first(typed: str) -> int:
    return index.search(typed)[0].service_id


@pytest.mark.parametrize("typed", ["换花撒", "huan huasa", "换个花撒"])
def test_a_slip_means_what_the_word_means(typed: str) -> None:
    assert first(typed) == 1


def test_its_reasons_are_told_of_what_was_typed() -> None:
    hit = index.search("换花撒", explain=True)[0]
    told = {reason.matched: reason.manner for reason in hit.reasons}
    assert told
    assert all(matched and set(matched) <= set("换花撒") for matched in told)
    (letters,) = index.search("baduanjin", explain=True)[0].reasons
    assert (letters.matched, letters.word, letters.manner) == ("baduanjin", "八段锦", Manner.PINYIN)


def test_what_is_written_rightly_is_worth_no_less_than_a_slip() -> None:
    assert index.search("换花洒")[0].score > index.search("换花撒")[0].score


def test_initials_of_the_catalogues_own_word_come_before_those_of_what_people_say() -> None:
    assert first("bdj") == 3


def test_initials_of_several_words_are_left_as_they_are() -> None:
    reasons = [reason for hit in index.search("cdz", explain=True) for reason in hit.reasons]
    assert {reason.word for reason in reasons} >= {"充电桩", "充电座"}
    assert all(reason.quality < 0.8 for reason in reasons)
