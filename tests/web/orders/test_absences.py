"""Nobody at the door: the customer who does not open, and the worker who never came."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story, heard, open_alarms, refused
from tests.web.people import CENTRE, Api, body_of, make_staff
from web.ledger.models import Account, Posting
from web.ledger.selectors import balance_of, unbalanced_journals
from web.orders.models import Alarm, Compensation
from web.orders.selectors import view_of
from web.payments.models import Refund
from web.workforce.models import PointsEntry, WorkerPosition
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL, WAIT = 10_900, timedelta(seconds=900)


def seen(story: Story, *, off: float = 0.0, ago_s: float = 0) -> None:
    """His phone says where he is; off: degrees to the north."""
    at = timezone.now() - timedelta(seconds=ago_s)
    WorkerPosition.objects.update_or_create(
        worker_id=story.worker.pk, defaults={"lng": CENTRE[0], "lat": CENTRE[1] + off, "at": at, "received_at": at}
    )


def at_the_door() -> Story:
    return Story.in_town(workers=2).accepted().depart().arrive()


def report(story: Story) -> Story:
    return story._done(story.ask(story.worker, Move.REPORT_ABSENT))


def detail(story: Story) -> dict[str, object]:
    read: dict[str, object] = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))
    return read


def moves_due(story: Story) -> dict[str, datetime]:
    return {timer.move: timer.due for timer in view_of(story.order).timers}


def owed(kind: str, **account: object) -> int:
    postings = Posting.objects.filter(account__kind=kind, **{f"account__{name}": of for name, of in account.items()})
    return -sum(postings.values_list("amount_fen", flat=True))


@pytest.mark.parametrize("minutes", [-60, -1, 0, 20])
def test_the_clock_is_never_over_sooner_than_the_wait_after_the_start(minutes: int) -> None:
    story = at_the_door()
    now = story.order.starts_at + timedelta(minutes=minutes)
    with time_machine.travel(now, tick=False):
        seen(story)
        report(story)
        until = max(now, story.order.starts_at) + WAIT
        assert story.order.absent_until == until
        assert moves_due(story) == {"customer_absent": until}
        assert open_alarms(story) == []
        card = detail(story)["order"]["deadlines"]["absent_until"]  # type: ignore[index]
        assert datetime.fromisoformat(card) == until
    told = [event.type for event in heard(f"customer:{story.order.customer_id}")]
    assert told[-1] == "order.absent_reported"


def test_at_its_end_the_worker_has_his_part_and_the_rest_goes_back() -> None:
    story = at_the_door()
    seen(story)
    report(story)
    until = story.order.absent_until
    assert until is not None
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        assert story.step(Move.CUSTOMER_ABSENT, key="k").conflict  # not yet
    with time_machine.travel(until, tick=False):
        assert story.step(Move.CUSTOMER_ABSENT, key="k").outcome.done
    order = story.order
    assert (order.phase, order.cancelled_by, order.cancel_reason) == (Phase.CANCELLED, "system", "customer_absent")
    assert (order.cancel_fee_fen, balance_of(story.worker)) == (3_270, 2_616)
    assert Refund.objects.get().amount_fen == TOTAL - 3_270
    assert unbalanced_journals() == []
    read = body_of(Api(story.worker).get(f"/orders/{story.id}"))["timeline"][-1]
    assert read["data"] == {"worker_fen": 2_616, "reason": "customer_absent"}


@pytest.mark.parametrize("where", ["nowhere", "far", "long ago"])
def test_without_proof_no_clock_decides_and_a_dispatcher_does(where: str) -> None:
    story = at_the_door()
    if where != "nowhere":
        seen(story, off=0.01 if where == "far" else 0, ago_s=601 if where == "long ago" else 0)
    report(story)
    assert moves_due(story) == {}
    alarm = Alarm.objects.get(cleared_at=None, kind=Alarm.ABSENCE)
    assert (alarm.due_at, alarm.worker) == (story.order.absent_until, story.worker)
    with time_machine.travel(story.order.starts_at + timedelta(days=1)):
        assert story.step(Move.CUSTOMER_ABSENT).conflict
    dispatchers = story.order.absent_until
    report(story)
    assert (story.order.absent_until, moves_due(story)) == (dispatchers, {})
    # The proof may come later, and who was not there has not waited.
    at = story.order.starts_at + timedelta(minutes=40)
    with time_machine.travel(at, tick=False):
        seen(story)
        report(story)
        assert story.step(Move.CUSTOMER_ABSENT).conflict
    assert (moves_due(story), open_alarms(story)) == ({"customer_absent": at + WAIT}, [])
    assert refused(story.ask(story.worker, Move.REPORT_ABSENT)) == "not_allowed"


def test_the_customer_who_is_there_stops_it_and_a_second_report_is_a_dispatchers() -> None:
    story = at_the_door()
    customer = story.order.customer
    assert refused(story.ask(customer, Move.AM_HERE)) == "not_allowed"
    seen(story)
    report(story)
    assert "am_here" in detail(story)["allowed_actions"]  # type: ignore[operator]
    assert story.ask(customer, Move.AM_HERE).outcome.done
    assert (story.order.absent_until, moves_due(story)) == (None, {})
    assert heard(f"worker:{story.worker.pk}")[-1].type == "order.customer_here"
    report(story)
    assert (moves_due(story), open_alarms(story)) == ({}, [Alarm.ABSENCE])
    story.start()
    assert (story.order.absent_until, open_alarms(story)) == (None, [])


def test_the_start_stops_the_clock_and_what_is_due_in_that_moment_finds_it_gone() -> None:
    story = at_the_door()
    seen(story)
    report(story)
    version = story.order.version
    story.start()
    assert story.step(Move.CUSTOMER_ABSENT, version=version).conflict
    assert refused(story.step(Move.CUSTOMER_ABSENT)) == "not_allowed"
    assert story.order.phase == Phase.IN_SERVICE


def test_an_exception_ends_the_wait_and_what_comes_of_it_does_not_bring_it_back() -> None:
    story = at_the_door()
    seen(story)
    report(story).report(story.worker, "other")
    assert (story.order.absent_until, story.order.absence_proven) == (None, False)
    assert Move.CUSTOMER_ABSENT not in moves_due(story)
    with time_machine.travel(timezone.now() + WAIT * 2):
        assert story.ask(make_staff(), Move.CONTINUE).outcome.done
        assert story.step(Move.CUSTOMER_ABSENT).conflict  # not yet: nobody is waited for
    assert story.order.phase == Phase.ARRIVED


def test_an_answer_that_came_in_time_is_not_overtaken_by_the_clock() -> None:
    story = at_the_door()
    seen(story)
    report(story)
    until = story.order.absent_until
    assert until is not None
    with time_machine.travel(until - timedelta(seconds=2)):
        command = story.receive(story.order.customer, Move.AM_HERE)
    with time_machine.travel(until + timedelta(seconds=1)):
        assert story.step(Move.CUSTOMER_ABSENT).conflict
        assert story.take(command).outcome.done
    assert (story.order.phase, story.order.absent_until) == (Phase.ARRIVED, None)


def test_nobody_else_reports_or_answers() -> None:
    story = at_the_door()
    for path, role in (("report-absent", "customer"), ("am-here", "worker"), ("worker-absent", "worker")):
        somebody = story.order.customer if role == "customer" else story.worker
        assert Api(somebody).post(f"/orders/{story.id}/{path}", {}, idempotency_key="k").status_code == 403


# The worker who never came.


def on_his_way(*, travelling: bool = True) -> Story:
    story = Story.in_town(workers=2).accepted()
    return story.depart() if travelling else story


def given_up(story: Story) -> datetime:
    assert story.order.arrive_by is not None
    return story.order.arrive_by + timedelta(seconds=900)


@pytest.mark.parametrize("travelling", [True, False])
def test_who_does_not_come_costs_the_platform_and_himself_and_a_dispatcher_decides(travelling: bool) -> None:
    story = on_his_way(travelling=travelling)
    due = given_up(story)
    assert moves_due(story)["did_not_arrive"] == due
    with time_machine.travel(due, tick=False):
        assert story.step(Move.DID_NOT_ARRIVE).outcome.done
        assert "did_not_arrive" not in moves_due(story)
        customer = story.order.customer
        assert owed(Account.PAYOUTS, owner=customer.pk) == -owed(Account.COMPENSATION) == 3_000
        assert unbalanced_journals() == []
        assert sorted(open_alarms(story)) == [Alarm.COMPENSATION_DUE, Alarm.NOT_ARRIVED]
        assert Alarm.objects.get(kind=Alarm.NOT_ARRIVED).due_at == due + timedelta(seconds=600)
        paid = detail(story)["compensations"]
        assert [(one["rule"], one["amount_fen"]) for one in paid] == [("worker_no_show", 3_000)]  # type: ignore[attr-defined]
        assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["compensations"] == []
        worker = story.worker
        assert list(PointsEntry.objects.values_list("worker", "rule", "points")) == [(worker.pk, "no_show", -20)]
        assert detail(story)["cancellation"]["fee_fen"] == 0  # type: ignore[index]
        # Taken off, and the compensation stays to be paid.
        story.ask(make_staff(), Move.TAKE_OFF, reason="not_arrived", failed=True)
        assert open_alarms(story) == [Alarm.COMPENSATION_DUE]
        assert PointsEntry.objects.count() == 1


def test_the_customer_may_say_so_from_then_on_and_not_before() -> None:
    story = on_his_way()
    customer = story.order.customer
    due = given_up(story)
    with time_machine.travel(due - timedelta(seconds=2)):
        assert "worker_absent" not in detail(story)["allowed_actions"]  # type: ignore[operator]
        assert refused(story.ask(customer, Move.WORKER_ABSENT)) == "not_late_yet"
    with time_machine.travel(due):
        assert "worker_absent" in detail(story)["allowed_actions"]  # type: ignore[operator]
        assert story.ask(customer, Move.WORKER_ABSENT).outcome.done
    order = story.order
    assert (order.phase, order.cancel_reason, order.cancel_fee_fen) == (Phase.CANCELLED, "worker_absent", 0)
    assert Refund.objects.get().amount_fen == TOTAL
    assert Compensation.objects.get().amount_fen == 3_000
    assert balance_of(story.worker) == 0
    assert unbalanced_journals() == []


def test_found_by_the_clock_and_by_the_customer_it_is_paid_once() -> None:
    story = on_his_way()
    with time_machine.travel(given_up(story)):
        story.step(Move.DID_NOT_ARRIVE)
        assert story.ask(story.order.customer, Move.WORKER_ABSENT).outcome.done
    assert Compensation.objects.count() == PointsEntry.objects.count() == 1
    assert open_alarms(story) == [Alarm.COMPENSATION_DUE]


def test_who_comes_after_all_is_there() -> None:
    story = on_his_way()
    with time_machine.travel(given_up(story)):
        story.step(Move.DID_NOT_ARRIVE)
        story.arrive()
        assert open_alarms(story) == [Alarm.COMPENSATION_DUE]
        assert refused(story.ask(story.order.customer, Move.WORKER_ABSENT)) == "not_allowed"


def test_another_time_is_a_new_visit_for_its_worker() -> None:
    story = on_his_way(travelling=False)
    with time_machine.travel(given_up(story)):
        assert story.step(Move.DID_NOT_ARRIVE).outcome.done
        story.move(story.order.starts_at + timedelta(days=1), by=make_staff())
    order = story.order
    assert (order.no_show, order.not_departed) == (False, False)
    assert not {Alarm.NOT_ARRIVED, Alarm.NOT_DEPARTED} & set(open_alarms(story))


# Staff who pay on top.


def call_off(story: Story, **pay: int) -> str:
    result = story.ask(make_staff(), Move.CALL_OFF, reason="unsafe", refund_bp=10_000, **pay)  # type: ignore[arg-type]
    return result.outcome.code


def test_staff_may_compensate_both_from_the_platforms_money() -> None:
    story = Story.in_town().in_service()
    assert call_off(story, customer_compensation_fen=2_000, worker_compensation_fen=5_000) == ""
    assert balance_of(story.worker) == 5_000
    assert owed(Account.PAYOUTS, owner=story.order.customer_id) == 2_000
    assert owed(Account.COMPENSATION) == -7_000
    assert unbalanced_journals() == []
    assert Alarm.COMPENSATION_DUE in open_alarms(story)


def test_not_more_than_the_policy_lets_them_and_nobody_who_is_not_there() -> None:
    story = Story.in_town().in_service()
    assert call_off(story, customer_compensation_fen=20_001) == "compensation_too_large"
    assert story.order.phase == Phase.IN_SERVICE
    assert not Compensation.objects.exists()
    assert call_off(Story.in_town().pay(), worker_compensation_fen=1) == "not_allowed"
