"""售后: a completed order stays answerable until `review_until`, and does not close while a case of it is open."""

import json
from collections.abc import Mapping

from web.orders.models import AfterSalesCase, Alarm
from web.orders.services import refunding, reworking
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Refused, Step
from web.orders.services.commands import typed_with
from web.orders.services.conversation import attach_sent
from web.times import iso


def claim(step: Step) -> Change:
    """The customer opens a case. Judged by when it was received: a stall of ours never costs him his right."""
    order = step.order
    if order.review_until is None or step.command.received_at > order.review_until:
        raise Refused("claim_too_late")
    if order.open_case_id is not None:
        raise Refused("case_open", details={"case_id": order.open_case_id})
    case = AfterSalesCase.objects.create(
        order=order,
        kind=str(step.command.choice["kind"]),
        text=typed_with(step.command),
        # When he complained: what kept it from its actor must not cost him his warranty. Staff hear of it now.
        opened_at=step.command.received_at,
        due_at=step.after(step.policies.after_sales.answer_s),
    )
    attach_sent(step, case=case)
    return Change(
        "claimed",
        columns={"open_case_id": case.pk, "case_overdue": False},
        data={"case_id": case.pk, "kind": case.kind},
        afterwards=lambda changed: raise_alarm(changed, kind=Alarm.CASE_OPEN, worker_id=changed.worker_id),
    )


def answer_case(step: Step) -> Change:
    """Staff answer, and what they promise is done in the same step: money back, a return visit. After this the customer
    may open another case, as long as the window is open.

    Refused case_closed; refund_too_large, line_unknown; and see `reworking.place_rework`.
    """
    case = AfterSalesCase.objects.filter(
        pk=int(step.command.choice["case_id"]), order=step.order, answered_at=None
    ).first()
    if case is None:
        raise Refused("case_closed")
    said = json.loads(typed_with(step.command))
    case.outcome, case.answer = str(step.command.choice["outcome"]), said["text"]
    case.answered_by_id, case.answered_at = step.command.actor_id, step.now
    change = _done(step, case, said)
    case.save()
    clear_alarms(step.order, kinds=[Alarm.CASE_OPEN, Alarm.CASE_OVERDUE])
    change.columns = {**change.columns, "open_case_id": None, "case_overdue": False}
    change.data = {**change.data, "case_id": case.pk, "outcome": case.outcome}
    return change


def _done(step: Step, case: AfterSalesCase, said: Mapping[str, str]) -> Change:
    if case.outcome == AfterSalesCase.REFUNDED:
        change = refunding.refund(step)
        case.refund, change.type = refunding.decision_of(step), "case_refunded"
        return change
    if case.outcome == AfterSalesCase.REWORK:
        order = case.rework = reworking.place_rework(step, case, request=said["request"])
        data = {"rework_id": order.pk, "price_fen": order.total_fen, "starts_at": iso(order.starts_at)}
        return Change("case_reworked", data=data)
    return Change("case_answered")


def case_overdue(step: Step) -> Change:
    """Nobody answered in time: the board is alarmed anew, and the customer can see that it is known."""
    if step.request.reference != step.order.open_case_id or step.order.case_overdue:
        raise Refused("case_closed")
    return Change(
        "case_overdue",
        columns={"case_overdue": True},
        data={"case_id": step.order.open_case_id},
        afterwards=lambda changed: raise_alarm(changed, kind=Alarm.CASE_OVERDUE, worker_id=changed.worker_id),
    )
