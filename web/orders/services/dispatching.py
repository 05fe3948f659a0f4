"""Who is asked to do an order: 派单, one worker at a time, whose time is kept for it while he thinks; 抢单, several at
once, of whom the first has it; or nobody, and a dispatcher assigns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects

import hub
from web.errors import DoorbellError
from web.orders.models import Alarm, Offer, Order, Ranking
from web.orders.ranking import HARD_REASONS, Verdict, consider, rank_for
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Refused, Step
from web.orders.services.channels import channels_for, time_to_answer, was_swallowed
from web.orders.services.offers import (
    answered_offer,
    close_offer,
    close_offers,
    commission_bp,
    make_offer,
    named,
    offer_to,
    pay_fen_of,
    publish_closed,
    publish_made,
)
from web.orders.services.picking import let_pick_go, time_for_picked
from web.orders.slots import hold_best, keep_slot, release_slot
from web.scheduling import selectors as scheduling
from web.times import iso
from web.workforce import services as workforce

UNANSWERED_BEFORE_REST = 3
"""So many offers let lapse in a row, and a worker is taken to be away: his switch goes to 休息 and he is told."""


def offer(step: Step) -> Change:
    """Offer the order to the best of a ranking, or in a grab to the best few at once. Refused slot_taken, worker_unfit:
    they were booked meanwhile, or went off duty, or it is too late: rank again.
    """
    order, ranking = step.order, Ranking.objects.get(pk=step.request.reference or 0, order=step.order)
    if order.open_offers:
        raise Refused("not_allowed")
    columns: dict[str, Any] = {"exhausted": False}
    if order.picked_worker_id not in (None, ranking.candidates[0]["worker_id"]):
        step, gone = let_pick_go(step)
        columns |= gone
    # Whom the customer picked is asked alone: nobody else is to be faster.
    grab = step.policies.dispatch.mode == "grab" and step.order.picked_worker_id is None
    made = _call(step, ranking) if grab else [_ask(step, ranking)]
    clear_alarms(order, kinds=[Alarm.NOBODY_ACCEPTS])
    return Change(
        "offered",
        columns=columns,
        data=named(made),
        offers=tuple(made),
        also_workers=tuple(one.worker_id for one in made),
        afterwards=lambda changed: publish_made(made, changed),
    )


def refuse(step: Step) -> Change:
    """The worker says no, with a listed reason: never held against his rank. If the time was kept for him, somebody
    else's is kept at once.
    """
    offer = answered_offer(step)
    reason = str(step.command.choice.get("reason", "other"))
    close_offer(step, offer, Offer.REFUSED, reason=reason)
    if scheduling.holder_of(step.order.pk) == offer.worker_id:
        hold_somebody_else(step)
    workforce.note_answered(worker_id=offer.worker_id)
    return _gone("refused", [offer], reason=reason)


def lapse(step: Step) -> Change:
    """Nobody answered in time: what is over goes together. The time stays kept until somebody else has the offer: its
    holder may be back next round.
    """
    first = _lapsing(step)
    # What is due no later than the one that the actor waited for, whose clock need not be ours.
    over = [offer for offer in step.order.open_offers if offer.due_at <= first.due_at]
    for offer in over:
        close_offer(step, offer, Offer.LAPSED)
        if not was_swallowed(offer):
            workforce.note_unanswered(
                worker_id=offer.worker_id, rest_after=UNANSWERED_BEFORE_REST, asked_at=offer.offered_at
            )
    return _gone("lapsed", over)


def exhaust(step: Step) -> Change:
    """Nobody is left to ask, or nobody is to be asked: the board is alarmed, the customer told, the order kept, and
    somebody's time with it.
    """
    if scheduling.holder_of(step.order.pk) is None:
        _hold_somebody(step)
    by_hand = step.policies.dispatch.mode == "manual"
    kind = Alarm.BY_HAND if by_hand else Alarm.NOBODY_ACCEPTS
    return Change(
        "by_hand" if by_hand else "exhausted",
        columns={"exhausted": True},
        afterwards=lambda order: raise_alarm(order, kind=kind),
    )


def accept(step: Step) -> Change:
    """The worker takes it. Judged by when his answer was received: a stall of ours never costs him the job.

    In a grab the first has it, and the others are told in the same transaction. Refused slot_taken: his time went to
    another order meanwhile; then the others may still win.
    """
    offer = answered_offer(step)
    if step.command.received_at > offer.due_at:
        raise Refused("offer_closed")
    workforce.note_answered(worker_id=offer.worker_id)
    if offer.grab:
        _keep_or_refuse(step.order, offer.worker_id)
    # They hear that it is gone and not who has it: the order is none of theirs.
    lost = close_offers(step, Offer.GRABBED, but=offer)
    return _assigned(step, offer, "accepted", also_workers=(offer.worker_id,), closed=[offer, *lost])


def assign(step: Step) -> Change:
    """A dispatcher gives the order to a worker. Refused worker_unfit names why he cannot do it.

    What the dispatcher could know of everybody at that moment is kept with it.
    """
    order, worker_id = step.order, int(step.command.choice["worker_id"])
    ranked = rank_for(order, step.policies)
    verdict = ranked.verdict_on(worker_id)
    if verdict is None or verdict.reason in HARD_REASONS:
        raise Refused("worker_unfit", details={"reason": verdict.reason if verdict else "no_skill"})
    gone: dict[str, Any] = {}
    if order.picked_worker_id not in (None, worker_id):
        step, gone = let_pick_go(step)
    ranking = Ranking.objects.create(order=order, candidates=ranked.candidates, excluded=ranked.excluded)
    his = next((offer for offer in order.open_offers if offer.worker_id == worker_id), None)
    waiting = [offer.worker_id for offer in order.open_offers]
    closed = close_offers(step, Offer.WITHDRAWN, but=his)
    if his is None or his.grab:
        _keep_or_refuse(order, worker_id)
    if his:
        Offer.objects.filter(pk=his.pk).update(ranking=ranking)
        closed.append(his)
    offer = his or make_offer(step, asdict(verdict.candidate), ranking=ranking, due_at=step.now)
    change = _assigned(step, offer, "assigned", also_workers=tuple(waiting), closed=closed)
    change.columns = {**change.columns, **gone}
    return change


def _ask(step: Step, ranking: Ranking) -> Offer:
    """派单: the best one, whose time is kept while he thinks."""
    best = ranking.candidates[0]
    # The ranking may be from before an outage: he is judged again.
    verdict = _judged(step, [best])[0]
    reason = verdict.reason if verdict else "no_skill"
    if reason and reason != "not_free":
        raise Refused("worker_unfit", details={"reason": reason})
    _keep_or_refuse(step.order, best["worker_id"])
    (offer,) = _sent(step, ranking, [(best, verdict)])
    return offer


def _call(step: Step, ranking: Ranking) -> list[Offer]:
    """抢单: the best few at once. The time stays kept for whoever holds it until one of them has won."""
    best = ranking.candidates[: step.policies.dispatch.grab_k]
    verdicts = _judged(step, best)
    fit = [(one, verdict) for one, verdict in zip(best, verdicts, strict=True) if verdict and verdict.reason is None]
    if not fit:
        raise Refused("worker_unfit", details={"reason": verdicts[0].reason if verdicts[0] else "no_skill"})
    if scheduling.holder_of(step.order.pk) is None:
        hold_best(step.order, [one["worker_id"] for one, _ in fit])
    return _sent(step, ranking, fit, grab=True)


def _sent(
    step: Step, ranking: Ranking, to: Sequence[tuple[dict[str, Any], Verdict | None]], *, grab: bool = False
) -> list[Offer]:
    """To each by the channel that reaches him now, with the time that it takes. Many cost as few statements as one."""
    made = list[Offer]()
    channels = channels_for({way["worker_id"]: verdict.candidate.reach if verdict else "" for way, verdict in to})
    for way, _ in to:
        channel = channels[way["worker_id"]]
        due_at = step.after(time_for_picked(step, time_to_answer(step.policies.dispatch, channel)))
        made.append(offer_to(step, way, ranking=ranking, due_at=due_at, grab=grab, channel=channel))
    Offer.objects.bulk_create(made)
    prefetch_related_objects(made, "worker")
    return made


def _assigned(step: Step, offer: Offer, type: str, *, also_workers: tuple[int, ...], closed: Sequence[Offer]) -> Change:
    """closed: the offers that somebody was waiting with; they are over now."""
    order = step.order
    part_bp = commission_bp(step, offer.worker_id)
    # His level may have changed since he was asked: what he earns is by what he is when he takes it.
    pay_fen = pay_fen_of(step, offer.worker_id, part_bp=part_bp)
    taken = {"state": Offer.ACCEPTED, "closed_at": step.now, "pay_fen": pay_fen}
    Offer.objects.filter(pk=offer.pk, state=Offer.OPEN).update(**taken)
    clear_alarms(order)
    deadlines = deadlines_of_visit(step, starts_at=order.starts_at, travel_s=offer.travel_s)
    late = deadlines["expected_at"]
    columns = {
        "worker": offer.worker,
        "exhausted": False,
        "commission_bp": part_bp,
        **deadlines,
    }
    offer.state = Offer.ACCEPTED
    data = named([offer])
    return Change(
        type,
        columns=columns,
        # Later than was promised: the customer is told, and may cancel free.
        data=data | {"expected_at": iso(late)} if late else data,
        also_workers=also_workers,
        afterwards=lambda changed: publish_closed(closed, changed),
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


def _lapsing(step: Step) -> Offer:
    """The open offer whose time is over: the one that the actor names, or (an actor of before) the first."""
    wanted = step.request.reference
    for offer in step.order.open_offers:
        if wanted in (None, offer.pk):
            return offer
    raise Refused("offer_closed")


def _judged(step: Step, candidates: Sequence[Mapping[str, Any]]) -> list[Verdict | None]:
    """What is thought of these by now."""
    ids = [one["worker_id"] for one in candidates]
    ranked = consider(step.order, step.policies, worker_ids=ids)
    return [ranked.verdict_on(worker_id) for worker_id in ids]


def _gone(type: str, offers: Sequence[Offer], *, reason: str = "") -> Change:
    return Change(
        type,
        data={**named(offers), "reason": reason},
        also_workers=tuple(offer.worker_id for offer in offers),
        afterwards=lambda order: publish_closed(offers, order),
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
