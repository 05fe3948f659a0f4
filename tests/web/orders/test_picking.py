"""指定: a customer picks his worker, knows what that costs, and gets it back where another one comes."""

import queue
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.marketing.wealth import enrich
from tests.web.orders.story import Story, booking_of, keep_busy, terms, tomorrow
from tests.web.people import (
    CENTRE,
    CITY,
    Api,
    body_of,
    make_address,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
)
from web.accounts import ties
from web.accounts.models import Address, User
from web.catalog.models import Service
from web.errors import DoorbellError
from web.ledger.checking import disagreements
from web.ledger.selectors import balance_of
from web.marketing import points_selectors
from web.marketing import services as marketing
from web.notifications.models import Message
from web.orders.models import Order
from web.orders.past import unrecorded
from web.orders.quoting import price_today
from web.orders.services import place_order
from web.orders.services.placing import Booking
from web.orders.services.refunding import left_fen, left_of_line
from web.scheduling.selectors import holder_of
from web.workforce.models import Worker
from workflows.transitions import Move, Phase, Role

pytestmark = pytest.mark.django_db

KM_LNG = 0.0104
"""Degrees: a kilometre east, in Hangzhou."""
Town = tuple[Address, Service, Worker, Worker]


def east(km: float) -> tuple[float, float]:
    return CENTRE[0] + km * KM_LNG, CENTRE[1]


@pytest.fixture
def town() -> Town:
    """A customer, a service, a worker next door and one from far away."""
    make_city()
    terms("pricing", visit_fee={"free_m": 3_000, "km_fen": 200})
    near, far = make_worker(name="近师傅", on_duty=True), make_worker(name="远师傅", home=east(9), on_duty=True)
    return make_address(make_customer()), make_service(), near, far


def wanted(town: Town, **fields: Any) -> dict[str, Any]:
    return {"service_id": town[1].pk, "address_id": town[0].pk, "starts_at": tomorrow().isoformat()} | fields


def asked(town: Town, path: str = "/quotes", **fields: Any) -> Any:
    return body_of(Api(town[0].user).post(path, wanted(town, **fields)))


def booked(town: Town, worker: Worker, **fields: Any) -> Story:
    return Story.placed(town[0].user, town[1], address=town[0], worker_id=worker.pk, **fields)


def picked_fen(story: Story) -> int:
    return sum(line.amount_fen for line in story.order.lines.filter(rule="visit_fee:picked"))


def test_the_total_for_each_who_is_free_is_known_before_one_is_chosen(town: Town) -> None:
    _, _, near, far = town
    listed = asked(town, "/quotes/workers")["workers"]
    assert [one["id"] for one in listed] == [near.pk, far.pk]
    for one in listed:
        quote = asked(town, worker_id=one["id"])
        assert quote["total_fen"] == one["total_fen"]
        assert one["way_fen"] == one["total_fen"] - 10_900
    assert listed[0]["way_fen"] == 0 < listed[1]["way_fen"]
    assert listed[1] | {"way_fen": 0, "total_fen": 0} == {
        "id": far.pk,
        "name": "远师傅",
        "rating": "",
        "rating_count": 0,
        "favourite": False,
        "distance_km": 13,
        "way_fen": 0,
        "total_fen": 0,
    }
    assert asked(town)["total_fen"] == listed[0]["total_fen"]


def test_a_favourite_comes_first_and_who_is_busy_or_blocked_does_not_come(town: Town) -> None:
    address, _, near, far = town
    other = make_worker(home=east(4))
    ties.put_tie(customer_id=address.user_id, worker_id=far.pk, by=Role.CUSTOMER, kind="favourite")
    listed = asked(town, "/quotes/workers")["workers"]
    assert [(one["id"], one["favourite"]) for one in listed] == [(far.pk, True), (near.pk, False), (other.pk, False)]
    keep_busy(near, tomorrow())
    ties.put_tie(customer_id=address.user_id, worker_id=other.pk, by=Role.WORKER, kind="blocked")
    assert [one["id"] for one in asked(town, "/quotes/workers")["workers"]] == [far.pk]
    assert asked(town, "/quotes/workers", starts_at=(tomorrow() + timedelta(minutes=7)).isoformat())["workers"] == []


