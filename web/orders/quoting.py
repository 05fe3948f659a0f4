"""What a visit would cost somebody: reads what the pure price depends on (`web.orders.pricing`), and asks it.

From how far: the nearest of those who can do it and come there, whoever it will be in the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from web.accounts import ties
from web.orders import selectors
from web.orders.models import Order, OrderLine
from web.orders.policies import Policies
from web.orders.pricing import NIGHT, SURCHARGE, Chosen, Line, Occasion, Price, Pricing, price
from web.orders.surcharges import NO_DAYS
from web.scheduling.distances import distances_to
from web.scheduling.routing import Place
from web.workforce.plan import day_of
from web.workforce.plans import off_days

if TYPE_CHECKING:
    from web.catalog.models import ServiceVersion


@dataclass(frozen=True)
class Wish:
    """What a customer would have done where. starts_at: UTC; None while no time is chosen."""

    customer_id: int
    version: ServiceVersion
    chosen: Chosen
    city: str
    place: Place
    starts_at: datetime | None = None


def quote(wish: Wish, policies: Policies) -> Price:
    """What it costs under these terms. Raises what `pricing.price` refuses."""
    terms = policies.pricing
    occasion = Occasion(wish.starts_at, _holidays(terms, wish.starts_at), _nearest(wish, policies))
    return price(wish.version.sold, wish.chosen, version=wish.version.number, terms=terms, occasion=occasion)


def price_today(order: Order, *, place: Place | None = None) -> Price:
    """What was chosen of the order's service, at another place where one is given, as it would be sold now, on the
    shelf or not. What its time cost when it was booked it costs still: a visit that was moved since keeps its price.
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
    version, occasion = wish.version, Occasion(distance_m=_nearest(wish, policies))
    priced = price(version.sold, wish.chosen, version=version.number, terms=policies.pricing, occasion=occasion)
    kept = [_line(row) for row in order.lines.all() if row.rule == NIGHT or row.rule.startswith(SURCHARGE)]
    return replace(priced, lines=[*priced.lines, *kept])


def _nearest(wish: Wish, policies: Policies) -> int | None:
    """Metres; None where they do not count, or nobody comes."""
    if not policies.pricing.visit_fee.counts_way:
        return None
    return min(_distances(wish, policies).values(), default=None)


def _distances(wish: Wish, policies: Policies) -> Mapping[int, int]:
    """Worker -> metres. While no time is chosen, from where they would come today."""
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


def _line(row: OrderLine) -> Line:
    return Line(**{field.name: getattr(row, field.name) for field in fields(Line)})
