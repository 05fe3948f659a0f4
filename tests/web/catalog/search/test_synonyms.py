"""Words that mean the same."""

from tests.web.catalog.search.shelf import first, found, hits, manners
from web.catalog.search import Document, Thesaurus
from web.catalog.search.index import Index


def test_a_synonym_finds_what_the_other_word_finds() -> None:
    assert first("坐便器疏通") == "马桶疏通"
    assert first("理发") == "上门剪发"
    assert manners("理发") == {"synonym"}


def test_the_word_itself_comes_before_its_synonyms() -> None:
    assert found("按摩")[0] == "足底按摩"
    assert set(found("按摩")) >= {"全身推拿 90 分钟", "肩颈推拿 60 分钟", "小儿推拿"}


def test_the_reason_names_both_words() -> None:
    reason = hits("厕所")[0].reasons[0]
    assert (reason.matched, reason.word, reason.field) == ("厕所", "卫生间", "name")


def test_a_synonym_of_several_words_wants_all_of_them() -> None:
    services = [Document(1, "床垫深层除螨"), Document(2, "沙发除尘")]
    index = Index(services, Thesaurus(synonyms=(("杀虫", "床垫除螨"),)))
    assert [hit.service_id for hit in index.search("杀虫")] == [1]


def test_fillers_within_a_word_do_not_hide_it() -> None:
    services = [Document(1, "上门剪发")]
    index = Index(services, Thesaurus(synonyms=(("剪头发", "剪发"),)))
    assert [hit.service_id for hit in index.search("剪一下头发")] == [1]


def test_where_nothing_of_the_group_is_sold_its_last_words_lead_to_the_kind() -> None:
    index = Index([Document(1, "居家保洁")], Thesaurus(synonyms=(("钟点工", "日常保洁"),)))
    assert [hit.service_id for hit in index.search("钟点工")] == [1]
