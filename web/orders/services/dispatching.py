"""派单: an order is offered to one worker at a time, and his time is kept for it while he thinks."""

from datetime import timedelta

import hub
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.models import Alarm, Offer, Order, Ranking
from web.orders.ranking import HARD_REASONS, Candidate, consider
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Refused, Step
from web.orders.services.publishing import publish_offer, publish_offer_closed
from web.orders.slots import job_of, keep_slot, release_slot
from web.workforce import services as workforce

UNANSWERED_BEFORE_REST = 3
"""So many offers let lapse in a row, and a worker is taken to be away: his switch goes to 休息 and he is told."""


def offer(step: Step) -> Change:
    """Offer the order to the best of a ranking. Refused slot_taken: he was booked meanwhile, rank again."""
    order, ranking = step.order, Ranking.objects.get(pk=step.request.reference or 0, order=step.order)
    best = ranking.candidates[0]
    _keep_or_refuse(order, best["worker_id"])
    made = Offer.objects.create(
        order=order,
        worker_id=best["worker_id"],
        ranking=ranking,
        distance_m=best["distance_m"],
        travel_s=best["travel_s"],
        pay_fen=pay_fen(step),
        due_at=step.after(step.policies.dispatch.offer_s),
    )
    clear_alarms(order, kinds=[Alarm.NOBODY_ACCEPTS])
    return Change(
        "offered",
        columns={"exhausted": False},
        data={"offer_id": made.pk, "worker_id": made.worker_id},
        also_workers=(made.worker_id,),
        afterwards=lambda changed: publish_offer(made, changed),
    )


def refuse(step: Step) -> Change:
    """The worker says no, with a listed reason: never held against his rank."""
    offer = _answered_offer(step)
    reason = str(step.command.choice.get("reason", "other"))
    _close(step, offer, Offer.REFUSED, reason=reason)
    workforce.note_answered(worker_id=offer.worker_id)
    return _offer_gone("refused", offer, reason=reason)


def lapse(step: Step) -> Change:
    """Nobody answered in time."""
    offer = selectors.open_offer(step.order.pk)
    if offer is None:
        raise Refused("offer_closed")
    _close(step, offer, Offer.LAPSED)
    workforce.note_unanswered(worker_id=offer.worker_id, rest_after=UNANSWERED_BEFORE_REST)
    return _offer_gone("lapsed", offer)


def exhaust(step: Step) -> Change:
    """Nobody is left to ask: the board is alarmed, the customer told, the order kept."""
    release_slot(step.order)
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
    return _assigned(step, offer, "accepted")


def assign(step: Step) -> Change:
    """A dispatcher gives the order to a worker. Refused worker_unfit names why he cannot do it."""
    worker_id = int(step.command.choice["worker_id"])
    candidate = consider(step.order, step.policies, worker_id=worker_id)
    if isinstance(candidate, str) and (candidate in HARD_REASONS):
        raise Refused("worker_unfit", details={"reason": candidate})
    waiting = selectors.open_offer(step.order.pk)
    if waiting and waiting.worker_id != worker_id:
        _close(step, waiting, Offer.WITHDRAWN)
    elif waiting:
        return _assigned(step, waiting, "assigned")
    way = candidate if isinstance(candidate, Candidate) else None
    _keep_or_refuse(step.order, worker_id)
    offer = Offer.objects.create(
        order=step.order,
        worker_id=worker_id,
        distance_m=way.distance_m if way else 0,
        travel_s=way.travel_s if way else 0,
        pay_fen=pay_fen(step),
        due_at=step.now,
    )
    return _assigned(step, offer, "assigned", also=(waiting.worker_id,) if waiting else ())


def pay_fen(step: Step) -> int:
    """What the worker would earn, before tips."""
    return step.order.total_fen - step.order.total_fen * step.policies.commission.platform_bp // 10_000


def _assigned(step: Step, offer: Offer, type: str, *, also: tuple[int, ...] = ()) -> Change:
    order, visit = step.order, step.policies.visit
    Offer.objects.filter(pk=offer.pk, state=Offer.OPEN).update(state=Offer.ACCEPTED, closed_at=step.now)
    clear_alarms(order)
    on_the_way = order.starts_at - timedelta(seconds=offer.travel_s)
    columns = {
        "worker_id": offer.worker_id,
        "exhausted": False,
        "depart_by": max(on_the_way, step.now) + timedelta(seconds=visit.depart_grace_s),
        "arrive_by": max(order.starts_at, step.after(offer.travel_s)) + timedelta(seconds=visit.arrive_grace_s),
    }
    offer.state = Offer.ACCEPTED
    return Change(
        type,
        columns=columns,
        data={"offer_id": offer.pk, "worker_id": offer.worker_id},
        also_workers=also,
        afterwards=lambda changed: publish_offer_closed(offer),
    )


def _answered_offer(step: Step) -> Offer:
    offer = selectors.open_offer(step.order.pk)
    if offer is None or offer.pk != step.command.choice.get("offer_id") or offer.worker_id != step.command.actor_id:
        raise Refused("offer_closed")
    return offer


def _close(step: Step, offer: Offer, state: str, *, reason: str = "") -> None:
    # Somebody else may have closed it: then this move is not one any more.
    still_open = Offer.objects.filter(pk=offer.pk, state=Offer.OPEN)
    if still_open.update(state=state, reason=reason, closed_at=step.now) != 1:
        raise Refused("offer_closed")
    offer.state = state
    release_slot(step.order)


def _offer_gone(type: str, offer: Offer, *, reason: str = "") -> Change:
    return Change(
        type,
        data={"offer_id": offer.pk, "worker_id": offer.worker_id, "reason": reason},
        also_workers=(offer.worker_id,),
        afterwards=lambda order: publish_offer_closed(offer),
    )


def _keep_or_refuse(order: Order, worker_id: int) -> None:
    try:
        with hub.atomic():
            keep_slot(order, worker_id=worker_id, job=job_of(order))
    except DoorbellError as error:
        raise Refused(error.code) from error
