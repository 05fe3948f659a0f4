"""Of equal services that which is ordered more, then the smaller id."""

from dataclasses import replace
from itertools import permutations

from tests.web.catalog.search.shelf import SHELF, THESAURUS
from web.catalog.search import Document
from web.catalog.search.index import Index

EQUAL = (Document(7, "地毯清洗", orders=3), Document(3, "地毯清洗", orders=3), Document(5, "地毯清洗", orders=9))


def test_orders_then_ids_break_ties_whatever_the_order_of_the_documents() -> None:
    for documents in permutations(EQUAL):
        assert [hit.service_id for hit in Index(documents).search("地毯")] == [5, 3, 7]


def test_orders_do_not_outweigh_a_better_match() -> None:
    index = Index([Document(1, "窗帘清洗", orders=10_000), Document(2, "地毯清洗")])
    assert index.search("地毯清洗")[0].service_id == 2


def test_the_limit_cuts_the_end_off() -> None:
    index = Index(EQUAL)
    assert index.search("地毯清洗", limit=2) == index.search("地毯清洗")[:2]
    assert index.search("地毯清洗", limit=0) == []


def test_orders_that_it_is_told_later_break_ties_as_if_it_had_been_built_with_them() -> None:
    told = Index([replace(document, orders=100 - document.service_id) for document in SHELF], THESAURUS)
    orders = {document.service_id: (document.service_id * 7) % 5 for document in SHELF}
    built = Index([replace(document, orders=orders[document.service_id]) for document in SHELF], THESAURUS)
    told.put_orders(orders)
    for query in ("清洗", "维修", "疏通", "qx", "wx", "kong", "空", "保洁"):
        assert told.search(query) == built.search(query)
        assert told.suggest(query) == built.suggest(query)


def test_what_is_suggested_comes_in_the_order_that_it_is_told_too() -> None:
    index = Index([Document(1, "地毯清洗"), Document(2, "地毯修补")])
    for orders in ({2: 9}, {1: 9, 2: 1}):
        index.put_orders(orders)
        first = max(orders, key=lambda pk: orders[pk])
        named = [text for text in index.suggest("地毯") if len(text) == 4]
        assert named[0] == {1: "地毯清洗", 2: "地毯修补"}[first]
