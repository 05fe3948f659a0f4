"""`take_step`: every transition of an order, as one idempotent transaction.

The same (order, key) again returns what the first one did. A row that has moved on, or a command that goes first, is
not an error but an answer (`conflict`), and the actor decides again on the row as it is. The table in
`workflows.transitions` says what is allowed; the functions in MOVES say what else changes; the guarded update, the
timeline and the push happen here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.conversation import topic_of
from web.orders.models import Offer, Order, OrderEvent, OrderStep
from web.orders.past import recorded
from web.orders.services import (
    absences,
    after_sales,
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
from web.orders.services.change import Change, NotYet, Refused, Step
from web.orders.services.commands import decide
from web.orders.services.publishing import publish_order
from web.workforce.services import publish_worker
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
        with hub.atomic():
            return _take(request)
    except DoorbellError as refused:
        # The command's row was closed first (`expired`): what the step did is rolled back, and that is its answer.
        order = Order.objects.select_related("worker").get(pk=request.order_id)
        return StepResult(view=selectors.view_of(order), outcome=_refusal(order, refused.code, refused.details))


def _take(request: StepRequest) -> StepResult:
    order = Order.objects.select_for_update(of=("self",)).select_related("worker").get(pk=request.order_id)
    stored = OrderStep.objects.filter(order=order, key=request.key).first()
    if stored:
        return StepResult(view=selectors.view_of(order), outcome=Outcome(**stored.result))
    if order.version != request.expected_version:
        return _conflict(order)
    try:
        outcome = _apply(order, request)
    except NotYet:
        return _conflict(order)
    OrderStep.objects.create(order=order, key=request.key, result=asdict(outcome))
    if request.command:
        decide(request.command, order_id=order.pk, outcome=outcome)
    return StepResult(view=selectors.view_of(order), outcome=outcome)


def _conflict(order: Order) -> StepResult:
    return StepResult(view=selectors.view_of(order), outcome=_outcome(order), conflict=True)


def _apply(order: Order, request: StepRequest) -> Outcome:
    role = Role(request.command.role) if request.command else Role.SYSTEM
    step = Step(order=order, policies=selectors.policies_of(order), request=request, role=role, now=timezone.now())
    if step.too_late:
        return _refusal(order, "expired", {})
    try:
        rule = rule_for(Phase(order.phase), Move(request.move), role, _facts(step))
        # A savepoint: what a move wrote before it refused goes, while the refusal itself is kept.
        with hub.atomic():
            change = MOVES[rule.move](step)
    except IllegalMove as illegal:
        return _refusal(order, illegal.code, {"expected": [str(move) for move in illegal.expected]})
    except Refused as refused:
        # What the move did to it was taken back with the savepoint.
        order.__dict__.pop("open_offers", None)
        if refused.kept:
            _write(step, Phase(order.phase), refused.kept)
        return _refusal(order, refused.code, refused.details)
    _write(step, change.next or next_phase(rule), change)
    return _outcome(order)


def _write(step: Step, phase: Phase, change: Change) -> None:
    order = step.order
    columns = dict(change.columns)
    before, version, had = order.phase, order.version, order.worker_id
    if phase != before:
        columns = {"late_told": False} | columns | {"phase": phase.value, "phase_since": step.now}
        columns |= supplements.left_behind(step, phase)
    # The guard of the whole design: nobody else has moved the row since the actor looked. The lock above makes a miss
    # impossible; if it ever happens the transaction must not survive.
    if Order.objects.filter(pk=order.pk, version=version).update(**columns, version=version + 1) != 1:
        raise RuntimeError(f"{order} moved under its lock")
    _set(order, columns | {"version": version + 1})
    order.open_offers = [offer for offer in (*order.open_offers, *change.offers) if offer.state == Offer.OPEN]
    OrderEvent.objects.create(
        order=order,
        version=order.version,
        type=change.type,
        phase_before=before,
        phase=order.phase,
        role=step.role.value,
        actor_id=step.request.command.actor_id if step.request.command else None,
        key=step.request.key,
        data=dict(change.data),
        changes=recorded(order, columns),
        at=step.now,
    )
    publish_order(order, type=change.type, by=step.role, also_workers=change.also_workers)
    in_hand = {had if before in IN_HAND else None} ^ {order.worker_id if order.phase in IN_HAND else None}
    for worker_id in sorted(one for one in in_hand if one):
        publish_worker(worker_id=worker_id)
    if had and had != order.worker_id:
        # What happens and what is said from now on is not for him.
        for topic in (f"order:{order.pk}", f"position:{order.pk}", topic_of(order.pk)):
            hub.revoke.unsubscribe(had, topic)
    if change.afterwards:
        change.afterwards(order)


def _set(order: Order, columns: Mapping[str, Any]) -> None:
    # What the lock lets nobody else change need not be read again.
    for name, value in columns.items():
        setattr(order, name, value)


def _facts(step: Step) -> Facts:
    return selectors.facts_for(step.order, step.request.command.actor_id if step.request.command else 0)


def _outcome(order: Order) -> Outcome:
    return Outcome(done=True, phase=order.phase, version=order.version)


def _refusal(order: Order, code: str, details: dict[str, object]) -> Outcome:
    return Outcome(done=False, phase=order.phase, version=order.version, code=code, details=details)
