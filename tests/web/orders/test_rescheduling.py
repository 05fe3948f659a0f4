"""改约: another time, whose time is kept for it, and what the customer takes along."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, keep_busy, open_alarms, refused, terms, tomorrow
from tests.web.people import CITY, Api, body_of, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.ties import put_tie
from web.ledger.models import Account, Posting
from web.ledger.selectors import balance_of
from web.orders.models import Offer, Order
from web.orders.moving import outlook_at
from web.scheduling.models import Reservation
from web.scheduling.selectors import holder_of
from web.workforce.models import Worker
from workflows.transitions import Move, Phase, Role

pytestmark = pytest.mark.django_db

TOTAL = 10_900
LATER = timedelta(hours=5)


def kept_start(story: Story) -> datetime:
    """When the time starts that is kept for the order: exactly one."""
    return Reservation.objects.get(order_id=story.id, active=True).starts_at


def ask_to_move(story: Story, starts_at: datetime) -> Any:
    return story.ask(story.order.customer, Move.RESCHEDULE, starts_at=starts_at.isoformat())


def last_event(story: Story) -> dict[str, Any]:
    event = story.order.events.order_by("version").last()
    assert event is not None
    return dict(event.data)


def nearly(story: Story, *, before: timedelta) -> time_machine.travel:
    """The clock, so long before the visit."""
    return time_machine.travel(story.order.starts_at - before)


def test_the_same_worker_keeps_it_where_he_is_free() -> None:
    story = Story.in_town(workers=2).accepted()
    worker, before = story.worker, story.order
    story.move(before.starts_at + LATER)
    order = story.order
    assert (order.phase, order.worker) == (Phase.ACCEPTED, worker)
    assert order.starts_at == kept_start(story) == before.starts_at + LATER
    assert (order.depart_by, order.arrive_by) == (before.depart_by + LATER, before.arrive_by + LATER)  # type: ignore[operator]
    assert holder_of(story.id) == worker.pk
    assert last_event(story)["same_worker"] is True


def test_where_he_is_not_free_it_looks_for_another_whose_time_is_kept_already() -> None:
    story = Story.in_town(workers=2).accepted()
    first, starts_at = story.worker, story.order.starts_at + LATER
    other = Worker.objects.exclude(pk=first.pk).get()
    keep_busy(Worker.objects.get(pk=first.pk), starts_at)
    story.move(starts_at)
    order = story.order
    assert (order.phase, order.worker, order.depart_by, order.arrive_by) == (Phase.DISPATCHING, None, None, None)
    assert (holder_of(story.id), kept_start(story)) == (other.pk, starts_at)
    assert not Offer.objects.filter(order_id=story.id, state=Offer.ACCEPTED).exists()
    story.offer().accept()
    assert story.worker == other.user


@pytest.mark.parametrize("failed", [True, False])
def test_one_who_gave_it_back_before_and_has_it_again_keeps_it(failed: bool) -> None:
    story, staff = Story.in_town(workers=2).accepted(), make_staff()
    worker = story.worker
    assert story.ask(staff, Move.TAKE_OFF, reason="other", failed=failed).outcome.done
    story.assign(worker, by=staff).move(story.order.starts_at + LATER)
    assert (story.order.phase, story.order.worker) == (Phase.ACCEPTED, worker)


def test_a_time_that_only_a_blocked_worker_has_is_not_shown() -> None:
    story = Story.in_town(workers=2).pay()
    day = (story.order.starts_at + timedelta(hours=8)).date().isoformat()
    blocked, other = Worker.objects.order_by("pk")
    put_tie(customer_id=story.order.customer_id, worker_id=blocked.pk, by=Role.CUSTOMER, kind="blocked")
    keep_busy(other, story.order.starts_at + LATER, hours=2)
    for somebody in (story.order.customer, make_staff()):
        slots = body_of(Api(somebody).get(f"/orders/{story.id}/slots", day=day))["slots"]
        starts = {slot["starts_at"] for slot in slots}
        assert starts
        assert (story.order.starts_at + LATER).isoformat().replace("+00:00", "Z") not in starts


def test_who_lost_it_is_told_and_reads_it_no_more() -> None:
    story = Story.in_town(workers=2).accepted()
    first, starts_at = story.worker, story.order.starts_at + LATER
    keep_busy(Worker.objects.get(pk=first.pk), starts_at)
    story.move(starts_at)
    assert heard(f"worker:{first.pk}")[-1].type == "order.rescheduled"
    assert {event.subject for event in heard("$revocations")} == {str(first.pk)}
    assert Api(first).get(f"/orders/{story.id}").status_code == 404


def test_where_nobody_is_free_nothing_changes() -> None:
    story = Story.in_town().accepted()
    before, starts_at = story.order, story.order.starts_at + LATER
    keep_busy(Worker.objects.get(pk=story.worker.pk), starts_at)
    assert refused(ask_to_move(story, starts_at)) == "slot_taken"
    after = story.order
    for field in ("phase", "version", "worker_id", "starts_at", "depart_by", "arrive_by"):
        assert getattr(after, field) == getattr(before, field)
    assert (kept_start(story), holder_of(story.id)) == (before.starts_at, story.worker.pk)
    assert Offer.objects.get(order_id=story.id).state == Offer.ACCEPTED


def test_before_anybody_has_accepted_the_kept_time_moves_and_the_open_offer_is_over() -> None:
    story = Story.in_town().pay().offer()
    offer, starts_at = story.offered, story.order.starts_at + LATER
    story.move(starts_at)
    offer.refresh_from_db()
    assert (offer.state, story.order.phase) == (Offer.WITHDRAWN, Phase.DISPATCHING)
    assert kept_start(story) == starts_at
    assert heard(f"worker:{offer.worker_id}")[-1].type == "offer.closed"
    story.offer().accept()


def test_an_order_that_waits_for_its_payment_can_be_moved() -> None:
    story = Story.in_town()
    story.move(story.order.starts_at + LATER)
    assert story.order.phase == Phase.AWAITING_PAYMENT
    assert kept_start(story) == story.order.starts_at
    story.accepted()


def test_the_time_it_had_is_free_for_others_at_once() -> None:
    story = Story.in_town().accepted()
    starts_at = story.order.starts_at
    story.move(starts_at + LATER)
    assert kept_start(Story.placed(make_customer(), story.order.service)) == starts_at


def test_a_move_by_less_than_its_own_length_does_not_stand_in_its_own_way() -> None:
    story = Story.in_town().accepted()
    story.move(story.order.starts_at + timedelta(minutes=30))
    assert story.order.phase == Phase.ACCEPTED


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (timedelta(0), "same_time"),
        (timedelta(minutes=7), "slot_taken"),
        (timedelta(days=30), "too_far_ahead"),
        (timedelta(days=-3), "too_soon"),
    ],
)
def test_it_is_bound_by_what_a_booking_is_bound_by(by: timedelta, code: str) -> None:
    story = Story.in_town().accepted()
    assert refused(ask_to_move(story, story.order.starts_at + by)) == code


def test_alarms_of_the_old_time_are_over_and_its_worker_is_late_no_more() -> None:
    story = Story.in_town().accepted()
    story.step(Move.LATE_TO_DEPART)
    assert open_alarms(story) == ["late_to_depart"]
    story.move(story.order.starts_at + LATER)
    assert (open_alarms(story), story.order.late_told) == ([], False)


def test_it_can_be_moved_until_he_has_set_out() -> None:
    story = Story.in_town().accepted().depart()
    assert refused(ask_to_move(story, tomorrow(20))) == "not_allowed"


def test_staff_moves_it_as_often_as_it_must_and_nothing_is_taken_along() -> None:
    terms("rescheduling", max_moves=0)
    story, staff = Story.in_town().accepted(), make_staff(city=CITY)
    assert refused(ask_to_move(story, story.order.starts_at + LATER)) == "move_limit"
    with nearly(story, before=timedelta(minutes=90)):
        story.move(story.order.starts_at + LATER, by=staff)
        story.move(story.order.starts_at + LATER, by=staff)
        assert "kept_fee_fen" not in last_event(story)
    for topic in (f"worker:{story.worker.pk}", f"customer:{story.order.customer_id}"):
        assert "order.rescheduled" in [event.type for event in heard(topic)]


def test_a_customer_moves_it_a_limited_number_of_times() -> None:
    terms("rescheduling", max_moves=2)
    story = Story.in_town().accepted()
    for _ in range(2):
        story.move(story.order.starts_at + timedelta(hours=1))
    assert refused(ask_to_move(story, story.order.starts_at + timedelta(hours=1))) == "move_limit"


def test_late_moves_have_a_limit_of_their_own() -> None:
    story = Story.in_town().accepted()
    with nearly(story, before=timedelta(minutes=90)):
        story.move(story.order.starts_at + timedelta(hours=1))
        # The visit is 2 h 30 away now: not late any more.
        story.move(story.order.starts_at + LATER)
    with nearly(story, before=timedelta(minutes=90)):
        assert refused(ask_to_move(story, story.order.starts_at + LATER)) == "move_limit"


def test_moving_a_visit_does_not_make_cancelling_it_cheaper() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    with nearly(story, before=timedelta(minutes=90)):
        assert preview(story) == {"fee_fen": 1_090, "refund_fen": TOTAL - 1_090}
        story.move(story.order.starts_at + timedelta(days=3))
        assert preview(story) == {"fee_fen": 1_090, "refund_fen": TOTAL - 1_090}
        story.cancel()
    assert story.order.cancel_fee_fen == 1_090
    assert balance_of(worker) == 872


def test_nor_does_it_when_the_worker_who_was_on_it_cannot_come_then_and_he_has_his_part() -> None:
    story = Story.in_town(workers=2).accepted()
    first, starts_at = story.worker, story.order.starts_at + LATER
    keep_busy(Worker.objects.get(pk=first.pk), starts_at)
    with nearly(story, before=timedelta(minutes=90)):
        story.move(starts_at)
        assert story.order.phase == Phase.DISPATCHING
        story.cancel()
    assert (story.order.cancel_fee_fen, balance_of(first)) == (1_090, 872)
    in_transit = Posting.objects.filter(account__kind=Account.IN_TRANSIT).values_list("amount_fen", flat=True)
    assert sum(in_transit) == 0


def test_a_move_in_good_time_takes_nothing_along() -> None:
    story = Story.in_town().accepted()
    story.move(story.order.starts_at + LATER).cancel()
    assert story.order.cancel_fee_fen == 0


def test_a_cancellation_that_was_asked_before_the_move_is_judged_by_the_time_it_was_about() -> None:
    story, staff = Story.in_town().accepted(), make_staff(city=CITY)
    with nearly(story, before=timedelta(minutes=90)):
        command = story.receive(story.order.customer, Move.CANCEL, reason="other")
        story.move(story.order.starts_at + timedelta(days=3), by=staff)
        assert story.take(command).outcome.done
    assert story.order.cancel_fee_fen == 1_090


def test_while_the_worker_is_late_a_move_is_no_late_one_and_cancelling_stays_free() -> None:
    story = Story.in_town().accepted()
    with time_machine.travel(story.order.starts_at - timedelta(minutes=5)):
        story.step(Move.LATE_TO_DEPART)
        assert outlook(story) == {"late": False, "moves_left": 3, "kept_fee_fen": 0}
        story.move(story.order.starts_at + LATER)
        assert preview(story)["fee_fen"] == 0


def test_the_customer_sees_beforehand_what_a_move_means() -> None:
    story = Story.in_town().accepted()
    assert outlook(story) == {"late": False, "moves_left": 3, "kept_fee_fen": 0}
    with nearly(story, before=timedelta(minutes=90)):
        assert outlook(story) == {"late": True, "moves_left": 1, "kept_fee_fen": 1_090}


def test_a_worker_reads_nothing_of_what_cancelling_costs() -> None:
    story = Story.in_town().accepted()
    with nearly(story, before=timedelta(minutes=90)):
        story.move(story.order.starts_at + LATER)
        detail = body_of(Api(story.worker).get(f"/orders/{story.id}"))
    assert detail["rescheduling"] is None
    assert set(detail["timeline"][-1]["data"]) == {"from", "to", "same_worker"}


def test_free_times_for_a_move_leave_its_own_time_out_of_account() -> None:
    story = Story.in_town().accepted()
    day = (story.order.starts_at + timedelta(hours=8)).date().isoformat()
    slots = body_of(Api(story.order.customer).get(f"/orders/{story.id}/slots", day=day))["slots"]
    starts = {slot["starts_at"]: slot for slot in slots}
    near = (story.order.starts_at + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    assert starts[near] == {"starts_at": near, "workers": 1, "same_worker": True}
    assert story.order.starts_at.isoformat().replace("+00:00", "Z") not in starts


def test_a_stranger_moves_nothing() -> None:
    story = Story.in_town().accepted()
    body = {"starts_at": tomorrow(20).isoformat()}
    for stranger in (make_customer(), make_staff(city="shanghai")):
        answer = Api(stranger).post(f"/orders/{story.id}/reschedule", body, idempotency_key="k")
        assert answer.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_that_move_to_the_same_time_of_one_worker_one_has_it() -> None:
    make_city()
    make_worker(on_duty=True)
    service = make_service()
    first = Story.placed(make_customer(), service).accepted()
    second = Story.placed(make_customer(), service, starts_at=tomorrow(16)).accepted()
    stories = iter([first, second])

    def move() -> str:
        return str(ask_to_move(next(stories), tomorrow(22)).outcome.code)

    assert sorted(at_once(2, move)) == ["", "slot_taken"]
    assert Reservation.objects.filter(active=True).count() == 2
    assert Order.objects.filter(starts_at=tomorrow(22)).count() == 1


def preview(story: Story) -> dict[str, int]:
    shown: dict[str, int] = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["cancellation"]
    return shown


def outlook(story: Story) -> dict[str, Any]:
    shown: dict[str, Any] = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["rescheduling"]
    return shown


def test_a_move_that_he_grants_to_his_worker_is_none_of_his_own() -> None:
    story = Story.in_town(workers=2).accepted()
    before = outlook_at(story.order, asked_at=timezone.now()).moves_left
    story.propose_move(story.order.starts_at + LATER).answer(Move.APPROVE)
    assert story.types[-1] == "rescheduled"
    assert outlook_at(story.order, asked_at=timezone.now()).moves_left == before
