"""派单: an order is offered to one worker at a time, and his time is kept for it while he thinks."""

from datetime import datetime, timedelta

import hub
from web.errors import DoorbellError
from web.money import share
from web.orders import selectors
from web.orders.models import Alarm, Offer, Order, Ranking
from web.orders.ranking import HARD_REASONS, consider, rank_for
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, NotYet, Refused, Step
from web.orders.services.publishing import publish_offer, publish_offer_closed
from web.orders.slots import hold_best, keep_slot, release_slot
from web.scheduling import selectors as scheduling
from web.times import iso
from web.workforce import selectors as workers
from web.workforce import services as workforce

UNANSWERED_BEFORE_REST = 3
"""So many offers let lapse in a row, and a worker is taken to be away: his switch goes to 休息 and he is told."""


def offer(step: Step) -> Change:
    """Offer the order to the best of a ranking. Refused slot_taken, worker_unfit: he was booked meanwhile, or went off
    duty, or it is too late: rank again.
    """
    order, ranking = step.order, Ranking.objects.get(pk=step.request.reference or 0, order=step.order)
    best = ranking.candidates[0]
    # The ranking may be from before an outage: he is judged again.
    verdict = consider(order, step.policies, worker_id=best["worker_id"])
    reason = verdict.reason if verdict else "no_skill"
    if reason and reason != "not_free":
        raise Refused("worker_unfit", details={"reason": reason})
    _keep_or_refuse(order, best["worker_id"])
    made = Offer.objects.create(
        order=order,
        worker_id=best["worker_id"],
        ranking=ranking,
        distance_m=best["distance_m"],
        travel_s=best["travel_s"],
        pay_fen=_pay_fen(step, best["worker_id"]),
        offered_at=step.now,
        due_at=step.after(step.policies.dispatch.offer_s),
    )
    clear_alarms(order, kinds=[Alarm.NOBODY_ACCEPTS])
    return Change(
        "offered",
        columns={"exhausted": False},
        data={"offer_id": made.pk, "worker_id": made.worker_id},
        offer=made,
        also_workers=(made.worker_id,),
        afterwards=lambda changed: publish_offer(made, changed),
    )


def refuse(step: Step) -> Change:
    """The worker says no, with a listed reason: never held against his rank. Somebody else's time is kept at once."""
    offer = _answered_offer(step)
    reason = str(step.command.choice.get("reason", "other"))
    _close(step, offer, Offer.REFUSED, reason=reason)
    hold_somebody_else(step)
    workforce.note_answered(worker_id=offer.worker_id)
    return _offer_gone("refused", offer, reason=reason)


def withdraw_offer(step: Step) -> Offer | None:
    """Close the open offer, if there is one: nobody is asked any more. The caller tells its worker."""
    offer = step.order.open_offer
    if offer:
        _close(step, offer, Offer.WITHDRAWN)
    return offer


def lapse(step: Step) -> Change:
    """Nobody answered in time. His time stays kept until somebody else has the offer: he may be back next round."""
    offer = step.order.open_offer
    if offer is None:
        raise Refused("offer_closed")
    if selectors.is_being_answered(offer):
        raise NotYet
    _close(step, offer, Offer.LAPSED)
    workforce.note_unanswered(worker_id=offer.worker_id, rest_after=UNANSWERED_BEFORE_REST)
    return _offer_gone("lapsed", offer)


def exhaust(step: Step) -> Change:
    """Nobody is left to ask: the board is alarmed, the customer told, the order kept, and somebody's time with it."""
    if scheduling.holder_of(step.order.pk) is None:
        _hold_somebody(step)
    return Change(
        "exhausted",
        columns={"exhausted": True},
        afterwards=lambda order: raise_alarm(order, kind=Alarm.NOBODY_ACCEPTS),
    )


def accept(step: Step) -> Change:
    """The worker takes it. Judged by when his answer was received: a stall of ours never costs him the job."""
    offer = _answered_offer(step)
    if step.command.received_at > offer.due_at:
        raise Refused("offer_closed")
    workforce.note_answered(worker_id=offer.worker_id)
    return _assigned(step, offer, "accepted", tell=offer)


