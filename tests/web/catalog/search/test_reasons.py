"""Every hit can say where it comes from."""

from tests.web.catalog.search.shelf import hits, shelf
from web.catalog.search import Manner


def test_reasons_read_as_the_query_does() -> None:
    reasons = hits("kt加氟")[0].reasons
    assert [(one.matched, one.word, one.manner, one.field) for one in reasons] == [
        ("kt", "空调", Manner.INITIALS, "name"),
        ("加氟", "加氟", Manner.EXACT, "add_on"),
    ]


def test_a_reason_names_the_heaviest_field() -> None:
    assert hits("拔罐")[0].reasons[0].field == "add_on"
    assert hits("侧吸")[0].reasons[0].field == "option"
    assert hits("母婴")[0].reasons[0].field == "category"


def test_fillers_have_no_reasons() -> None:
    assert [one.matched for one in hits("请问有没有开锁的")[0].reasons] == ["开锁"]


def test_reasons_come_only_when_asked_for() -> None:
    assert all(hit.reasons == () for hit in shelf().search("空调"))
    assert all(hit.reasons for hit in shelf().search("空调", explain=True))
    assert [hit.score for hit in shelf().search("空调")] == [hit.score for hit in hits("空调")]
