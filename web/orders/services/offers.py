"""Offers of one order: made to the best of a ranking, closed when they are answered, over, or another's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from web.notifications.concerns import Reader
from web.orders.models import Offer, Order, Ranking
from web.orders.reworks import rework_pay_fen
from web.orders.services.change import Refused, Step
from web.orders.services.commands import refuse_answers
from web.orders.services.publishing import publish_offer, publish_offer_closed
from web.orders.sharing import shares_of
from web.orders.telling import tell
from web.workforce import selectors as workforce


def make_offer(step: Step, way: dict[str, Any], *, ranking: Ranking, **fields: Any) -> Offer:
    """An offer to a candidate, stored; see `offer_to`."""
    offer = offer_to(step, way, ranking=ranking, **fields)
    offer.save(force_insert=True)
    return offer


def offer_to(step: Step, way: dict[str, Any], *, ranking: Ranking, **fields: Any) -> Offer:
    """An offer to a candidate, not stored yet. way: {worker_id, distance_m, travel_s}; fields: due_at, and what else a
    row may say.
    """
    return Offer(
        order=step.order,
        worker_id=way["worker_id"],
        ranking=ranking,
        distance_m=way["distance_m"],
        travel_s=way["travel_s"],
        pay_fen=pay_fen_of(step, way["worker_id"], part_bp=commission_bp(step, way["worker_id"])),
        offered_at=step.now,
        **fields,
    )


def answered_offer(step: Step) -> Offer:
    """The open offer that the command answers. Raises Refused offer_closed: it is another's, or not open any more."""
    offer_id, asker = step.command.choice.get("offer_id"), step.command.actor_id
    for offer in step.order.open_offers:
        if (offer.pk, offer.worker_id) == (offer_id, asker):
            return offer
    raise Refused("offer_closed")


def close_offer(step: Step, offer: Offer, state: str, *, reason: str = "") -> None:
    """Close one. Raises Refused offer_closed where somebody else has: then this move is not one any more."""
    still_open = Offer.objects.filter(pk=offer.pk, state=Offer.OPEN)
    if still_open.update(state=state, reason=reason, closed_at=step.now) != 1:
        raise Refused("offer_closed")
    offer.state = state


def close_offers(step: Step, state: str, *, but: Offer | None = None) -> list[Offer]:
    """Close all that are open, or all but one; returns them."""
    closing = [offer for offer in step.order.open_offers if but is None or offer.pk != but.pk]
    if closing:
        ids = [offer.pk for offer in closing]
        Offer.objects.filter(pk__in=ids, state=Offer.OPEN).update(state=state, closed_at=step.now)
    for offer in closing:
        offer.state = state
    return closing


def publish_made(offers: Iterable[Offer], order: Order) -> None:
    """Bring each to its worker, on his own topic."""
    for offer in offers:
        publish_offer(offer, order)


def publish_closed(offers: Sequence[Offer], order: Order) -> None:
    """Tell each of their workers, on his own topic. Whose answer to one that was taken from him is still on its way
    hears it as well, now and not when its turn comes: of hundreds who grab at once the last would wait a minute. Whom
    another was faster than may be on his way to the app: he has a message.
    """
    for offer in offers:
        publish_offer_closed(offer)
    taken_away = [offer.pk for offer in offers if offer.state in (Offer.GRABBED, Offer.WITHDRAWN)]
    if taken_away:
        refuse_answers(order, offer_ids=taken_away)
    outrun = [offer.worker_id for offer in offers if offer.state == Offer.GRABBED]
    if outrun:
        tell(order, event="accepted", people={Reader.ASIDE: outrun})


def named(offers: Sequence[Offer]) -> dict[str, Any]:
    """Data of an event about these offers: the first, and all of them where there are several."""
    data: dict[str, Any] = {"offer_id": offers[0].pk, "worker_id": offers[0].worker_id}
    if len(offers) > 1:
        data["offers"] = [{"offer_id": offer.pk, "worker_id": offer.worker_id} for offer in offers]
    return data


def commission_bp(step: Step, worker_id: int) -> int:
    """The platform's part of this order when this worker does it, in basis points."""
    terms = step.policies.commission
    return terms.bp_for(workforce.level_now(worker_id, step.order.service_version.skill) if terms.by_level else 0)


def pay_fen_of(
    step: Step,
    worker_id: int,
    *,
    part_bp: int,
    total_fen: int | None = None,
    discounts: Mapping[str, int] | None = None,
) -> int:
    """What the worker earns, before tips, of the order's price (total_fen: of another; discounts: the order's columns
    of them, where they are not what they were), part_bp of which is the platform's.
    """
    order = step.order
    shares = shares_of(
        order.total_fen if total_fen is None else total_fen,
        part_bp,
        discount_fen=discounts["discount_fen"] if discounts else order.discount_fen,
        by_worker_fen=discounts["discount_worker_fen"] if discounts else order.discount_worker_fen,
    )
    return shares.worker_fen + rework_pay_fen(step.order, step.policies, worker_id=worker_id)
