"""My orders, newest first, by tab and page by page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.orders.story import Story, heard, tomorrow
from tests.web.people import Api, body_of, make_city, make_customer, make_service, make_staff, make_worker, refusal
from web.accounts.models import EVERY_CITY, User
from web.orders.api.reading import GROUPS, PAGE
from web.orders.models import Order
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def page_of(user: User, **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = body_of(Api(user).get("/orders", **query))
    return page


def many(customer: User, number: int) -> list[int]:
    """So many orders of one customer, oldest first."""
    make_city()
    make_worker(on_duty=True)
    service = make_service()
    return [Story.placed(customer, service, starts_at=tomorrow() + timedelta(hours=4 * n)).id for n in range(number)]


def test_the_newest_comes_first_and_pages_follow_each_other_without_gap_or_repetition() -> None:
    customer = make_customer()
    ids = many(customer, PAGE + 3)
    first = page_of(customer)
    second = page_of(customer, before=first["next_before"])
    assert [card["id"] for card in first["items"] + second["items"]] == ids[::-1]
    assert len(first["items"]) == PAGE
    assert second["next_before"] is None


def test_a_page_that_is_just_full_has_no_other() -> None:
    customer = make_customer()
    many(customer, PAGE)
    assert page_of(customer)["next_before"] is None


def test_a_new_order_does_not_move_the_next_page() -> None:
    customer = make_customer()
    ids = many(customer, PAGE + 1)
    first = page_of(customer)
    service = Order.objects.get(pk=ids[0]).service
    Story.placed(customer, service, starts_at=tomorrow() + timedelta(days=6))
    second = page_of(customer, before=first["next_before"])
    assert [card["id"] for card in second["items"]] == [ids[0]]


def test_each_phase_has_one_tab() -> None:
    assert sorted(phase for phases in GROUPS.values() for phase in phases) == sorted(Phase)


def test_the_tabs() -> None:
    make_city()
    for _ in range(4):
        make_worker(on_duty=True)
    customer, service = make_customer(), make_service()
    stories = {
        "unpaid": Story.placed(customer, service),
        "waiting": Story.placed(customer, service).accepted(),
        "serving": Story.placed(customer, service).in_service(),
        "done": Story.placed(customer, service).settled(),
        "cancelled": Story.placed(customer, service, starts_at=tomorrow(20)),
    }
    stories["cancelled"].step(Move.PAYMENT_LAPSED)
    for group, story in stories.items():
        assert [card["id"] for card in page_of(customer, group=group)["items"]] == [story.id], group
    assert len(page_of(customer)["items"]) == 5


@pytest.mark.parametrize("query", [{"group": "everything"}, {"before": -1}, {"before": "x"}, {"before": 2**63}])
def test_what_cannot_be_asked_is_refused(query: dict[str, Any]) -> None:
    assert refusal(Api(make_customer()).get("/orders", **query)) == (422, "invalid_request")


def test_the_list_says_where_its_changes_are_pushed() -> None:
    story = Story.in_town().accepted()
    for user, topic in (
        (story.order.customer, f"customer:{story.order.customer_id}"),
        (story.worker, f"worker:{story.worker.pk}"),
        (make_staff(city="hangzhou"), "board:hangzhou"),
    ):
        stream = page_of(user)["stream"]
        assert stream["topic"] == topic
        assert stream["offset"] == len(heard(topic, messages=True))
    assert page_of(make_staff(city=EVERY_CITY))["stream"] is None


def test_the_stream_was_read_before_the_orders() -> None:
    customer = Story.in_town().order.customer
    with CaptureQueriesContext(connection) as asked:
        page_of(customer)
    statements = [query["sql"] for query in asked.captured_queries]
    head = next(n for n, sql in enumerate(statements) if "hub_topic" in sql)
    orders = next(n for n, sql in enumerate(statements) if 'FROM "orders_order"' in sql)
    assert head < orders


def test_a_longer_list_asks_the_database_no_more_often() -> None:
    one, ten = make_customer(), make_customer()
    many(one, 1)
    many(ten, 10)
    page_of(one)
    counts = []
    for customer in (one, ten):
        with CaptureQueriesContext(connection) as asked:
            page_of(customer)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_card_in_the_list_is_the_card_of_the_events() -> None:
    story = Story.in_town().pay().offer()
    (card,) = page_of(story.order.customer)["items"]
    assert card == heard(f"customer:{story.order.customer_id}")[-1].data["order"]
