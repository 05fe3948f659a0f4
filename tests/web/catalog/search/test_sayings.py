"""A sentence that no phrase of the table is in."""

from web.catalog.search import Document, Manner, Need, Thesaurus
from web.catalog.search.index import Index

SOLD = (
    Document(1, "房门维修", ("门窗",)),
    Document(2, "地板修复", ("地面",), orders=50),
    Document(3, "家政服务", ("保洁",), orders=99),
    *(Document(place, f"第{place}样", ("别的",)) for place in range(4, 20)),
)
NEEDS = (
    Need("房门下沉蹭地砖", ("房门维修",)),
    Need("风大门会自己关上", ("房门维修",)),
    Need("门轴吱呀响", ("房门维修",)),
    Need("地砖踩上去吱呀响", ("地板修复",)),
)
index = Index(SOLD, Thesaurus(needs=NEEDS))


def test_it_is_like_several_phrases_that_lead_to_one_service() -> None:
    assert index.search("风大的时候门轴下沉")[0].service_id == 1


def test_what_is_said_of_it_is_its_reason() -> None:
    reasons = index.search("风大的时候门轴下沉", explain=True)[0].reasons
    assert Manner.NEED in {reason.manner for reason in reasons}
    assert {"风大", "门轴"} <= {reason.matched for reason in reasons}


def test_characters_that_are_said_only_in_other_words_mean_nothing() -> None:
    assert index.search("轴承大会") == []


def test_a_word_alone_is_no_sentence() -> None:
    assert index.search("风门") == []


def test_words_of_a_group_are_the_same_to_it() -> None:
    thesaurus = Thesaurus((("门轴", "合页"),), NEEDS)
    assert Index(SOLD, thesaurus).search("合页吱呀叫")[0].service_id == 1


def test_ties_stay_with_what_is_ordered_more() -> None:
    twins = [Document(1, "甲方门修"), Document(2, "乙方门修", orders=9)]
    needs = (Need("风大门轴断裂", ("门修",)),)
    assert [hit.service_id for hit in Index(twins, Thesaurus(needs=needs)).search("门轴被风大吹断裂")] == [2, 1]