def test_many_workers_cost_as_many_statements_as_two(town: Town, django_assert_max_num_queries: Any) -> None:
    asker = Api(town[0].user)

    def statements() -> int:
        with django_assert_max_num_queries(60) as asked:
            body_of(asker.post("/quotes/workers", wanted(town)))
        return len(asked)

    few = statements()
    for km in range(30):
        make_worker(home=east(km / 10))
    assert statements() == few
    assert len(asked(town, "/quotes/workers")["workers"]) == 30


def test_his_own_calendar_has_only_his_times(town: Town) -> None:
    address, service, near, far = town
    keep_busy(far, tomorrow())
    day = {"address_id": address.pk, "day": (tomorrow() + timedelta(hours=8)).date().isoformat()}
    ask = Api(address.user)
    every = body_of(ask.get(f"/services/{service.pk}/slots", **day))["slots"]
    his = body_of(ask.get(f"/services/{service.pk}/slots", **day, worker_id=far.pk))["slots"]
    assert body_of(ask.get(f"/services/{service.pk}/slots", **day, worker_id=near.pk))["slots"] == every
    assert 0 < len(his) < len(every)
    assert tomorrow().strftime("%Y-%m-%dT%H:%M:%S") not in {slot["starts_at"][:19] for slot in his}


@pytest.mark.parametrize("who", ["nobody", "skill", "area", "city", "blocked", "customer"])
def test_who_does_not_come_there_cannot_be_picked(town: Town, who: str) -> None:
    address, _, near, _ = town
    triangle = {"type": "Polygon", "coordinates": [[[120.0, 30.1], [120.1, 30.1], [120.1, 30.2], [120.0, 30.1]]]}
    if who == "blocked":
        ties.put_tie(customer_id=address.user_id, worker_id=near.pk, by=Role.WORKER, kind="blocked")
    whom: dict[str, Callable[[], int]] = {
        "nobody": lambda: 2**40,
        "skill": lambda: make_worker(skills=["massage"]).pk,
        "area": lambda: make_worker(area=triangle).pk,
        "city": lambda: make_worker(city="shanghai").pk,
        "blocked": lambda: near.pk,
        "customer": lambda: make_customer().pk,
    }
    worker_id = whom[who]()
    ask = Api(address.user)
    assert refusal(ask.post("/quotes", wanted(town, worker_id=worker_id))) == (409, "not_served_here")
    body = wanted(town, worker_id=worker_id, quoted_fen=10_900)
    assert refusal(ask.post("/orders", body, idempotency_key="k")) == (409, "not_served_here")
    assert not Order.objects.exists()


def test_he_is_kept_asked_alone_and_first_though_another_is_nearer(town: Town) -> None:
    _, _, near, far = town
    terms("dispatch", mode="grab")
    story = booked(town, far)
    order = story.order
    assert (order.picked_worker_id, holder_of(order.pk)) == (far.pk, far.pk)
    assert order.picked_fen == picked_fen(story) > 0
    story.pay().offer()
    assert [offer.worker_id for offer in story.order.open_offers] == [far.pk]
    story.accept()
    assert (story.order.worker_id, story.order.total_fen) == (far.pk, order.total_fen)
    assert near.pk != far.pk


def test_he_is_asked_though_he_rests_and_has_time_to_answer(town: Town) -> None:
    far = make_worker(home=east(9))
    story = booked(town, far).pay().offer()
    assert story.offered.worker_id == far.pk
    assert story.offered.due_at - timezone.now() > timedelta(seconds=1_700)


def test_for_a_visit_that_is_near_he_has_a_quarter_of_the_time(town: Town) -> None:
    soon = (timezone.now() + timedelta(hours=1, minutes=40)).replace(minute=0, second=0, microsecond=0)
    soon += timedelta(hours=0 if soon - timezone.now() > timedelta(hours=1, minutes=1) else 0.5)
    story = booked(town, town[3], starts_at=soon).pay().offer()
    left = story.order.starts_at - story.offered.offered_at
    # The step's own moment is a little before its offer's.
    assert abs(story.offered.due_at - story.offered.offered_at - left / 4) < timedelta(seconds=30)


