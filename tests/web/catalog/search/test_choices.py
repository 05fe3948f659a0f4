"""Needs that leave a choice of words: what an operator writes once is said in many ways."""

import pytest

from web.catalog.search import Document, Need, Thesaurus
from web.catalog.search.index import Index

SOLD = (
    Document(1, "马桶疏通", ("管道",)),
    Document(2, "灭蟑防蟑", ("消杀",), orders=99),
    Document(3, "纱窗换网", ("门窗",), orders=50),
)
THESAURUS = Thesaurus(
    synonyms=(("马桶", "坐便器"),),
    needs=(
        Need("马桶/蹲坑 堵/溢/下不去", ("马桶疏通",)),
        Need("小强/偷油婆", ("灭蟑防蟑",)),
        Need("窗/阳台 有/进 蚊子", ("纱窗换网",)),
    ),
)


def found(query: str) -> list[int]:
    """Ids, the best first."""
    return [hit.service_id for hit in Index(SOLD, THESAURUS).search(query)]


@pytest.mark.parametrize(
    ("said", "service"),
    [
        ("蹲坑堵了", 1),
        ("坐便器又溢了", 1),
        ("都溢出来了，我家那个蹲坑", 1),
        ("冲了半天蹲坑还是下不去", 1),
        ("偷油婆", 2),
        ("厨房好多小强", 2),
        ("阳台老是有蚊子", 3),
    ],
)
def test_one_word_of_each_part_says_it(said: str, service: int) -> None:
    assert found(said)[:1] == [service]


def test_fillers_within_a_word_do_not_matter() -> None:
    assert found("蹲坑下怎么不去")[:1] == [1]


def test_a_part_alone_does_not_say_it() -> None:
    hits = Index(SOLD, THESAURUS).search("蹲坑", explain=True)
    assert [reason for hit in hits for reason in hit.reasons if reason.matched == "蹲坑"] == []


def test_words_far_apart_have_nothing_to_do_with_each_other() -> None:
    said = "蹲坑"
    far = f"{said}是我小时候在乡下外婆院子后面第一次见到的东西后来马路也堵"
    assert all(hit.score < 0.5 for hit in Index(SOLD, THESAURUS).search(far))


def test_the_reason_names_what_was_said_of_the_need() -> None:
    reasons = Index(SOLD, THESAURUS).search("蹲坑堵", explain=True)[0].reasons
    assert [(reason.matched, reason.word, reason.manner) for reason in reasons] == [("蹲坑堵", "马桶疏通", "need")]


def test_a_choice_without_a_service_does_no_harm() -> None:
    index = Index(SOLD, Thesaurus(needs=(Need("火箭/飞船 坏", ("火箭维修",)),)))
    assert index.search("飞船坏") == []


def test_letters_of_a_word_are_not_dropped() -> None:
    index = Index(SOLD, Thesaurus(needs=(Need("pos机/收款机", ("马桶疏通",)),)))
    assert index.search("pos机")[0].service_id == 1
    assert index.search("洗碗机") == []


def test_a_character_of_another_word_is_not_the_thing() -> None:
    index = Index(SOLD, Thesaurus(needs=(Need("窗/门 清洗/疼", ("纱窗换网",)),)))
    assert "need" in {reason.manner for reason in index.search("窗清洗", explain=True)[0].reasons}
    assert index.search("窗帘清洗")[0].score < index.search("窗清洗")[0].score


def test_what_the_catalogue_itself_says_comes_before_a_choice() -> None:
    services = (Document(1, "吊灯清洗", orders=99), Document(2, "灯具维修", tags=("清洁灯罩",)))
    index = Index(services, Thesaurus(needs=(Need("灯罩/灯 清洁/擦", ("吊灯清洗",)),)))
    assert [hit.service_id for hit in index.search("清洁灯罩")] == [2, 1]
