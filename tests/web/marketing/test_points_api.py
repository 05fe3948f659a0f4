"""Points, gifts and the switch over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.web.marketing.wealth import enrich
from tests.web.people import Api, body_of, make_address, make_customer, make_staff, refusal
from web.accounts.models import User
from web.marketing import services
from web.marketing.models import Gift, PointsEntry
from web.marketing.services import Offered, points
from web.marketing.services.points import Why

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def customer() -> User:
    return make_customer()


def gift(**fields: Any) -> Gift:
    values: dict[str, Any] = {"name": "保温杯", "points": 300, "stock": 5, "on": True, "introduction": "500 毫升"}
    return services.put_gift(actor=make_staff(), offered=Offered(**(values | fields)))


def test_what_one_has_and_when_it_lapses(customer: User) -> None:
    rule = services.put_points_rule(actor=None, city="hangzhou", data={"earn_bp": 100, "spend_bp": 1_000})
    for number, days in ((100, 30), (50, 3), (25, 3)):
        enrich(customer, number, days=days)
    enrich(make_customer(), 7)
    points.spend(user_id=customer.pk, points=10, why=Why(PointsEntry.SPENT, "order:1:spent", order_id=1))
    answer = body_of(Api(customer).get("/points", city="hangzhou"))
    assert (answer["balance"], answer["owed"]) == (165, 0)
    assert answer["lapsing"] == [
        {"points": 65, "expires_at": "2026-12-02T04:00:00Z"},
        {"points": 100, "expires_at": "2026-12-29T04:00:00Z"},
    ]
    assert answer["terms"] == {
        "per_yuan": 100,
        "earn_bp": 100,
        "earn_max": 2_000,
        "review": 0,
        "months": 12,
        "spend_bp": 1_000,
        "spend_step": 100,
        "version": rule.pk,
    }


def test_why_one_has_them_page_by_page(customer: User) -> None:
    for number in range(1, 26):
        enrich(customer, number)
    enrich(make_customer(), 7)
    first = body_of(Api(customer).get("/points/entries"))
    assert [item["points"] for item in first["items"]] == list(range(25, 5, -1))
    assert (first["items"][0]["kind"], first["items"][0]["label"]) == ("corrected", "平台调整")
    second = body_of(Api(customer).get("/points/entries", before=first["next_before"]))
    assert [item["points"] for item in second["items"]] == [5, 4, 3, 2, 1]
    assert second["next_before"] is None


def test_a_line_of_no_points_is_nobodys_business(customer: User) -> None:
    enrich(customer, 5)
    PointsEntry.objects.create(user=customer, kind=PointsEntry.GIVEN_BACK, points=0, order_id=1, base_fen=7, key="0")
    listed = body_of(Api(customer).get("/points/entries"))
    assert [entry["points"] for entry in listed["items"]] == [5]


def test_a_gift_is_seen_by_everybody_had_and_called_off(customer: User) -> None:
    row, address = gift(), make_address(customer)
    enrich(customer, 500)
    (card,) = body_of(Api().get("/gifts", city="hangzhou"))
    assert card == {
        "id": row.pk,
        "name": "保温杯",
        "introduction": "500 毫升",
        "coupon": False,
        "points": 300,
        "left": 5,
        "per_person": 0,
        "until_at": None,
    }
    api, body = Api(customer), {"points": 300, "address_id": address.pk}
    assert refusal(api.post(f"/gifts/{row.pk}/exchange", body)) == (422, "idempotency_key_required")
    made = api.post(f"/gifts/{row.pk}/exchange", body, idempotency_key="one")
    assert made.status_code == 201
    again = api.post(f"/gifts/{row.pk}/exchange", body, idempotency_key="one")
    assert (again.status_code, body_of(again)) == (200, body_of(made))
    assert (body_of(made)["state"], body_of(made)["label"]) == ("waiting", "待发放")
    assert refusal(api.post(f"/gifts/{row.pk}/exchange", body, idempotency_key="two")) == (409, "points_too_few")
    assert body_of(api.get("/exchanges"))["items"] == [body_of(made)]
    off = body_of(api.post(f"/exchanges/{body_of(made)['id']}/cancel"))
    assert (off["state"], body_of(api.get("/points"))["balance"]) == ("off", 500)
    assert refusal(api.post(f"/exchanges/{off['id']}/cancel")) == (409, "exchange_decided")


def test_another_ones_exchange_is_not_there(customer: User) -> None:
    row, address = gift(), make_address(customer)
    enrich(customer, 500)
    body = {"points": 300, "address_id": address.pk}
    made = body_of(Api(customer).post(f"/gifts/{row.pk}/exchange", body, idempotency_key="one"))
    stranger = Api(make_customer())
    assert refusal(stranger.post(f"/exchanges/{made['id']}/cancel")) == (404, "not_found")
    assert body_of(stranger.get("/exchanges"))["items"] == []


def test_the_switch_is_on_until_one_turns_it(customer: User) -> None:
    api = Api(customer)
    assert body_of(api.get("/marketing/wishes")) == {"accepts": True}
    for accepts in (False, False, True):
        assert body_of(api.put("/marketing/wishes", {"accepts": accepts})) == {"accepts": accepts}
        assert body_of(api.get("/marketing/wishes")) == {"accepts": accepts}


@pytest.mark.parametrize("query", ["city=" + "a" * 21, "city=A%20B", "before=-1", "before=x"])
def test_a_query_that_makes_no_sense_is_refused(customer: User, query: str) -> None:
    path = "/points?" if query.startswith("city") else "/points/entries?"
    answer = Api(customer).raw("GET", path + query, b"")
    assert refusal(answer) == (422, "invalid_request")


def test_the_balance_forgets_what_has_lapsed(customer: User, clock: Any) -> None:
    enrich(customer, 100, days=1)
    clock.shift(timedelta(days=1))
    answer = body_of(Api(customer).get("/points"))
    assert (answer["balance"], answer["lapsing"]) == (0, [])
