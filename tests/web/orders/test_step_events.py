"""Who hears of a step, and what nobody hears who shares a topic: planted strings are looked for in every event."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hub.models import Event
from tests.web.orders.story import Story, heard, said, terms, tomorrow
from tests.web.people import (
    CITY,
    make_address,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    new_phone,
)
from web.accounts.models import User
from web.orders import selectors
from web.orders.cards import order_card
from web.orders.events import EVENT_NAMES
from web.orders.services import take_alarm
from web.orders.services.conversation import post_message
from web.payments import services as payments
from web.workforce.models import Worker
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def types(topic: str) -> list[str]:
    return [event.type for event in heard(topic)]


def test_the_customer_the_board_and_the_order_hear_every_step() -> None:
    story = Story.in_town().settled().close()
    spoken = [f"order.{type}" for type in story.types]
    for topic in (f"order:{story.id}", f"customer:{story.order.customer_id}", f"board:{CITY}"):
        assert [type for type in types(topic) if type.startswith("order.")] == spoken


def of_the_order(worker: User) -> list[str]:
    """What a worker heard, his own switch and state left out."""
    return [type for type in types(f"worker:{worker.pk}") if not type.startswith("worker.")]


def test_the_worker_hears_from_the_offer_on() -> None:
    story = Story.in_town().pay()
    worker = User.objects.get(role="worker")
    assert of_the_order(worker) == []
    story.offer().accept().depart()
    assert of_the_order(worker) == [
        *["order.offered", "offer.made"],
        *["order.accepted", "offer.closed", "command.decided"],
        *["order.departed", "command.decided"],
    ]


def test_a_worker_hears_that_his_offer_is_over_and_nothing_after_that() -> None:
    story = Story.in_town(workers=2).pay().offer()
    first = story.offered.worker
    story.refuse().offer().accept().depart()
    assert of_the_order(first) == ["order.offered", "offer.made", "order.refused", "offer.closed", "command.decided"]


def test_a_withdrawn_worker_hears_why_the_offer_is_gone() -> None:
    story = Story.in_town().pay().offer()
    worker = story.offered.worker
    story.cancel()
    closed = [event.data for event in heard(f"worker:{worker.pk}") if event.type == "offer.closed"]
    assert [one["state"] for one in closed] == ["withdrawn"]
    assert "order.cancelled" in types(f"worker:{worker.pk}")


def assert_told(story: Story) -> None:
    """What the board heard last of the order is its row as it is."""
    latest = [event for event in heard(f"board:{CITY}") if event.subject == f"order:{story.id}"][-1]
    assert latest.data["order"] == json.loads(json.dumps(order_card(story.order)))


def test_the_card_of_an_event_is_the_card_of_the_row_after_it() -> None:
    story = Story.in_town(workers=4).pay()
    for move in (story.offer, story.refuse, story.offer, story.lapse, story.offer):
        move()
        assert_told(story)
    other = Worker.objects.exclude(pk__in=story.order.offers.values("worker_id")).get()
    story.assign(other.user, by=make_staff())
    assert_told(story)
    for move in (story.depart, story.arrive, story.start, story.tick):
        move()
        assert_told(story)


@pytest.mark.parametrize("how_far", [0, 1, 2, 3])
def test_the_card_of_a_cancelled_order_is_its_rows(how_far: int) -> None:
    story = Story.in_town()
    for move in (story.pay, story.offer, story.accept)[:how_far]:
        move()
    story.cancel()
    assert_told(story)
    assert story.order.open_offer is None


def test_the_same_card_goes_to_all() -> None:
    story = Story.in_town().accepted()
    last = [
        next(event for event in reversed(heard(topic)) if event.type == "order.accepted").data
        for topic in (f"order:{story.id}", f"customer:{story.order.customer_id}", f"board:{CITY}")
    ]
    assert last[0] == last[1] == last[2]
    assert last[0]["by"] == {"role": "worker"}


def test_a_worker_who_sets_out_and_who_is_through_changes_on_the_board() -> None:
    story = Story.in_town().accepted()
    before = types(f"board:{CITY}").count("worker.changed")
    story.depart()
    changed = [event for event in heard(f"board:{CITY}") if event.type == "worker.changed"]
    assert len(changed) == before + 1
    assert changed[-1].data["worker"]["order"] == story.id
    story.arrive().start().tick_all().finish()
    changed = [event for event in heard(f"board:{CITY}") if event.type == "worker.changed"]
    assert len(changed) == before + 2
    assert changed[-1].data["worker"]["order"] is None


def test_every_type_on_the_wire_has_words() -> None:
    story = Story.in_town().settled().close()
    assert set(story.types) <= set(EVENT_NAMES)


# What is planted must come out on no shared topic, and on private ones only where it belongs.

NAME, PLACE, DOOR, REQUEST = "密语女士", "密语路 731 号", "密语幢 1702", "密语请求勿外传"
PRICE_FEN, VISIT_FEE_FEN = 713_131, 1_717
TOTAL_FEN = PRICE_FEN + VISIT_FEE_FEN
EXTRA_FEN = 37_117


def all_that_can_happen(phone: str) -> list[Story]:
    """Orders of all fates for one customer, every step of them pushed."""
    make_city()
    terms("visit", start_code_tries=2)
    for _ in range(4):
        make_worker(on_duty=True)
    staff = make_staff(display_name="调度员甲")
    customer = make_customer(display_name=NAME)
    service = make_service(price_fen=PRICE_FEN, visit_fee_fen=VISIT_FEE_FEN)
    address = make_address(customer, contact_name=NAME, contact_phone=phone, place=PLACE, door=DOOR)

    def placed(**booking: Any) -> Story:
        return Story.placed(customer, service, address=address, request=REQUEST, **booking)

    terms("commission", frozen_s=1)
    whole = placed().pay().offer().refuse().offer().lapse().offer().accept()
    for answer in (Move.WITHDRAW, Move.DECLINE):
        whole.propose_move(whole.order.starts_at + timedelta(hours=1)).answer(answer)
    whole.propose_move(whole.order.starts_at + timedelta(hours=1))
    whole.step(Move.PROPOSAL_LAPSED, reference=whole.order.proposal_id)
    whole.step(Move.LATE_TO_DEPART)
    whole.depart()
    whole.step(Move.LATE_TO_ARRIVE)
    whole.arrive()
    for _ in range(5):
        whole.ask(whole.worker, Move.START, typed="wrong")
    whole.ask(staff, Move.UNLOCK)
    whole.start().propose_extra(EXTRA_FEN, reason=REQUEST).answer(Move.APPROVE).pay_extra()
    whole.tick_all().finish().confirm().settle().tipped()
    whole.ask(customer, Move.CLAIM, kind="damage", typed=REQUEST)
    case_id = whole.order.open_case_id or 0
    whole.step(Move.CASE_OVERDUE, reference=case_id)
    whole.ask(staff, Move.ANSWER_CASE, case_id=case_id, outcome="declined", typed=said(REQUEST))
    for good in made_good():
        whole.ask(customer, Move.CLAIM, kind="damage", typed=REQUEST)
        case_id = whole.order.open_case_id or 0
        done = whole.ask(staff, Move.ANSWER_CASE, case_id=case_id, typed=said(REQUEST, REQUEST), **good)
        assert done.outcome.done
    whole.ask(staff, Move.REFUND, amount_fen=100, line=0, reason="quality", bearer="shared")
    whole.given_back().step(Move.RELEASE)
    whole.close()
    moved = placed().pay()
    assert moved.ask(customer, Move.CHANGE_REQUEST, typed=REQUEST).outcome.done
    elsewhere = make_address(customer, contact_name=NAME, contact_phone=phone, place=PLACE, door=DOOR, lng=120.16)
    assert moved.change_address(elsewhere).outcome.done
    make_service(price_fen=PRICE_FEN + EXTRA_FEN, visit_fee_fen=VISIT_FEE_FEN)
    assert moved.change_address(address).outcome.done
    make_service(price_fen=PRICE_FEN, visit_fee_fen=VISIT_FEE_FEN)
    given = placed().pay().exhaust()
    alarm = given.order.alarms.get()
    take_alarm(staff=staff, alarm_id=alarm.pk)
    given.assign(selectors.order_now(whole.id).worker or customer, by=staff).depart().cancel()
    refund_id = given.refunds[0]
    payments.park_refund(refund_id=refund_id)
    given.step(Move.PARK, reference=refund_id)
    payments.record_refund(refund_id=refund_id, gateway_no="SB-1")
    given.step(Move.REFUNDED, reference=refund_id)
    given.close()
    returned = placed().pay().offer().accept()
    returned.ask(staff, Move.TAKE_OFF, reason="unwell", failed=False)
    returned.offer().accept().ask(returned.worker, Move.HAND_BACK, reason="unwell")
    returned.offer().accept().step(Move.DID_NOT_DEPART)
    returned.step(Move.DID_NOT_ARRIVE)
    absent = placed().pay().offer().accept().depart().arrive()
    absent.ask(absent.worker, Move.REPORT_ABSENT)
    absent.ask(customer, Move.AM_HERE)
    unpaid = placed()
    unpaid.move(unpaid.order.starts_at + timedelta(hours=3))
    unpaid.step(Move.PAYMENT_LAPSED)
    trouble = in_trouble(placed, staff)
    terms("dispatch", mode="manual")
    by_hand = placed().pay().exhaust()
    return [whole, given, returned, unpaid, trouble, by_hand]


def made_good() -> list[dict[str, Any]]:
    """Answers to a case that do more than speak."""
    visit = {"outcome": "rework", "worker": "first"}
    return [
        {"outcome": "refunded", "amount_fen": 200, "line": 0, "reason": "quality", "bearer": "shared"},
        {**visit, "starts_at": tomorrow(18).isoformat(), "price_fen": 0},
        {**visit, "starts_at": tomorrow(22).isoformat(), "price_fen": 100},
    ]


def in_trouble(placed: Callable[..., Story], staff: User) -> Story:
    """An order of which things are reported, talked about, and solved in every way that has an event of its own."""
    story = placed(starts_at=tomorrow(15)).pay().offer().accept().report(staff, "damage", REQUEST)
    for move in (Move.EXCEPTION_UNANSWERED, Move.EXCEPTION_UNSOLVED):
        timer = next(timer for timer in selectors.view_of(story.order).timers if timer.move == move)
        story.step(move, key=timer.key, reference=timer.reference)
    story.ask(staff, Move.ANSWER_EXCEPTION)
    story.ask(staff, Move.CONTINUE)
    story.report(story.order.customer, "other", REQUEST)
    post_message(author=story.order.customer, order=story.order, key="one-tap", text=REQUEST, photo_ids=[])
    story.ask(story.order.customer, Move.WITHDRAW_EXCEPTION)
    story.report(story.worker, "vehicle", REQUEST)
    story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False)
    return story


def text_of(events: list[Event]) -> str:
    return json.dumps([event.data for event in events], ensure_ascii=False)


def test_what_is_private_is_pushed_to_nobody_else() -> None:
    phone = new_phone()
    stories = all_that_can_happen(phone)
    codes = {story.order.start_code for story in stories}
    amounts: set[int] = {
        PRICE_FEN,
        TOTAL_FEN,
        EXTRA_FEN,
        TOTAL_FEN + EXTRA_FEN,
        *(story.order.cancel_fee_fen for story in stories),
    } - {0}
    shared = [event for event in Event.objects.all() if not event.topic.startswith(("customer:", "worker:", "$"))]
    assert {event.topic.split(":")[0] for event in shared} == {"order", "board", "conversation"}
    # What is imported has ended before it comes: it is pushed to nobody (test_importing.py).
    assert {f"order.{name}" for name in EVENT_NAMES if name != "imported"} <= {event.type for event in shared}
    said = text_of(shared)
    for secret in (NAME, PLACE, DOOR, REQUEST, phone, phone.removeprefix("+86")):
        assert secret not in said
    assert not leaves(shared) & amounts
    assert not leaves(shared) & codes


def test_a_worker_is_pushed_what_he_would_earn_and_no_door() -> None:
    phone = new_phone()
    all_that_can_happen(phone)
    for topic in set(Event.objects.filter(topic__startswith="worker:").values_list("topic", flat=True)):
        events = heard(topic)
        for secret in (NAME, PLACE, DOOR, REQUEST, phone.removeprefix("+86")):
            assert secret not in text_of(events)
        assert TOTAL_FEN not in leaves(events)
        pays = {event.data["offer"]["pay_fen"] for event in events if event.type == "offer.made"}
        assert pays <= {TOTAL_FEN - TOTAL_FEN * 2_000 // 10_000}


def test_the_card_shows_the_place_to_a_hundred_metres_only() -> None:
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    address = make_address(customer, lng=120.1512345, lat=30.2712345)
    Story.placed(customer, make_service(), address=address)
    card = heard(f"board:{CITY}")[-1].data["order"]
    assert (card["lng"], card["lat"]) == (120.151, 30.271)
    assert card["phase"] == Phase.AWAITING_PAYMENT


def leaves(events: list[Event]) -> set[Any]:
    """Every number and text in the events' data."""
    found: set[Any] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        else:
            found.add(value)

    for event in events:
        walk(event.data)
    return found
