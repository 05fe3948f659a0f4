"""An order that a dispatcher gives to its worker by hand, and that goes from phase to phase when it is told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F

from tests.world.people import Person, Worker
from tests.world.plants import SUPPLEMENT
from tests.world.town import Terms, Trade, in_database
from web.catalog.models import Service
from web.catalog.services import publish

BY_HAND: Terms = {"dispatch": {"mode": "manual"}}
LINE = ("DISPATCHING", "ACCEPTED", "EN_ROUTE", "ARRIVED", "IN_SERVICE", "AWAITING_CONFIRMATION", "COMPLETED")


@dataclass
class Walk:
    """worker: who has it, or gets it next. phase: where it is, an exception aside."""

    trade: Trade
    staff: Person
    order_id: int
    worker: Worker
    phase: str = LINE[0]

    @property
    def customer(self) -> Person:
        """Whose order it is."""
        return self.trade.customer

    async def say(self, person: Person, path: str, body: Any = None) -> None:
        """A command of somebody."""
        await person.command(f"/api/orders/{self.order_id}/{path}", body)

    async def to(self, phase: str) -> None:
        """Go on as far as that phase."""
        while self.phase != phase:
            await self._step()
            self.phase = LINE[LINE.index(self.phase) + 1]

    async def gone_back(self, worker: Worker) -> None:
        """It looks for somebody again, and that will be this one."""
        self.worker, self.phase = worker, LINE[0]

    async def happened(self, type: str, times: int = 1) -> None:
        """Wait for it."""
        await self.trade.town.until(self.order_id, type, times=times)

    async def report(self, person: Person, type: str = "other") -> None:
        """Something went wrong."""
        await self.say(person, "exceptions", {"type": type})

    async def decide(self, outcome: str, **more: Any) -> None:
        """Staff say what becomes of it."""
        await self.say(self.staff, "exceptions/decide", {"outcome": outcome, **more})

    async def call_off(self) -> None:
        """Staff end it."""
        await self.say(self.staff, "call-off", {"reason": "other", "refund_bp": 5_000})

    async def later(self, person: Person, *, by_s: float, how: str = "reschedule") -> None:
        """The visit is to start so much later."""
        starts_at = (await self.trade.town.row(self.order_id)).starts_at + timedelta(seconds=by_s)
        await self.say(person, how, {"starts_at": starts_at.isoformat()})

    async def proposes(self, other_fen: int = 1_000) -> None:
        """The worker asks for more money."""
        await self.say(self.worker, "proposals/supplement", {"other_fen": other_fen, "reason": SUPPLEMENT})

    async def answers(self, person: Person, word: str) -> None:
        """Approve, decline, withdraw: the newest proposal."""
        await self.say(person, f"proposals/{await self._proposal()}/{word}")

    async def pays(self) -> None:
        """The customer, for the newest proposal."""
        await self.trade.customer.pay(self.order_id, what=f"proposals/{await self._proposal()}/pay")

    async def moves_house(self, *, dearer_by_fen: int = 0) -> None:
        """The customer wants it elsewhere, where it may cost more by now."""
        if dearer_by_fen:
            await in_database(_make_dearer, self.trade.service_id, dearer_by_fen)
        address = {"service_id": self.trade.service_id, "address_id": self.trade.customer.address_id}
        quote = await self.customer.post("/api/quotes", address, key=None)
        body = {"address_id": self.trade.customer.address_id, "quoted_fen": quote["total_fen"]}
        await self.say(self.customer, "address", body)

    async def _proposal(self) -> int:
        return int((await self.customer.get(f"/api/orders/{self.order_id}"))["proposals"][0]["id"])

    async def _step(self) -> None:
        match self.phase:
            case "DISPATCHING":
                await self.say(self.staff, "assign", {"worker_id": self.worker.id})
            case "ACCEPTED":
                await self.say(self.worker, "depart")
            case "EN_ROUTE":
                await self.say(self.worker, "arrive")
            case "ARRIVED":
                await self.say(self.worker, "start", {"code": await self.trade.code(self.order_id)})
            case "IN_SERVICE":
                for record in (await self.worker.get(f"/api/orders/{self.order_id}"))["records"]:
                    await self.say(self.worker, f"steps/{record['position']}")
                await self.say(self.worker, "finish")
            case _:
                await self.say(self.customer, "confirm")


@asynccontextmanager
async def walk(trade: Trade, *, starts_in_s: float | None = None) -> AsyncIterator[Walk]:
    """From a paid order on, for the trade's first worker."""
    order_id = await trade.dispatched(starts_in_s=starts_in_s)
    async with trade.town.dispatcher() as staff:
        yield Walk(trade, staff, order_id, trade.worker)


def _make_dearer(service_id: int, by_fen: int) -> None:
    Service.objects.filter(pk=service_id).update(price_fen=F("price_fen") + by_fen)
    publish(service=Service.objects.get(pk=service_id))