def assign(step: Step) -> Change:
    """A dispatcher gives the order to a worker. Refused worker_unfit names why he cannot do it.

    What the dispatcher could know of everybody at that moment is kept with it.
    """
    order, worker_id = step.order, int(step.command.choice["worker_id"])
    ranked = rank_for(order, step.policies)
    verdict = ranked.verdict_on(worker_id)
    if verdict is None or verdict.reason in HARD_REASONS:
        raise Refused("worker_unfit", details={"reason": verdict.reason if verdict else "no_skill"})
    ranking = Ranking.objects.create(order=order, candidates=ranked.candidates, excluded=ranked.excluded)
    waiting = order.open_offer
    if waiting and waiting.worker_id == worker_id:
        Offer.objects.filter(pk=waiting.pk).update(ranking=ranking)
        return _assigned(step, waiting, "assigned", tell=waiting)
    if waiting:
        _close(step, waiting, Offer.WITHDRAWN)
    _keep_or_refuse(order, worker_id)
    offer = Offer.objects.create(
        order=order,
        worker_id=worker_id,
        ranking=ranking,
        distance_m=verdict.candidate.distance_m,
        travel_s=verdict.candidate.travel_s,
        pay_fen=_pay_fen(step, worker_id),
        offered_at=step.now,
        due_at=step.now,
    )
    return _assigned(step, offer, "assigned", tell=waiting)


def _pay_fen(step: Step, worker_id: int) -> int:
    """What the worker would earn, before tips."""
    _, rest = share(step.order.total_fen, _commission_bp(step, worker_id))
    return rest


def _commission_bp(step: Step, worker_id: int) -> int:
    return step.policies.commission.bp_for(workers.level_of(worker_id))


def _assigned(step: Step, offer: Offer, type: str, *, tell: Offer | None) -> Change:
    """tell: the offer that somebody was waiting with; it is closed now."""
    order = step.order
    Offer.objects.filter(pk=offer.pk, state=Offer.OPEN).update(state=Offer.ACCEPTED, closed_at=step.now)
    clear_alarms(order)
    deadlines = deadlines_of_visit(step, starts_at=order.starts_at, travel_s=offer.travel_s)
    late = deadlines["expected_at"]
    columns = {
        "worker": offer.worker,
        "exhausted": False,
    }
    offer.state = Offer.ACCEPTED
    data = {"offer_id": offer.pk, "worker_id": offer.worker_id}
    return Change(
        type,
        columns=columns,
        # Later than was promised: the customer is told, and may cancel free.
        data=data | {"expected_at": iso(late)} if late else data,
        closes_offer=True,
        also_workers=(tell.worker_id,) if tell else (),
        afterwards=(lambda changed: publish_offer_closed(tell)) if tell else None,
    )


def deadlines_of_visit(step: Step, *, starts_at: datetime, travel_s: float) -> dict[str, datetime | None]:
    """Columns depart_by and arrive_by of a visit that its worker has from now on, and expected_at: when he can be
    there, where that is later than the customer may expect, else None.
    """
    visit, on_the_way = step.policies.visit, starts_at - timedelta(seconds=travel_s)
    grace, there = timedelta(seconds=visit.arrive_grace_s), step.after(travel_s)
    return {
        "depart_by": max(on_the_way, step.now) + timedelta(seconds=visit.depart_grace_s),
        "arrive_by": max(starts_at, there) + grace,
        "expected_at": there if there > starts_at + grace else None,
    }


def _answered_offer(step: Step) -> Offer:
    offer = step.order.open_offer
    if offer is None or offer.pk != step.command.choice.get("offer_id") or offer.worker_id != step.command.actor_id:
        raise Refused("offer_closed")
    return offer


def _close(step: Step, offer: Offer, state: str, *, reason: str = "") -> None:
    # Somebody else may have closed it: then this move is not one any more.
    still_open = Offer.objects.filter(pk=offer.pk, state=Offer.OPEN)
    if still_open.update(state=state, reason=reason, closed_at=step.now) != 1:
        raise Refused("offer_closed")
    offer.state = state


def _offer_gone(type: str, offer: Offer, *, reason: str = "") -> Change:
    return Change(
        type,
        data={"offer_id": offer.pk, "worker_id": offer.worker_id, "reason": reason},
        closes_offer=True,
        also_workers=(offer.worker_id,),
        afterwards=lambda order: publish_offer_closed(offer),
    )


def hold_somebody_else(step: Step) -> None:
    """Keep the time of the best of those who are left, instead of his who no longer has it; free it where none is."""
    if not _hold_somebody(step):
        release_slot(step.order)


def _hold_somebody(step: Step) -> bool:
    """Keep the time of the best who could do it on the day: a paid order has somebody to do it, who may rest now."""
    return hold_best(step.order, rank_for(step.order, step.policies, live=False).worker_ids)


def _keep_or_refuse(order: Order, worker_id: int) -> None:
    try:
        with hub.atomic():
            keep_slot(order, worker_id=worker_id)
    except DoorbellError as error:
        raise Refused(error.code) from error
