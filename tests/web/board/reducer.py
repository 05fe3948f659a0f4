"""docs/protocol.md's rule in a few lines: state = snapshot + events. What any page on the board's topic has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.models import Event

COUNTED = {
    "order.placed": "placed",
    "order.completed": "completed",
    "order.cancelled": "cancelled",
    "order.payment_lapsed": "cancelled",
}
Cards = dict[int, dict[str, Any]]


@dataclass
class Board:
    """What a page knows. offset: of the last event it has heard."""

    topic: str
    offset: int
    orders: Cards
    workers: Cards
    alarms: Cards
    counters: dict[str, Any]

    @classmethod
    def of(cls, snapshot: dict[str, Any]) -> Board:
        """From `GET /api/board/{city}`; positions come by a topic of their own."""
        return cls(
            topic=snapshot["stream"]["topic"],
            offset=snapshot["stream"]["offset"],
            orders=_by_id(snapshot["orders"]),
            workers=_by_id(snapshot["workers"]),
            alarms=_by_id(snapshot["alarms"]),
            counters=dict(snapshot["counters"]),
        )

    def hear(self) -> list[str]:
        """Apply everything that was pushed since; the types, in order."""
        events = list(Event.objects.filter(topic=self.topic, offset__gt=self.offset).order_by("offset"))
        for event in events:
            assert event.offset == self.offset + 1
            self.offset = event.offset
            self._apply(event.type, event.time, event.data)
        return [event.type for event in events]

    def _apply(self, type: str, time: datetime, data: dict[str, Any]) -> None:
        if "order" in data:
            self._take_order(type, time, data["order"])
        if "worker" in data:
            self.workers[data["worker"]["id"]] = data["worker"]
        if "alarm" in data:
            self.alarms[data["alarm"]["id"]] = data["alarm"]
        if type == "alarm.cleared":
            del self.alarms[data["alarm"]["id"]]

    def _take_order(self, type: str, time: datetime, card: dict[str, Any]) -> None:
        held = self.orders.get(card["id"])
        if held and card["version"] <= held["version"]:
            return  # the snapshot had it already
        day = time.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
        if type in COUNTED and day == self.counters["day"]:
            self.counters[COUNTED[type]] += 1
        self.orders[card["id"]] = card
        if card["ended_at"]:
            del self.orders[card["id"]]


def _by_id(cards: list[dict[str, Any]]) -> Cards:
    return {card["id"]: {name: value for name, value in card.items() if name != "position"} for card in cards}
