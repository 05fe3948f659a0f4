"""What people say when they do not know the service."""

import pytest

from tests.web.catalog.search.shelf import first, found, hits, manners
from web.catalog.search import Document, Need, Thesaurus
from web.catalog.search.index import Index


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("马桶堵了怎么办", "马桶疏通"),
        ("我家厕所的马桶好像堵住了", "马桶疏通"),
        ("水龙头一直滴", "水龙头维修更换"),
        ("水龙头漏水了，一直滴答", "水龙头维修更换"),
        ("空调开了半天都不制冷", "空调维修"),
        ("最近老是腰酸背痛", "全身推拿 90 分钟"),
        ("把钥匙弄丢了进不去", "上门开锁"),
    ],
)
def test_a_sentence_finds_what_is_needed(said: str, name: str) -> None:
    assert first(said) == name


def test_the_reason_names_the_need() -> None:
    assert manners("腰酸背痛") == {"need"}
    assert hits("腰酸背痛")[0].reasons[0].word == "全身推拿"


def test_a_need_goes_with_the_thing_that_is_named_beside_it() -> None:
    assert first("下水道堵了") == "下水道疏通"


def test_what_is_left_of_a_phrase_without_its_fillers_must_say_something() -> None:
    assert found("不") == []


def test_a_need_that_the_thesaurus_does_not_know_does_no_harm() -> None:
    assert found("孩子拉肚子") == []


def test_a_phrase_with_a_space_may_have_other_words_there() -> None:
    index = Index([Document(1, "家电回收")], Thesaurus(needs=(Need("旧 卖", ("回收",)),)))
    assert [hit.service_id for hit in index.search("旧洗衣机想卖掉")] == [1]
    assert index.search("旧的不去新的不来，有个卖火柴的小女孩") == []


def test_of_a_needs_words_the_first_counts_most() -> None:
    services = [Document(1, "管道疏通", orders=99), Document(2, "地漏更换")]
    index = Index(services, Thesaurus(needs=(Need("返臭味", ("地漏更换", "管道疏通")),)))
    assert [hit.service_id for hit in index.search("卫生间返臭味")] == [2, 1]


def test_a_need_finds_services_that_call_it_by_a_synonym() -> None:
    thesaurus = Thesaurus((("维修", "检修"), ("冰箱", "雪柜")), (Need("不冷", ("冰箱维修",)),))
    assert [hit.service_id for hit in Index([Document(1, "雪柜检修")], thesaurus).search("不冷了")] == [1]


def test_sentence_and_phrase_may_use_different_words_of_a_group() -> None:
    thesaurus = Thesaurus((("马桶", "坐便器", "恭桶"),), (Need("恭桶不下水", ("管道疏通",)),))
    index = Index([Document(1, "管道疏通"), Document(2, "坐便器安装")], thesaurus)
    assert index.search("坐便器不下水了")[0].service_id == 1


def test_where_in_the_home_it_is_says_less_than_what_it_is() -> None:
    services = [Document(1, "厨房橱柜清洁", orders=99), Document(2, "水管抢修")]
    index = Index(services, Thesaurus(needs=(Need("水管 渗", ("水管维修",)),)))
    assert index.search("厨房水管一直渗水")[0].service_id == 2
