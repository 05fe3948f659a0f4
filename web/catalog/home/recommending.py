"""为您推荐, for one person in one city: what is known of him, put before the scoring."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from web.catalog import interest
from web.catalog.home.scoring import Recommendation, Weights
from web.catalog.home.taste import NOBODY, Person, Seen
from web.orders import habits
from web.times import SHANGHAI

if TYPE_CHECKING:
    from web.catalog.home.shelf import Shelf

ANCHORS = 3
"""So many of what he booked last are asked what is booked with them."""

LEAST_SHARE = 0.1
DAY = timedelta(days=1)


def recommended(
    shelf: Shelf, *, at: datetime, user_id: int | None, weights: Weights, limit: int
) -> list[Recommendation]:
    """The best for him; user_id None: for whoever has no history, what is popular and in season."""
    month = at.astimezone(SHANGHAI).month
    standing = shelf.standing(weights, month=month)
    if user_id:
        return standing.best_for(person_of(user_id, shelf, at=at), limit=limit)
    # Strangers all see the same.
    return shelf.once(("recommended", weights, month, limit), lambda: standing.best_for(NOBODY, limit=limit))


def person_of(user_id: int, shelf: Shelf, *, at: datetime) -> Person:
    """What he looked at and booked, as far as he has not had it forgotten."""
    orders = _aged(habits.booked_by(user_id), at)
    return Person(_aged(interest.viewed_by(user_id), at), orders, _together(orders, shelf))


def _together(orders: Iterable[Seen], shelf: Shelf) -> dict[int, tuple[float, str]]:
    """By service that he has not booked: the greatest part of people, and the name of which of his it is from."""
    booked = list(dict.fromkeys(one.service_id for one in orders))
    found: dict[int, tuple[float, str]] = {}
    for anchor in [pk for pk in booked if pk in shelf.rows][:ANCHORS]:
        for other, share in shelf.popularity.together_with(anchor).items():
            if other not in booked and share >= max(LEAST_SHARE, found.get(other, (0.0, ""))[0]):
                found[other] = (share, shelf.rows[anchor].name)
    return found


def _aged(moments: Iterable[tuple[int, datetime]], at: datetime) -> list[Seen]:
    return [Seen(service_id, max((at - moment) / DAY, 0.0)) for service_id, moment in moments]
