"""After what answers a query comes what is like the best of it."""

from tests.web.catalog.search.shelf import hits
from web.catalog.search import Document, Need, Thesaurus
from web.catalog.search.index import Index

CARE = ("家政", "宠物")
NEAR = (
    Document(1, "上门喂猫", CARE, tags=("猫咪", "出差")),
    Document(2, "猫狗美容", CARE, tags=("猫咪",)),
    Document(3, "庭院除草", CARE),
    Document(4, "猫咪写真", ("摄影", "宠物写真"), tags=("猫咪",)),
    *(Document(place, f"第{place}样", ("别的",)) for place in range(5, 30)),
)


def found(query: str, *, among: set[int] | None = None) -> list[int]:
    """Ids, the best first."""
    index = Index(NEAR)
    return [hit.service_id for hit in index.search(query, among=None if among is None else index.among(among))]


def test_what_shares_category_and_rare_words_with_the_best_comes_after_it() -> None:
    assert found("出差") == [1, 2]


def test_it_never_leaves_what_it_is_among() -> None:
    assert found("出差", among={1, 3}) == [1]
    assert found("出差", among={2, 3}) == []


def test_in_a_small_shop_no_word_is_rare() -> None:
    assert [hit.service_id for hit in Index(NEAR[:4]).search("出差")] == [1]


def test_nothing_is_like_nothing() -> None:
    assert found("火箭发射") == []


def test_the_best_remains_the_best_and_scores_descend() -> None:
    scores = [hit.score for hit in hits("油烟机")]
    assert scores == sorted(scores, reverse=True)
    assert hits("油烟机")[0].service_id == 3


def test_what_answers_the_same_needs_is_near_whatever_its_category() -> None:
    needs = tuple(Need(f"想我家毛孩子了{place}", ("上门喂猫", "猫咪写真")) for place in range(9))
    index = Index(NEAR, Thesaurus(needs=needs))
    assert [hit.service_id for hit in index.search("出差")] == [1, 4, 2]
    once = Index(NEAR, Thesaurus(needs=needs[:1]))
    assert [hit.service_id for hit in once.search("出差")] == [1, 2, 4]
