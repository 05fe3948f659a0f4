"""What somebody typed is not taken for more than he said."""

from web.catalog.search import Document, Manner, Need, Thesaurus
from web.catalog.search.index import Index

SOLD = (
    Document(1, "自然款接睫毛", ("美睫",)),
    Document(2, "接睫毛卸除", ("美睫",), orders=99),
    Document(3, "电脑维修", ("电脑",), orders=99),
    Document(4, "系统安装", ("电脑",), tags=("重装系统",)),
    Document(5, "充电桩安装", ("电路",)),
    Document(6, "穿戴定制甲", ("美甲",), orders=99),
    Document(7, "通厕所", ("疏通",), orders=99),
    Document(8, "厕所除垢", ("保洁",)),
    Document(9, "男士推剪", ("理发",), tags=("油头",)),
    Document(10, "头皮清洁", ("护发",), orders=99),
    Document(11, "温和艾灸", ("艾灸",), orders=99),
    Document(12, "家庭教学", ("课程",)),
)
THESAURUS = Thesaurus(
    synonyms=(("油头", "大背头"),),
    needs=(
        Need("重装系统", ("电脑维修",)),
        Need("头油", ("头皮清洁",)),
        Need("艾灸多久", ("家庭教学",)),
    ),
)


def first(query: str) -> int:
    """Id of the best."""
    return Index(SOLD, THESAURUS).search(query)[0].service_id


def test_what_undoes_a_service_comes_after_it_unless_it_is_named() -> None:
    assert first("接睫毛") == 1
    assert first("卸接睫毛") == 2


def test_a_tag_that_is_typed_means_what_is_tagged_so() -> None:
    assert first("重装系统") == 4


def test_initials_of_one_word_are_preferred_to_a_patchwork() -> None:
    assert first("cdz") == 5


def test_another_deed_on_the_same_thing_is_no_slip() -> None:
    hits = Index(SOLD, THESAURUS).search("刷厕所", explain=True)
    assert {reason.manner for hit in hits for reason in hit.reasons} == {Manner.EXACT}


def test_a_word_that_stands_for_another_is_not_read_backwards() -> None:
    assert first("大背头") == 9


def test_a_need_of_which_only_a_word_of_the_catalogue_is_left_does_not_take_it() -> None:
    assert first("艾灸") == 11
    assert first("艾灸多久") == 12
