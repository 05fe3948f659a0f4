"""What the dispatch board shows: a city's live orders, its workers, its alarms, the day's figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from web.accounts.models import User
from web.orders import selectors as orders
from web.orders.cards import Named, alarm_card
from web.orders.decision import UNDECIDED, Decision, decision_of
from web.orders.explaining import TERM_NAMES, sentence
from web.orders.ranking import HARD_REASONS, REASONS, rank_for
from web.scheduling.routing import hour_of
from web.times import SHANGHAI, iso, midnight
from workflows.transitions import IN_HAND

if TYPE_CHECKING:
    from web.orders.models import Order


def live_orders(actor: User, city: str) -> list[Order]:
    """The city's orders whose actor is running, oldest first."""
    live = orders.visible_to(actor).filter(city=city, ended_at=None).order_by("pk")
    # A worker of ten orders is read once, and what no card shows not at all.
    return list(live.select_related(None).prefetch_related("worker").defer(*orders.ON_NO_CARD))


def orders_in_hand(live: list[Order]) -> dict[int, int]:
    """Worker -> the order he is travelling to or serving, as `workforce.selectors.order_in_hand` chooses it."""
    in_hand = [order for order in live if order.phase in IN_HAND]
    in_hand.sort(key=lambda order: (order.starts_at, order.pk))
    return {order.worker_id: order.pk for order in in_hand if order.worker_id}


def open_alarms(actor: User, city: str) -> list[dict[str, Any]]:
    """The city's open alarms, oldest first."""
    alarms = orders.alarms_visible_to(actor).filter(city=city, cleared_at=None).order_by("raised_at")
    return [alarm_card(alarm) for alarm in alarms]


def counters_of_day(actor: User, city: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Events of the day in Asia/Shanghai, counted from the timeline; a lapsed payment counts as cancelled."""
    day = (now or timezone.now()).astimezone(SHANGHAI).date()
    start, end = midnight(day), midnight(day + timedelta(days=1))
    counts = orders.count_events(actor, city=city, since=start, until=end)
    return {"day": day.isoformat(), **{name: sum(counts[type] for type in types) for name, types in COUNTED.items()}}


COUNTED: dict[str, tuple[str, ...]] = {
    "placed": ("placed", "rework_placed", "rework_quoted"),
    "completed": ("completed",),
    "cancelled": ("cancelled", "payment_lapsed"),
}
"""Counter -> the events that raise it by one. The page counts by phases instead, and a test holds the two together."""


def travel_of(city: str) -> dict[str, float]:
    """How ways are reckoned there in this hour: {detour, speed_mps}."""
    travel = orders.policies_for(city=city, service_id=0).travel
    return {"detour": travel.detour, "speed_mps": travel.speed_at(hour_of(timezone.now()))}


def candidates_for(order: Order) -> dict[str, Any]:
    """Everybody of the city for this order: as it was decided, or as of now where nothing is decided yet."""
    decision = decision_of(order)
    if decision is None and order.phase_behind not in UNDECIDED:
        return {"stored": True, "ranked_at": None, "chosen": None, "candidates": [], "excluded": []}
    ranking = decision.ranking if decision else rank_for(order, orders.policies_of(order))
    return {
        "stored": decision is not None,
        "ranked_at": iso(decision.ranking.at if decision else timezone.now()),
        "chosen": _chosen(decision) if decision else None,
        "candidates": [_explained(one) for one in ranking.candidates],
        "excluded": sorted(map(_set_aside, ranking.excluded), key=lambda one: not one["assignable"]),
    }


def _chosen(decision: Decision) -> dict[str, Any] | None:
    if decision.worker is None or decision.by is None:
        return None
    return {"worker": Named(id=decision.worker.pk, name=decision.worker.display_name), "by": decision.by.value}


def _explained(candidate: dict[str, Any]) -> dict[str, Any]:
    """A candidate of a ranking's row, in words."""
    return {
        "worker": _named(candidate),
        "score": candidate["score"],
        "distance_m": candidate["distance_m"],
        "travel_s": candidate["travel_s"],
        "terms": [
            {**term, "label": TERM_NAMES[term["name"]], "sentence": sentence(term["name"], term["value"])}
            for term in candidate["terms"]
        ],
    }


def _set_aside(excluded: dict[str, Any]) -> dict[str, Any]:
    reason = excluded["reason"]
    label, assignable = REASONS[reason], reason not in HARD_REASONS
    return {"worker": _named(excluded), "reason": reason, "label": label, "assignable": assignable}


def _named(one: dict[str, Any]) -> Named:
    return Named(id=one["worker_id"], name=one["name"])
