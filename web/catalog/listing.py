"""Services in a list of a city, each with the first time that somebody is free for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from web.accounts import ties
from web.catalog import selectors
from web.catalog.home import shelf
from web.catalog.schemas import ListedService, ServiceCard
from web.scheduling.routing import Place
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.accounts.models import User
    from web.catalog.models import City, Service


def listed(
    rows: Iterable[Service], *, city: str, lng: float | None, lat: float | None, who: User | None
) -> list[ListedService]:
    """From rows of `selectors.services`, in their order. Times are told of a city that is served, and only of these."""
    cards = {row.pk: (ServiceCard.of(row), row.published) for row in rows}
    served = selectors.city(city) if city and cards else None
    times = {}
    if served:
        wanted = {pk: (sold.skill, card.duration_s) for pk, (card, sold) in cards.items() if sold}
        place = place_in(served, lng, lat)
        times = shelf.SHELVES.times_of(city).of(wanted, place=place, without=blocked_for(who))
    return [ListedService(**dict(card), earliest_at=times.get(pk)) for pk, (card, _) in cards.items()]


def place_in(city: City, lng: float | None, lat: float | None) -> Place:
    """Where somebody wants things done: the city's middle, where he does not say."""
    return Place(city.lng, city.lat) if lng is None or lat is None else Place(lng, lat)


def blocked_for(who: User | None) -> Collection[int]:
    """Workers who are never matched with him, if he is a customer."""
    return ties.ties_of(who.pk)[1] if who and who.role == Role.CUSTOMER else ()
