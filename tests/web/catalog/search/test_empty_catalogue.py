"""An index of nothing, and documents of nothing."""

from web.catalog.search import Document, Need, Thesaurus
from web.catalog.search.index import Index


def test_an_empty_index_finds_and_suggests_nothing() -> None:
    index = Index([], Thesaurus((("按摩", "推拿"),), (Need("堵了", ("疏通",)),)))
    assert index.search("按摩") == []
    assert index.suggest("a") == []


def test_a_document_without_a_readable_name_is_found_by_its_other_fields() -> None:
    index = Index([Document(1, "🧹", tags=("保洁",)), Document(2, "")])
    assert [hit.service_id for hit in index.search("保洁")] == [1]


def test_empty_rows_of_the_thesaurus_are_ignored() -> None:
    thesaurus = Thesaurus(((), ("",), ("保洁", "")), (Need("", ("保洁",)), Need("脏", ("",)), Need("乱", ())))
    index = Index([Document(1, "日常保洁")], thesaurus)
    assert [hit.service_id for hit in index.search("保洁")] == [1]
    assert index.search("脏") == []
