"""What holds for every catalogue and every query."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.catalog.search.shelf import SHELF, THESAURUS, hits, shelf
from web.catalog.search import Document
from web.catalog.search.index import Index
from web.catalog.search.text import LIMIT, core, squeezed

WORDS = "空调 清洗 维修 马桶 疏通 深度 保洁 重庆 长发 推拿 小儿 油烟机 拆洗 搬家 wifi spa 2 小时 （挂机） 洗".split()
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("".join)
catalogues = st.lists(names, min_size=1, max_size=8, unique_by=squeezed).map(
    lambda chosen: [Document(place, name, orders=place % 3) for place, name in enumerate(chosen, 1)]
)
typed = st.one_of(
    st.text(max_size=150),
    st.text(alphabet="空调清洗马桶疏通维修一条kongtiaqxmsu 2的了怎么办", max_size=30),
    st.sampled_from([document.name for document in SHELF]),
)

# An index is built for each example: 0.1 s, most of it the dictionary.
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=300, deadline=None)


@few
@given(catalogues)
def test_a_services_own_name_finds_it_first(documents: list[Document]) -> None:
    index = Index(documents, THESAURUS)
    for document in documents:
        if len(document.name) <= LIMIT:
            assert index.search(document.name)[0].service_id == document.service_id


@many
@given(typed, st.one_of(st.none(), st.sets(st.integers(0, 30))), st.integers(-1, 30))
def test_a_search_never_raises_and_never_leaves_what_it_is_among(
    query: str, among: set[int] | None, limit: int
) -> None:
    found = hits(query, among=among, limit=limit)
    assert len(found) <= max(limit, 0)
    assert among is None or {hit.service_id for hit in found} <= among
    assert len({hit.service_id for hit in found}) == len(found)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert all(0 < hit.score <= 1 for hit in found)
    assert all(hit.reasons for hit in found[:1])


@many
@given(typed, st.one_of(st.none(), st.sets(st.integers(0, 30))), st.integers(-1, 30))
def test_suggestions_never_raise_come_once_and_are_of_what_they_are_among(
    prefix: str, among: set[int] | None, limit: int
) -> None:
    suggested = shelf().suggest(prefix, among=None if among is None else shelf().among(among), limit=limit)
    assert len(suggested) == len(set(suggested)) <= max(limit, 0)
    there = [document for document in SHELF if among is None or document.service_id in among]
    whole = {text for one in there for text in (one.name, *one.tags, *one.categories)}
    assert [text for text in suggested if text not in whole and all(text not in core(one.name) for one in there)] == []


@many
@given(typed)
def test_the_same_query_is_answered_the_same(query: str) -> None:
    assert shelf().search(query, explain=True) == shelf().search(query, explain=True)
    assert shelf().suggest(query) == shelf().suggest(query)


@few
@given(st.permutations(SHELF), typed)
def test_the_order_of_the_documents_does_not_matter(documents: list[Document], query: str) -> None:
    assert Index(documents, THESAURUS).search(query, explain=True) == shelf().search(query, explain=True)
