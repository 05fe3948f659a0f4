"""`take_step`: every transition of an order, as one idempotent transaction.

The same (order, key) again returns what the first one did. A row that has moved on, or a command that goes first, is
not an error but an answer (`conflict`), and the actor decides again on the row as it is. The table in
`workflows.transitions` says what is allowed; the functions in MOVES say what else changes; the guarded update, the
timeline and the push happen here and nowhere else.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.conversation import topic_of
from web.orders.models import Offer, Order, OrderEvent
from web.orders.past import recorded
from web.orders.pending import overtakes
from web.orders.services import (
    absences,
    after_sales,
    bookkeeping,
    changing,
    closing,
    dispatching,
    ending,
    exceptions,
    paying,
    proposing,
    reassigning,
    refunding,
    supplements,
    tipping,
    visiting,
)
from web.orders.services.bookkeeping import Left
from web.orders.services.change import Change, NotYet, Refused, Step
from web.orders.services.commands import outcome_of, state_of
from web.orders.services.publishing import publish_decision, publish_order
from web.workforce.services import publish_worker
from workflows.deadlines import moves_at
from workflows.messages import Outcome, StepRequest, StepResult
from workflows.transitions import IN_HAND, Facts, IllegalMove, Move, Phase, Role, next_phase, rule_for

MOVES: Mapping[Move, Callable[[Step], Change]] = {
    Move.PAID: paying.paid,
    Move.PAYMENT_LAPSED: closing.payment_lapsed,
    Move.CANCEL: closing.cancel,
    Move.CALL_OFF: ending.call_off,
    Move.CONFIRM: closing.confirm,
    Move.AUTOCONFIRM: closing.confirm,
    Move.SETTLE: closing.settle,
    Move.RELEASE: closing.release,
    Move.REFUND: refunding.refund,
    Move.TIP: tipping.tip,
    Move.TIPPED: tipping.tipped,
    Move.PARK: closing.park,
    Move.REFUNDED: closing.refunded,
    Move.CLOSE: closing.close,
    Move.CLAIM: after_sales.claim,
    Move.ANSWER_CASE: after_sales.answer_case,
    Move.CASE_OVERDUE: after_sales.case_overdue,
    Move.OFFER: dispatching.offer,
    Move.OFFER_LAPSED: dispatching.lapse,
    Move.REFUSE: dispatching.refuse,
    Move.EXHAUSTED: dispatching.exhaust,
    Move.ACCEPT: dispatching.accept,
    Move.ASSIGN: dispatching.assign,
    Move.REPORT_ABSENT: absences.report_absent,
    Move.AM_HERE: absences.am_here,
    Move.CUSTOMER_ABSENT: absences.customer_absent,
    Move.WORKER_ABSENT: absences.worker_absent,
    Move.DID_NOT_ARRIVE: absences.did_not_arrive,
    Move.HAND_BACK: reassigning.hand_back,
    Move.DID_NOT_DEPART: reassigning.did_not_depart,
    Move.TAKE_OFF: reassigning.take_off,
    Move.DEPART: visiting.depart,
    Move.LATE_TO_DEPART: visiting.late_to_depart,
    Move.ARRIVE: visiting.arrive,
    Move.LATE_TO_ARRIVE: visiting.late_to_arrive,
    Move.START: visiting.start,
    Move.UNLOCK: visiting.unlock,
    Move.RESCHEDULE: exceptions.reschedule,
    Move.CHANGE_ADDRESS: changing.change_address,
    Move.CHANGE_REQUEST: changing.change_request,
    Move.PROPOSE_MOVE: proposing.propose_move,
    Move.PROPOSE_SUPPLEMENT: supplements.propose,
    Move.APPROVE: proposing.approve,
    Move.DECLINE: proposing.decline,
    Move.WITHDRAW: proposing.withdraw,
    Move.PROPOSAL_LAPSED: proposing.lapse,
    Move.TICK: visiting.tick,
    Move.FINISH: visiting.finish,
    Move.REPORT_EXCEPTION: exceptions.report,
    Move.ANSWER_EXCEPTION: exceptions.answer,
    Move.WITHDRAW_EXCEPTION: exceptions.withdraw,
    Move.CONTINUE: exceptions.go_on,
    Move.CONTINUE_WITH_SUPPLEMENT: exceptions.go_on,
    Move.SEND_SOMEBODY_ELSE: exceptions.send_somebody_else,
    Move.END_EARLY: exceptions.end_with_refund,
    Move.CANCEL_WITH_REFUND: exceptions.end_with_refund,
    Move.EXCEPTION_UNANSWERED: exceptions.unanswered,
    Move.EXCEPTION_UNSOLVED: exceptions.unsolved,
    Move.EXCEPTION_LAPSED: exceptions.lapse,
}


def take_step(*, request: StepRequest) -> StepResult:
    """Make one move on one order, once per (order, key).

    Raises web.orders.models.Order.DoesNotExist; anything else that is raised left nothing behind and may be retried.
    """
    try:
        return _taken(request)
    except NotYet:
        return _conflict(_read(request.order_id))
    except DoorbellError as refused:
        # The command's row was closed first: what the step did is rolled back, and what the row says is its answer.
        order, command = _read(request.order_id), request.command
        outcome = outcome_of(command.command_id) if command else None
        return StepResult(selectors.view_of(order), outcome or _refusal(order, refused.code, refused.details))


def _taken(request: StepRequest) -> StepResult:
    try:
        with hub.atomic():
            return _take(request)
    except Refused as refused:
        # What the move wrote before went with its transaction; that it was refused is kept in another.
        with hub.atomic():
            return _take(request, refused)


def _take(request: StepRequest, refused: Refused | None = None) -> StepResult:
    order, known = bookkeeping.take_lock(request.order_id, key=request.key)
    if known:
        return StepResult(view=selectors.view_of(order), outcome=known)
    if order.version != request.expected_version:
        return _conflict(order)
    if overtakes(request):
        raise NotYet
    role = Role(request.command.role) if request.command else Role.SYSTEM
    step = Step(order=order, policies=selectors.policies_of(order), request=request, role=role, now=timezone.now())
    outcome = _refuse(step, refused) if refused else _apply(step)
    return StepResult(view=selectors.view_of(order), outcome=outcome)


def _read(order_id: int) -> Order:
    return Order.objects.select_related("worker").get(pk=order_id)


def _conflict(order: Order) -> StepResult:
    return StepResult(view=selectors.view_of(order), outcome=_outcome(order), conflict=True)


def _apply(step: Step) -> Outcome:
    order = step.order
    if step.too_late:
        return _stay(step, _refusal(order, "expired", {}))
    try:
        rule = rule_for(Phase(order.phase), Move(step.request.move), step.role, _facts(step))
    except IllegalMove as illegal:
        return _stay(step, _refusal(order, illegal.code, {"expected": [str(move) for move in illegal.expected]}))
    change = MOVES[rule.move](step)
    return _write(step, change.next or next_phase(rule), change)


def _refuse(step: Step, refused: Refused) -> Outcome:
    if refused.kept:
        return _write(step, Phase(step.order.phase), refused.kept, refused)
    return _stay(step, _refusal(step.order, refused.code, refused.details))


def _write(step: Step, phase: Phase, change: Change, refused: Refused | None = None) -> Outcome:
    order = step.order
    columns = dict(change.columns)
    before, had = order.phase, order.worker_id
    if phase != before:
        columns = {"late_told": False} | columns | {"phase": phase.value, "phase_since": step.now}
        columns |= supplements.left_behind(step, phase)
    offers = order.open_offers
    # What the lock lets nobody else change need not be read again.
    for name, value in (columns | {"version": order.version + 1}).items():
        setattr(order, name, value)
    still_open = [offer for offer in (*offers, *change.offers) if offer.state == Offer.OPEN]
    order.open_offers = sorted(still_open, key=lambda offer: (offer.due_at, offer.pk))
    order.moves_at = columns["moves_at"] = moves_at(selectors.view_of(order), now=step.now)
    outcome = _refusal(order, refused.code, refused.details) if refused else _outcome(order)
    decided_at = bookkeeping.leave(order, _leaving(step, outcome, before, change, columns))
    publish_order(order, type=change.type, by=step.role, also_workers=change.also_workers, told=change.told)
    in_hand = {had if before in IN_HAND else None} ^ {order.worker_id if order.phase in IN_HAND else None}
    for worker_id in sorted(one for one in in_hand if one):
        publish_worker(worker_id=worker_id)
    if had and had != order.worker_id:
        # What happens and what is said from now on is not for him.
        for topic in (f"order:{order.pk}", f"position:{order.pk}", topic_of(order.pk)):
            hub.revoke.unsubscribe(had, topic)
    if change.afterwards:
        change.afterwards(order)
    _tell(step, outcome, decided_at)
    return outcome


def _leaving(step: Step, outcome: Outcome, before: str, change: Change, columns: Mapping[str, Any]) -> Left:
    order, command = step.order, step.request.command
    event = OrderEvent(
        order=order,
        version=order.version,
        type=change.type,
        phase_before=before,
        phase=order.phase,
        role=step.role.value,
        actor_id=command.actor_id if command else None,
        key=step.request.key,
        data=dict(change.data),
        changes=recorded(order, columns),
        at=step.now,
    )
    return Left(step.request.key, outcome, command, event, columns)


def _stay(step: Step, outcome: Outcome) -> Outcome:
    """A refusal leaves the row as it is."""
    decided_at = bookkeeping.leave(step.order, Left(step.request.key, outcome, step.request.command))
    _tell(step, outcome, decided_at)
    return outcome


def _tell(step: Step, outcome: Outcome, decided_at: datetime) -> None:
    command, order_id = step.request.command, step.order.pk
    if command:
        publish_decision(command, order_id=order_id, state=state_of(outcome), outcome=outcome, decided_at=decided_at)


def _facts(step: Step) -> Facts:
    return selectors.facts_for(step.order, step.request.command.actor_id if step.request.command else 0)


def _outcome(order: Order) -> Outcome:
    return Outcome(done=True, phase=order.phase, version=order.version)


def _refusal(order: Order, code: str, details: dict[str, object]) -> Outcome:
    return Outcome(done=False, phase=order.phase, version=order.version, code=code, details=details)
