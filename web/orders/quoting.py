"""What a visit would cost somebody: reads what the pure price depends on (`web.orders.pricing`), and asks it.

From how far: the nearest of those who can do it and come there, whoever it will be in the end; who picks one that comes
from farther pays the difference, on a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from web.accounts import ties
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.discounts import kept_on
from web.orders.models import Order, OrderLine
from web.orders.policies import Policies
from web.orders.pricing import NIGHT, PICKED, SURCHARGE, Chosen, Line, Occasion, Price, Pricing, price
from web.orders.surcharges import NO_DAYS
from web.scheduling.distances import distances_to
from web.scheduling.routing import Place
from web.scheduling.selectors import free_slots
from web.workforce import selectors as workforce
from web.workforce.cards import WorkerFace
from web.workforce.plan import day_of
from web.workforce.plans import off_days

if TYPE_CHECKING:
    from web.catalog.models import ServiceVersion

SHOWN = 30
"""So many workers are to choose from."""


@dataclass(frozen=True)
class Wish:
    """What a customer would have done where. customer_id: None while he has not signed in. starts_at: UTC; None while
    no time is chosen. worker_id: whom he picks.
    """

    customer_id: int | None
    version: ServiceVersion
    chosen: Chosen
    city: str
    place: Place
    starts_at: datetime | None = None
    worker_id: int | None = None


@dataclass(frozen=True)
class WorkerQuote:
    """What it costs with one worker. distance_m: from where his day begins, and roughly."""

    worker: WorkerFace
    distance_m: int
    favourite: bool
    price: Price


def quote(wish: Wish, policies: Policies) -> Price:
    """What it costs under these terms. Raises DoorbellError not_served_here where he who is picked does not come there,
    and what `pricing.price` refuses.
    """
    terms = policies.pricing
    ways = _distances(wish, policies) if terms.visit_fee.counts_way or wish.worker_id is not None else {}
    if wish.worker_id is not None and wish.worker_id not in ways:
        raise DoorbellError("not_served_here")
    return _priced(wish, terms, _occasion(wish, terms, ways))


def with_way(priced: Price, wish: Wish, policies: Policies) -> Price:
    """The price with how far the nearest comes even where its terms do not count that: an order keeps it, so that other
    terms can be tried on it.
    """
    if priced.occasion.distance_m is not None:
        return priced
    nearest = min(_distances(wish, policies).values(), default=None)
    return replace(priced, occasion=replace(priced.occasion, distance_m=nearest))


def quotes_by_worker(wish: Wish, policies: Policies) -> list[WorkerQuote]:
    """What it costs with each of those whom the calendar has free then, as many as a person looks at: favourites first,
    then the cheapest, then the nearest. Raises what `pricing.price` refuses.
    """
    favourites, blocked = ties.ties_of(wish.customer_id)
    terms, ways = policies.pricing, _distances(wish, policies, blocked=blocked)
    occasion = _occasion(wish, terms, ways)
    free = _free(wish, policies, duration_s=_priced(wish, terms, occasion).duration_s, blocked=blocked)

    def rank(worker_id: int) -> tuple[bool, int, int, int]:
        metres = ways[worker_id]
        return worker_id not in favourites, terms.visit_fee.way_fen(metres), metres, worker_id

    best = sorted((one for one in free if one in ways), key=rank)[:SHOWN]
    faces = workforce.faces_of(best)
    return [
        WorkerQuote(
            worker=faces[worker_id],
            distance_m=ways[worker_id],
            favourite=worker_id in favourites,
            price=_priced(wish, terms, replace(occasion, picked_m=ways[worker_id])),
        )
        for worker_id in best
        if worker_id in faces
    ]


def price_today(order: Order, *, place: Place | None = None) -> Price:
    """What was chosen of the order's service, at another place where one is given, as it would be sold now, on the
    shelf or not. What its time cost when it was booked, and whom the customer picked, it costs still: a visit that was
    moved since keeps its price. And what was taken off it stays off.
    """
    policies = selectors.policies_for(city=order.city, service_id=order.service_id)
    wish = Wish(
        customer_id=order.customer_id,
        version=order.service.published or order.service_version,
        chosen=Chosen.read(order.chosen),
        city=order.city,
        place=place or Place(order.lng, order.lat),
        starts_at=order.starts_at,
    )
    ways = _distances(wish, policies) if policies.pricing.visit_fee.counts_way else {}
    occasion = replace(_occasion(wish, policies.pricing, ways), starts_at=None)
    priced = _priced(wish, policies.pricing, occasion)
    lines = [line_of(row, discount_fen=0) for row in order.lines.all()]
    kept = [line for line in lines if line.rule in (NIGHT, PICKED) or line.rule.startswith(SURCHARGE)]
    return replace(priced, lines=kept_on([*priced.lines, *kept], lines))


def _priced(wish: Wish, terms: Pricing, occasion: Occasion) -> Price:
    return price(wish.version.sold, wish.chosen, version=wish.version.number, terms=terms, occasion=occasion)


def _free(wish: Wish, policies: Policies, *, duration_s: int, blocked: Set[int]) -> Sequence[int]:
    """Those whom the calendar counts at the time of the wish."""
    if wish.starts_at is None:
        return ()
    slots = free_slots(
        city=wish.city,
        skill=wish.version.skill,
        place=wish.place,
        day=day_of(wish.starts_at),
        duration_s=duration_s,
        policies=policies,
        without=blocked,
    )
    return next((slot.worker_ids for slot in slots if slot.starts_at == wish.starts_at), ())


def _occasion(wish: Wish, terms: Pricing, ways: Mapping[int, int]) -> Occasion:
    """ways: worker -> metres, of all who come there."""
    picked = None if wish.worker_id is None else ways.get(wish.worker_id)
    nearest = min(ways.values(), default=None)
    return Occasion(wish.starts_at, _holidays(terms, wish.starts_at), nearest, picked)


def _distances(wish: Wish, policies: Policies, *, blocked: Set[int] | None = None) -> Mapping[int, int]:
    """Worker -> metres. While no time is chosen, from where they would come today."""
    if blocked is None:
        _, blocked = ties.ties_of(wish.customer_id)
    return distances_to(
        wish.place,
        city=wish.city,
        skill=wish.version.skill,
        day=day_of(wish.starts_at or timezone.now()),
        travel=policies.travel,
        without=blocked,
    )


def _holidays(terms: Pricing, starts_at: datetime | None) -> Set[date]:
    """Those that a visit's price may depend on: nights belong to the day before."""
    if starts_at is None or not terms.counts_holidays:
        return NO_DAYS
    return off_days(day_of(starts_at) - timedelta(days=1), day_of(starts_at))


def line_of(row: OrderLine, **other: int) -> Line:
    """A line of a price as it was written down. other: what is to be otherwise."""
    return Line(**{field.name: getattr(row, field.name) for field in fields(Line)} | other)
