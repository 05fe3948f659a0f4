"""异常 that leads elsewhere: somebody else comes, or the order ends and its money is shared."""

from datetime import timedelta

import pytest

from hub.log import REVOCATIONS
from hub.models import Event
from tests.web.orders.story import Story, open_alarms, refused, terms
from tests.web.orders.test_exceptions import exception_of, in_phase, timers
from tests.web.people import Api, make_staff, refusal
from web.accounts.models import User
from web.ledger import selectors as ledger
from web.payments.models import Refund
from workflows.transitions import BEGUN, INTERRUPTIBLE, REPLACEABLE, Move, Phase

pytestmark = pytest.mark.django_db


def with_two_workers(type: str = "worker_unwell") -> tuple[Story, User]:
    """An order on its way, of whose worker something is reported; and that worker."""
    story = Story.in_town(workers=2).accepted().depart()
    return story.report(story.worker, type), story.worker


def test_somebody_else_comes_and_who_had_it_is_out() -> None:
    story, first = with_two_workers()
    assert story.ask(make_staff(), Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    order = story.order
    assert (order.phase, order.worker, order.exception_from) == (Phase.DISPATCHING, None, "")
    assert (exception_of(story).outcome, open_alarms(story)) == ("send_somebody_else", [])
    assert story.types[-1] == "somebody_else_sent"
    assert refusal(Api(first).get(f"/orders/{story.id}/messages")) == (404, "not_found")
    story.offer().accept()
    assert story.worker != first
    story.depart().arrive().start().tick_all().finish().confirm().settle().close()


def test_who_is_off_the_order_is_unsubscribed_from_its_conversation() -> None:
    story, first = with_two_workers()
    story.ask(make_staff(), Move.SEND_SOMEBODY_ELSE, failed=True)
    told = Event.objects.filter(topic=REVOCATIONS, subject=str(first.pk)).values_list("data__topic", flat=True)
    assert f"conversation:{story.id}" in told


@pytest.mark.parametrize("phase", [Phase.DISPATCHING, Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED])
def test_another_time_solves_it_too(phase: Phase) -> None:
    story = in_phase(phase).report(make_staff(), "weather")
    later = story.order.starts_at + timedelta(hours=2)
    assert story.ask(make_staff(), Move.RESCHEDULE, starts_at=later.isoformat()).outcome.done
    order = story.order
    assert (order.starts_at, order.exception_from, open_alarms(story)) == (later, "", [])
    assert order.phase == (Phase.DISPATCHING if phase is Phase.DISPATCHING else Phase.ACCEPTED)
    assert exception_of(story).outcome == "reschedule"


def test_what_has_begun_is_not_moved() -> None:
    story = in_phase(Phase.IN_SERVICE).report(make_staff(), "weather")
    later = story.order.starts_at + timedelta(hours=2)
    assert refused(story.ask(make_staff(), Move.RESCHEDULE, starts_at=later.isoformat())) == "not_allowed"


@pytest.mark.parametrize("phase", INTERRUPTIBLE)
def test_staff_may_choose_what_fits_to_where_it_came_from(phase: Phase) -> None:
    story = in_phase(phase).report(make_staff())
    allowed = set(Api(make_staff()).get(f"/orders/{story.id}").json()["allowed_actions"])
    assert ("send_somebody_else" in allowed) == (phase in REPLACEABLE)
    assert ("end_early" in allowed) == (phase in BEGUN)
    assert "cancel_with_refund" in allowed
    for user in (story.order.customer, *([story.worker] if story.order.worker else [])):
        assert refused(story.ask(user, Move.CANCEL_WITH_REFUND, refund_bp=10_000)) == "not_allowed"
    if phase not in REPLACEABLE:
        assert refused(story.ask(make_staff(), Move.SEND_SOMEBODY_ELSE, failed=True)) == "not_allowed"
    if phase not in BEGUN:
        assert refused(story.ask(make_staff(), Move.END_EARLY, refund_bp=0)) == "not_allowed"


@pytest.mark.parametrize("phase", INTERRUPTIBLE)
@pytest.mark.parametrize(("refund_bp", "cost_fen"), [(10_000, 10_900), (0, 0), (3_333, 3_633)])
def test_it_ends_and_every_fen_is_somebodys(phase: Phase, refund_bp: int, cost_fen: int) -> None:
    story = in_phase(phase).report(make_staff(), "damage")
    assert story.ask(make_staff(), Move.CANCEL_WITH_REFUND, refund_bp=refund_bp).outcome.done
    order, exception = story.order, exception_of(story)
    assert (order.phase, order.exception_from, order.cancel_reason) == (Phase.CANCELLED, "", "damage")
    assert (exception.outcome, exception.cost_fen, open_alarms(story)) == ("cancel_with_refund", cost_fen, [])
    refund = Refund.objects.filter(payment__order_id=story.id).first()
    assert (refund.amount_fen if refund else 0) == cost_fen == order.total_fen - order.cancel_fee_fen
    assert ledger.unbalanced_journals() == []


def test_a_visit_that_has_begun_ends_early_and_its_worker_has_his_part() -> None:
    story = in_phase(Phase.IN_SERVICE)
    worker = story.worker
    story.report(story.order.customer, "damage")
    assert story.ask(make_staff(), Move.END_EARLY, refund_bp=5_000).outcome.done
    assert (story.order.phase, exception_of(story).outcome) == (Phase.CANCELLED, "end_early")
    assert ledger.balance_of(worker) == 5_450 * 80 // 100


def test_a_worker_who_is_ill_is_replaced_by_the_clock() -> None:
    story, first = with_two_workers()
    timer = timers(story)["exception_lapsed"]
    assert story.step(Move.EXCEPTION_LAPSED, key=timer.key, reference=timer.reference).outcome.done
    assert (story.order.phase, exception_of(story).outcome) == (Phase.DISPATCHING, "send_somebody_else")
    story.offer()
    assert story.offered.worker != first


def test_where_nobody_can_be_replaced_the_clock_lets_it_go_on() -> None:
    terms("exceptions", defaults={"damage": "send_somebody_else"})
    story = in_phase(Phase.AWAITING_CONFIRMATION).report(make_staff(), "damage")
    timer = timers(story)["exception_lapsed"]
    story.step(Move.EXCEPTION_LAPSED, key=timer.key, reference=timer.reference)
    assert (story.order.phase, exception_of(story).outcome) == (Phase.AWAITING_CONFIRMATION, "continue")


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "end_early"},
        {"outcome": "continue", "refund_bp": 1},
        {"outcome": "cancel_with_refund", "refund_bp": 10_001},
        {"outcome": "send_somebody_else"},
        {"outcome": "withdrawn"},
    ],
)
def test_a_decision_says_what_it_needs_and_no_more(body: dict[str, object]) -> None:
    story = in_phase(Phase.IN_SERVICE).report(make_staff())
    answer = Api(make_staff()).post(f"/orders/{story.id}/exceptions/decide", body, idempotency_key="k")
    assert refusal(answer) == (422, "invalid_request")


def test_who_reported_danger_is_not_named_by_the_orders_reason() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.worker, "safety")
    assert story.ask(make_staff(), Move.CANCEL_WITH_REFUND, refund_bp=10_000).outcome.done
    assert story.order.cancel_reason == "other"
    assert "safety" not in Api(story.order.customer).get(f"/orders/{story.id}").content.decode()
