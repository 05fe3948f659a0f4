"""What the dispatch board shows: a city's live orders, its workers, its alarms, the day's figures."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from web.accounts.models import User
from web.orders import selectors as orders
from web.orders.cards import iso
from web.orders.ranking import REASONS, TERM_NAMES, Ranked, rank, wanted_by
from web.workforce import selectors as workforce
from workflows.transitions import IN_HAND

if TYPE_CHECKING:
    from web.orders.models import Order

SHANGHAI = ZoneInfo("Asia/Shanghai")


def live_orders(actor: User, city: str) -> list[Order]:
    """The city's orders whose actor is running, oldest first."""
    live = orders.visible_to(actor).filter(city=city, ended_at=None)
    return list(live.order_by("pk"))


def orders_in_hand(live: list[Order]) -> dict[int, int]:
    """Worker -> the order he is travelling to or serving, as `workforce.selectors.order_in_hand` chooses it."""
    in_hand = [order for order in live if order.phase in IN_HAND]
    in_hand.sort(key=lambda order: (order.starts_at, order.pk))
    return {order.worker_id: order.pk for order in in_hand if order.worker_id}


def open_alarms(actor: User, city: str) -> list[dict[str, Any]]:
    """The city's open alarms, oldest first."""
    alarms = orders.alarms_visible_to(actor).filter(city=city, cleared_at=None).order_by("raised_at")
    return [orders.alarm_card(alarm) for alarm in alarms]


def counters_of_day(actor: User, city: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Events of the day in Asia/Shanghai, counted from the timeline; a lapsed payment counts as cancelled."""
    day = (now or timezone.now()).astimezone(SHANGHAI).date()
    midnight = datetime.combine(day, time(), tzinfo=SHANGHAI)
    end = midnight + timedelta(days=1)
    counts = {
        name: orders.count_events(actor, city=city, types=types, since=midnight, until=end)
        for name, types in COUNTED.items()
    }
    return {"day": day.isoformat(), **counts}


COUNTED: dict[str, tuple[str, ...]] = {
    "placed": ("placed",),
    "completed": ("completed",),
    "cancelled": ("cancelled", "payment_lapsed"),
}
"""Counter -> the events that raise it by one; the page's reducer has the same table."""


def candidates_for(order: Order) -> dict[str, Any]:
    """Everybody of the city for this order as of now: scored term by term, or excluded with the reason."""
    ranked = rank(wanted_by(order, orders.policies_of(order)), workforce.workers_in(order.city))
    return {"ranked_at": iso(timezone.now()), **explained(ranked)}


def explained(ranked: Ranked) -> dict[str, Any]:
    """A ranking in words."""
    return {
        "candidates": [
            {
                "worker": {"id": one.worker_id, "name": one.name},
                "score": one.score,
                "distance_m": one.distance_m,
                "travel_s": one.travel_s,
                "terms": [
                    {
                        "name": term.name,
                        "label": TERM_NAMES[term.name],
                        "value": term.value,
                        "weight": term.weight,
                        "points": term.points,
                        "sentence": _sentence(term.name, term.value),
                    }
                    for term in one.terms
                ],
            }
            for one in ranked.candidates
        ],
        "excluded": [
            {
                "worker": {"id": one["worker_id"], "name": one["name"]},
                "reason": one["reason"],
                "label": REASONS[one["reason"]],
            }
            for one in ranked.excluded
        ],
    }


def _sentence(name: str, value: float) -> str:
    match name:
        case "travel":
            return f"路上约 {max(1, round(value / 60))} 分钟"
        case "rating":
            return f"综合评分 {value:.2f}"
        case "fairness":
            return f"近 30 天收入 ¥{value / 100:,.2f}"
        case _:
            return "下单时已预留他的时间" if value else "未预留"
