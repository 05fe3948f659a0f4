"""改约: the order gets another time. What is kept for it moves in one transaction: there is no moment at which both
times are kept, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

import hub
from web.errors import DoorbellError
from web.orders.models import Alarm, Offer, Order, Proposal
from web.orders.moving import outlook_at
from web.orders.ranking import rank, rank_for, wanted_by
from web.orders.services.alarms import clear_alarms
from web.orders.services.change import Change, Refused, Step, refusing
from web.orders.services.dispatching import deadlines_of_visit
from web.orders.services.offers import close_offers, publish_closed
from web.orders.services.placing import check_time, why_nobody
from web.orders.services.proposals import supersede
from web.orders.services.reassigning import HIS_ALARMS, NOBODYS
from web.orders.slots import hold_best, move_slot
from web.times import iso
from web.workforce import selectors as workforce
from workflows.transitions import Phase, Role

if TYPE_CHECKING:
    from web.orders.ranking import Verdict

OF_THE_VISIT = (Alarm.NOBODY_ACCEPTS, Alarm.START_NEAR)
"""Alarms about a visit at its time, beside those about its worker: they are over when it has another."""

ANEW = {"not_departed": False, "no_show": False, "absent_until": None, "absence_proven": False}
"""What its worker did or did not do about the visit as it was."""

HE_CAN = frozenset({None, "off_duty", "refused", "unanswered", "handed_back", "failed"})
"""What a ranking may say of the worker who has the order: what he did with it before he had it does not count."""


def reschedule(step: Step) -> Change:
    """The customer moves his visit, so often as the policy lets him; or staff does, who have spoken with both."""
    starts_at = datetime.fromisoformat(str(step.command.choice["starts_at"]))
    if step.role is Role.STAFF:
        return move_visit(step, starts_at=starts_at)
    outlook = outlook_at(step.order, asked_at=step.command.received_at)
    if not outlook.moves_left:
        raise Refused("move_limit", details={"late": outlook.late})
    kept = {"kept_fee_fen": outlook.kept_fee_fen, "kept_for": outlook.kept_for} if outlook.kept_fee_fen else {}
    return move_visit(step, starts_at=starts_at, data={"late": outlook.late, **kept})


def move_visit(
    step: Step, *, starts_at: datetime, keep_worker: bool = True, data: Mapping[str, Any] | None = None
) -> Change:
    """Give the order another start (UTC) and move the time that is kept for it, from whatever phase it is in.

    The worker who has it keeps it where he is free then (ACCEPTED); else, or without `keep_worker`, it goes back to
    DISPATCHING with somebody's time kept. An order that nobody has accepted stays where it is. data: of the event,
    beside from, to and worker_id, who had it.
    Refused same_time, too_soon, too_far_ahead, slot_taken: nothing has changed.
    """
    order = step.order
    if starts_at == order.starts_at:
        raise Refused("same_time")
    with refusing():
        check_time(starts_at, step.policies)
    change = rebook(step, "rescheduled", {"starts_at": starts_at}, keep_worker=keep_worker)
    change.columns = {**change.columns, **supersede(step, Proposal.RESCHEDULE)}
    change.data = {**change.data, "from": iso(order.starts_at), "to": iso(starts_at), **(data or {})}
    return change


def rebook(step: Step, type: str, columns: Mapping[str, Any], *, keep_worker: bool = True) -> Change:
    """Keep time for the order as `columns` make it (another time, another place), and whoever can do it then.

    Refused slot_taken, not_served_here.
    """
    order, worker_id = step.order, step.order.worker_id
    moved = copy(order)
    for name, value in columns.items():
        setattr(moved, name, value)
    withdrawn = close_offers(step, Offer.WITHDRAWN)
    verdict = _keep(step, moved) if worker_id and keep_worker else None
    if verdict is None:
        _hold_somebody(step, moved)
    clear_alarms(order, kinds=(*OF_THE_VISIT, *HIS_ALARMS))
    lost = worker_id if worker_id and verdict is None else None
    gone = {*(offer.worker_id for offer in withdrawn), lost} - {None}

    return Change(
        type,
        columns={**columns, "exhausted": False, "late_told": False, **_whose(step, moved, verdict)},
        data={"worker_id": worker_id, "same_worker": verdict is not None},
        next=_where_next(order, kept=verdict is not None),
        also_workers=tuple(id for id in gone if id),
        afterwards=lambda changed: publish_closed(withdrawn, changed),
    )


def _keep(step: Step, moved: Order) -> Verdict | None:
    """What is thought of its worker, whose time has moved; None where he cannot come then."""
    worker_id = moved.worker_id or 0
    wanted = wanted_by(moved, step.policies, live=False)
    verdict = rank(wanted, workforce.workers_in(moved.city, only=[worker_id])).verdict_on(worker_id)
    if verdict is None or verdict.reason not in HE_CAN:
        return None
    try:
        with hub.atomic():
            move_slot(moved, worker_id=worker_id)
    except DoorbellError:
        return None
    return verdict


def _hold_somebody(step: Step, moved: Order) -> None:
    accepted = Offer.objects.filter(order=step.order, state=Offer.ACCEPTED)
    accepted.update(state=Offer.WITHDRAWN, closed_at=step.now)
    ranked = rank_for(moved, step.policies, live=False)
    if not hold_best(moved, ranked.worker_ids, keep=move_slot):
        raise Refused("slot_taken" if ranked.worker_ids else why_nobody(ranked))


def _whose(step: Step, moved: Order, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return NOBODYS
    return ANEW | deadlines_of_visit(step, starts_at=moved.starts_at, travel_s=verdict.candidate.travel_s)


def _where_next(order: Order, *, kept: bool) -> Phase:
    if order.phase == Phase.AWAITING_PAYMENT:
        return Phase.AWAITING_PAYMENT
    return Phase.ACCEPTED if kept else Phase.DISPATCHING
