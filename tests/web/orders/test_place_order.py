"""Booking over HTTP: the price, the time, the row, and a worker's time that is really kept."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.orders.story import booking_of, keep_busy, terms, tomorrow
from tests.web.people import Api, body_of, make_address, make_city, make_customer, make_service, make_worker, refusal
from web.accounts.models import User
from web.catalog.models import Service
from web.orders.models import Order, OrderEvent
from web.orders.ranking import Ranked
from web.orders.services import placing
from web.scheduling.models import Reservation
from web.scheduling.selectors import holder_of
from web.workforce import services as workforce
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db


class Shop:
    """A city with one worker, and what its customers send."""

    def __init__(self) -> None:
        make_city()
        self.worker: Worker = make_worker(on_duty=True)
        self.service: Service = make_service()

    def body(self, customer: User, **fields: Any) -> dict[str, Any]:
        """A right booking of that customer, at an address of his."""
        return {
            "service_id": self.service.pk,
            "address_id": make_address(customer).pk,
            "starts_at": tomorrow().isoformat(),
            "quoted_fen": 10_900,
            "request": "家里有猫",
        } | fields

    def book(self, customer: User, *, key: str = "k-1", **fields: Any) -> Any:
        """The answer to a booking."""
        return Api(customer).post("/orders", self.body(customer, **fields), idempotency_key=key)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_booking_is_the_detail_of_an_order_that_waits_for_its_money(shop: Shop) -> None:
    customer = make_customer()
    answer = shop.book(customer)
    assert answer.status_code == 201
    detail = body_of(answer)
    assert detail["order"]["phase"] == "AWAITING_PAYMENT"
    assert detail["order"]["payment"] == "unpaid"
    assert detail["allowed_actions"] == ["cancel", "reschedule", "change_request"]
    assert detail["total_fen"] == sum(line["amount_fen"] for line in detail["lines"]) == 10_900
    assert detail["request"] == "家里有猫"
    assert [record["name"] for record in detail["records"]] == ["铺鞋套", "清洁厨房"]
    assert [entry["type"] for entry in detail["timeline"]] == ["placed"]
    order = Order.objects.get(pk=detail["order"]["id"])
    assert order.payment_due is not None
    assert order.payment_due - order.placed_at == timedelta(seconds=900)


def test_a_ranked_workers_time_is_kept(shop: Shop) -> None:
    order_id = body_of(shop.book(make_customer()))["order"]["id"]
    held = Reservation.objects.get(order_id=order_id, active=True)
    assert held.worker_id == shop.worker.pk


def test_of_two_customers_who_want_the_only_free_worker_the_second_is_told_before_paying(shop: Shop) -> None:
    assert shop.book(make_customer()).status_code == 201
    second = make_customer()
    assert refusal(shop.book(second)) == (409, "slot_taken")
    assert not Order.objects.filter(customer=second).exists()


def test_the_next_best_is_kept_when_the_best_is_taken(shop: Shop) -> None:
    other = make_worker(on_duty=True)
    first = body_of(shop.book(make_customer()))["order"]["id"]
    second = body_of(shop.book(make_customer()))["order"]["id"]
    assert (holder_of(first), holder_of(second)) == (shop.worker.pk, other.pk)


def test_a_worker_who_rests_now_can_be_booked_for_later(shop: Shop) -> None:
    workforce.set_duty(worker_id=shop.worker.pk, on_duty=False)
    assert shop.book(make_customer()).status_code == 201


@pytest.mark.parametrize("quoted", [10_899, 10_901, 0])
def test_another_price_is_refused_and_the_right_lines_are_told(shop: Shop, quoted: int) -> None:
    answer = shop.book(make_customer(), quoted_fen=quoted)
    assert refusal(answer) == (409, "price_changed")
    lines = json.loads(answer.content)["details"]["lines"]
    assert sum(line["amount_fen"] for line in lines) == 10_900
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(minutes=59), "too_soon"),
        (timedelta(0), "too_soon"),
        (-timedelta(days=1), "too_soon"),
        (timedelta(days=14, minutes=1), "too_far_ahead"),
        (timedelta(days=900_000), "too_far_ahead"),
    ],
)
def test_the_time_must_be_ahead_enough_and_not_too_far(shop: Shop, ahead: timedelta, code: str) -> None:
    answer = shop.book(make_customer(), starts_at=(timezone.now() + ahead).isoformat())
    assert refusal(answer) == (409, code)
    assert not Order.objects.exists()


def test_a_time_that_was_never_among_the_slots_is_refused(shop: Shop) -> None:
    for odd in (timedelta(minutes=10), timedelta(seconds=1), timedelta(microseconds=1)):
        assert refusal(shop.book(make_customer(), starts_at=(tomorrow() + odd).isoformat())) == (409, "slot_taken")
    half_past = tomorrow() + timedelta(minutes=30)
    assert shop.book(make_customer(), starts_at=half_past.isoformat()).status_code == 201


@pytest.mark.parametrize("starts_at", ["tomorrow", "2031-05-14T10:00:00", 1_900_000_000, None])
def test_a_time_without_a_zone_is_no_time(shop: Shop, starts_at: object) -> None:
    assert refusal(shop.book(make_customer(), starts_at=starts_at)) == (422, "invalid_request")


def test_the_time_may_come_in_any_zone(shop: Shop) -> None:
    starts_at = tomorrow()
    there = starts_at.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+08:00").tzinfo)
    detail = body_of(shop.book(make_customer(), starts_at=there.isoformat()))
    assert Order.objects.get(pk=detail["order"]["id"]).starts_at == starts_at


def test_where_nobody_serves_it_is_not_served(shop: Shop) -> None:
    massage = make_service("massage", skill="massage")
    assert refusal(shop.book(make_customer(), service_id=massage.pk)) == (409, "not_served_here")
    customer = make_customer()
    far = make_address(customer, lng=121.4, lat=31.2)
    assert refusal(shop.book(customer, address_id=far.pk)) == (409, "not_served_here")


def test_a_time_that_nobody_has_is_taken(shop: Shop) -> None:
    keep_busy(shop.worker, tomorrow())
    assert refusal(shop.book(make_customer())) == (409, "slot_taken")


def test_a_workers_other_hours_are_still_free(shop: Shop) -> None:
    keep_busy(shop.worker, tomorrow())
    assert shop.book(make_customer(), starts_at=tomorrow(15).isoformat()).status_code == 201


def test_without_a_key_nothing_is_booked(shop: Shop) -> None:
    customer = make_customer()
    body = shop.body(customer)
    assert refusal(Api(customer).post("/orders", body)) == (422, "idempotency_key_required")
    assert refusal(Api(customer).post("/orders", body, idempotency_key="")) == (422, "idempotency_key_required")
    assert not Order.objects.exists()


@pytest.mark.parametrize("key", ["a" * 81, "with blank", "门铃"])
def test_a_key_that_is_no_key_is_refused(shop: Shop, key: str) -> None:
    assert refusal(shop.book(make_customer(), key=key)) == (422, "invalid_request")


def test_the_same_key_again_is_the_same_order(shop: Shop) -> None:
    customer = make_customer()
    body = shop.body(customer)
    first = Api(customer).post("/orders", body, idempotency_key="k-1")
    again = Api(customer).post("/orders", body, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert body_of(again) == body_of(first)
    assert Order.objects.count() == 1


def test_the_same_key_again_even_after_the_price_and_the_terms_have_changed(shop: Shop) -> None:
    customer = make_customer()
    body = shop.body(customer)
    first = body_of(Api(customer).post("/orders", body, idempotency_key="k-1"))
    make_service(price_fen=1)
    terms("booking", horizon_s=1)
    again = Api(customer).post("/orders", body, idempotency_key="k-1")
    assert again.status_code == 200
    assert body_of(again)["order"]["id"] == first["order"]["id"]


def test_the_same_key_with_another_body_is_a_mismatch(shop: Shop) -> None:
    customer = make_customer()
    body = shop.body(customer)
    assert Api(customer).post("/orders", body, idempotency_key="k-1").status_code == 201
    for change in ({"request": "别的"}, {"starts_at": tomorrow(15).isoformat()}, {"address_id": 0}):
        if change == {"address_id": 0}:
            change = {"address_id": make_address(customer).pk}
        answer = Api(customer).post("/orders", body | change, idempotency_key="k-1")
        assert refusal(answer) == (422, "idempotency_mismatch")
    assert Order.objects.count() == 1


def test_a_key_is_its_customers_own(shop: Shop) -> None:
    make_worker(on_duty=True)
    first, second = shop.book(make_customer(), key="k-1"), shop.book(make_customer(), key="k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert body_of(first)["order"]["id"] != body_of(second)["order"]["id"]


def test_somebody_elses_address_is_not_found(shop: Shop) -> None:
    customer = make_customer()
    assert refusal(shop.book(customer, address_id=make_address(make_customer()).pk)) == (404, "not_found")


def test_workers_and_staff_do_not_book(shop: Shop) -> None:
    assert refusal(shop.book(shop.worker.user)) == (403, "forbidden")


@pytest.mark.parametrize("field", ["service_id", "address_id", "starts_at", "quoted_fen"])
def test_nothing_may_be_missing(shop: Shop, field: str) -> None:
    customer = make_customer()
    body = shop.body(customer)
    del body[field]
    assert refusal(Api(customer).post("/orders", body, idempotency_key="k")) == (422, "invalid_request")


def test_unknown_fields_are_refused(shop: Shop) -> None:
    assert refusal(shop.book(make_customer(), total_fen=1)) == (422, "invalid_request")


def test_the_first_line_of_the_timeline_is_the_customers(shop: Shop) -> None:
    customer = make_customer()
    order_id = body_of(shop.book(customer))["order"]["id"]
    event = OrderEvent.objects.get(order_id=order_id)
    assert (event.type, event.version, event.role, event.actor_id) == ("placed", 1, "customer", customer.pk)


def test_every_order_has_a_start_code_of_four_digits_that_only_its_customer_reads(shop: Shop) -> None:
    detail = body_of(shop.book(make_customer()))
    assert len(detail["start_code"]) == 4
    assert detail["start_code"].isdecimal()


def test_the_same_key_is_one_order_when_the_other_request_is_a_moment_ahead(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = make_customer()
    booking, ranked, placed = booking_of(shop.service, make_address(customer)), placing._ranked, []

    def overtaken(*arguments: Any) -> Ranked:
        monkeypatch.setattr(placing, "_ranked", ranked)
        placed.append(placing.place_order(customer=customer, booking=booking))
        return ranked(*arguments)

    monkeypatch.setattr(placing, "_ranked", overtaken)
    order, fresh = placing.place_order(customer=customer, booking=booking)
    assert (order, fresh) == (placed[0][0], False)


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_one_order() -> None:
    shop, customer = Shop(), make_customer()
    body = shop.body(customer)
    answers = at_once(5, lambda: Api(customer).post("/orders", body, idempotency_key="k-1"))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    assert len({body_of(answer)["order"]["id"] for answer in answers}) == 1
    assert Order.objects.count() == 1
    assert Reservation.objects.filter(active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_book_the_only_worker_at_once_one_gets_him() -> None:
    shop = Shop()
    customers = [make_customer() for _ in range(4)]
    bodies = iter([(customer, shop.body(customer)) for customer in customers])

    def book() -> Any:
        customer, body = next(bodies)
        return Api(customer).post("/orders", body, idempotency_key="k-1")

    answers = at_once(4, book)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {"slot_taken"}
    assert Order.objects.count() == 1
    assert Reservation.objects.filter(active=True).count() == 1