@pytest.mark.parametrize("how", ["refuses", "lapses", "hands back"])
def test_where_another_one_comes_what_was_paid_for_him_goes_back(town: Town, how: str) -> None:
    _, _, near, far = town
    story = booked(town, far).pay().offer()
    before, extra = story.order.total_fen, story.order.picked_fen
    if how == "refuses":
        story.refuse()
    elif how == "lapses":
        story.lapse()
    else:
        story.accept().ask(story.worker, Move.HAND_BACK, reason="other")
    assert (story.order.total_fen, story.order.picked_worker_id) == (before, far.pk)
    story.offer()
    order = story.order
    assert story.offered.worker_id == near.pk
    assert (order.picked_worker_id, order.picked_fen, order.total_fen) == (None, 0, before - extra)
    assert story.offered.pay_fen == order.total_fen * 8 // 10
    assert (picked_fen(story), order.refund_fen, len(story.refunds)) == (0, extra, 1)
    assert sum(line.amount_fen for line in order.lines.all()) == order.total_fen
    assert price_today(order).total_fen == order.total_fen
    assert Message.objects.filter(user=order.customer, title="您指定的服务人员无法上门").count() == 1
    story.accept()
    assert not disagreements()
    assert not unrecorded()


def test_a_dispatcher_who_sends_another_one_gives_it_back_too(town: Town) -> None:
    _, _, near, far = town
    story = booked(town, far).pay()
    extra = story.order.picked_fen
    story.assign(near.user, by=make_staff(city=CITY))
    assert (story.order.worker_id, story.order.picked_worker_id, story.order.refund_fen) == (near.pk, None, extra)
    assert not disagreements()


def test_a_dispatcher_who_sends_him_leaves_it_as_it_is(town: Town) -> None:
    story = booked(town, town[3]).pay()
    before = story.order.total_fen
    story.assign(town[3].user, by=make_staff(city=CITY))
    assert (story.order.worker_id, story.order.picked_worker_id, story.order.total_fen) == (
        town[3].pk,
        town[3].pk,
        before,
    )


def test_a_cancelled_order_gives_all_of_it_back(town: Town) -> None:
    story = booked(town, town[3]).pay()
    total = story.order.total_fen
    story.cancel()
    assert (story.order.refund_fen, story.order.phase) == (total, Phase.CANCELLED)
    assert not disagreements()


def test_another_address_leaves_what_was_paid_for_him(town: Town) -> None:
    address, _, _, far = town
    story = booked(town, far).accepted()
    extra, total = story.order.picked_fen, story.order.total_fen
    lng, lat = east(1)
    assert story.change_address(make_address(address.user, lng=lng, lat=lat)).outcome.done
    assert (story.order.picked_fen, story.order.total_fen) == (extra, total)


def test_who_is_booked_meanwhile_is_taken_and_nobody_comes_instead(town: Town) -> None:
    keep_busy(town[3], tomorrow())
    with pytest.raises(DoorbellError, match="slot_taken"):
        booked(town, town[3])
    booked(town, town[2])


def test_the_key_of_another_pick_is_another_booking(town: Town) -> None:
    address, _, near, far = town
    total = booked(town, far, key="k").order.total_fen
    body = wanted(town, quoted_fen=total)
    ask = Api(address.user)
    assert refusal(ask.post("/orders", body | {"worker_id": near.pk}, idempotency_key="k"))[1] == "idempotency_mismatch"
    again = body_of(ask.post("/orders", body | {"worker_id": far.pk}, idempotency_key="k"))
    assert again["picked"] == {"id": far.pk, "name": "远师傅"}


def test_the_price_of_another_worker_is_another_price(town: Town) -> None:
    address, service, near, far = town
    with pytest.raises(DoorbellError, match="price_changed"):
        booked(town, far, quoted_fen=booking_of(service, address, worker_id=near.pk).quoted_fen)


