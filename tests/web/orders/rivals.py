"""Two workers who are equal in everything, and an order that both could do: a ranking's test changes one thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.web.orders.story import Story, terms
from tests.web.people import make_city, make_customer, make_service, make_worker
from web.orders import services
from web.orders.models import Ranking
from web.workforce.models import Worker


@dataclass
class Rivals:
    """`first` has the lower id and wins a tie. The checkout's hold is worth nothing unless a test says otherwise."""

    first: Worker
    second: Worker
    story: Story

    @classmethod
    def meet(cls, **dispatch: float) -> Rivals:
        """In the same house, both on duty; the order is paid and for the day after tomorrow, at the city's centre."""
        make_city()
        terms("dispatch", **{"w_held": 0, **dispatch})
        first, second = make_worker(on_duty=True), make_worker(on_duty=True)
        return cls(first, second, Story.placed(make_customer(), make_service()).pay())

    def another_order(self, *, starts_at: datetime) -> Story:
        """Of another customer, at the same place."""
        return Story.placed(make_customer(), self.story.order.service, starts_at=starts_at).pay()

    def ranking(self) -> Ranking:
        """A new one, as it was stored."""
        stored = services.store_ranking(order_id=self.story.id).ranking_id
        assert stored is not None
        return Ranking.objects.get(pk=stored)

    def winner(self) -> int:
        return int(self.ranking().candidates[0]["worker_id"])

    def candidate(self, worker: Worker) -> dict[str, Any]:
        """His line of a new ranking."""
        return next(one for one in self.ranking().candidates if one["worker_id"] == worker.pk)

    def term(self, worker: Worker, name: str) -> dict[str, Any]:
        """One term of his score."""
        return next(term for term in self.candidate(worker)["terms"] if term["name"] == name)

    def reason(self, worker: Worker) -> str:
        """Why he is excluded."""
        return next(str(one["reason"]) for one in self.ranking().excluded if one["worker_id"] == worker.pk)