def test_nothing_is_paid_for_a_pick_of_nobody(town: Town) -> None:
    story = booked(town, town[3])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET picked_worker_id = NULL WHERE id = %s", [story.id])


def test_a_stranger_prices_nothing_at_somebody_elses_address(town: Town) -> None:
    stranger = Api(make_customer())
    assert refusal(stranger.post("/quotes/workers", wanted(town))) == (404, "not_found")
    assert refusal(stranger.post("/quotes", wanted(town, worker_id=town[2].pk))) == (404, "not_found")
    assert refusal(Api(town[2].user).post("/quotes/workers", wanted(town))) == (403, "forbidden")


def test_who_was_picked_from_afar_earns_his_part_of_the_longer_way(town: Town) -> None:
    """It is a part of the price as any other, shared by the commission: what his way costs more, reaches him."""
    story = booked(town, town[3])
    extra, total = story.order.picked_fen, story.order.total_fen
    assert extra > 0
    assert story.pay().offer().offered.pay_fen == total * 8 // 10
    story.accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert balance_of(town[3].user) == (total - extra) * 8 // 10 + extra * 8 // 10


def test_what_staff_gave_back_of_it_does_not_go_back_again(town: Town) -> None:
    story, staff = booked(town, town[3]).in_service(), make_staff(city=CITY)
    line = story.order.lines.get(rule="visit_fee:picked")
    paid, extra = story.order.total_fen, story.order.picked_fen
    told = story.ask(staff, Move.REFUND, amount_fen=0, line=line.position, tip=0, reason="quality", bearer="shared")
    assert told.outcome.done
    story.report(story.worker)
    assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    story.offer()
    assert (story.order.picked_worker_id, story.order.refund_fen) == (None, extra)
    assert left_fen(story.order) == paid - extra
    assert sum(left_of_line(one) for one in story.order.lines.filter(amount_fen__gt=0)) == paid - extra
    assert not disagreements()


@pytest.mark.django_db(transaction=True)
def test_of_several_who_pick_him_at_once_one_has_him_and_nobody_gets_another_one(town: Town) -> None:
    far = town[3]
    bookings = queue.SimpleQueue[tuple[User, Booking]]()
    for _ in range(6):
        address = make_address(make_customer())
        bookings.put((address.user, booking_of(town[1], address, worker_id=far.pk)))

    def book() -> str:
        customer, booking = bookings.get()
        try:
            place_order(customer=customer, booking=booking)
        except DoorbellError as refusal:
            return refusal.code
        return "placed"

    assert sorted(at_once(6, book)) == ["placed", *["slot_taken"] * 5]
    assert [holder_of(order.pk) for order in Order.objects.all()] == [far.pk]


def test_what_was_paid_for_him_with_points_comes_back_as_points(town: Town) -> None:
    marketing.put_points_rule(actor=None, data={"spend_bp": 5_000, "spend_step": 1})
    customer, far = town[0].user, town[3]
    enrich(customer, 3_000)
    total_fen = asked(town, worker_id=far.pk, points=3_000)["total_fen"]
    story = booked(town, far, points=3_000, quoted_fen=total_fen).pay().offer()
    story.refuse().offer()
    back = 3_000 * story.order.refund_fen // total_fen
    assert (points_selectors.balance_of(customer), back > 400) == (back, True)
    assert not disagreements()
    story.accept().depart().arrive().start()
    told = story.ask(make_staff(), Move.REFUND, amount_fen=1_000, line=0, tip=0, reason="quality", bearer="shared")
    assert told.outcome.done
    more = (3_000 - back) * 1_000 // story.order.total_fen
    assert points_selectors.balance_of(customer) == back + more
    story.tick_all().finish().confirm().settle()
    assert story.ask(
        make_staff(), Move.REFUND, amount_fen=0, line=0, tip=0, reason="quality", bearer="shared"
    ).outcome.done
    assert points_selectors.balance_of(customer) == 3_000
    assert not disagreements()
