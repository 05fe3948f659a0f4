"""A dispatcher who sees to a share of what rings on the board; the rest he leaves to whoever is watching."""

import asyncio
import logging
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.habits import Habits
from web.demo.people.live import Live
from web.demo.people.pace import Pace
from web.demo.people.person import StaffPerson

log = logging.getLogger("people")

CITY = "hangzhou"
LETS_RING_S, SOLVES_AFTER_S = (120, 400), (240, 900)
RECOVERS_AFTER_S = 10.0
UNASSIGNED = ("nobody_accepts", "start_near")
EXCEPTIONS = ("exception_open", "exception_safety", "exception_unanswered")
REFUND_BP = 3_000


class Dispatcher:
    """Watches the board: calls somebody where nobody accepts, answers exceptions and decides them."""

    def __init__(self, username: str, password: str, *, api: Api, pace: Pace, habits: Habits) -> None:
        self._person = StaffPerson(api, username, password)
        self._pace, self._habits = pace, habits
        self._ringing: dict[int, asyncio.Task[None]] = {}

    async def live(self) -> None:
        """For ever."""
        while True:
            try:
                await self._person.sign_in()
                topic = f"board:{CITY}"
                async with Live(self._person, topic, snapshot=self._snapshot, on_event=self._hear):
                    await asyncio.Event().wait()
            except (Refused, Unreachable) as error:
                log.warning("the dispatcher starts over: %s", error)
            await asyncio.sleep(RECOVERS_AFTER_S)

    async def _snapshot(self) -> dict[str, Any]:
        board = await self._person.get(f"/api/board/{CITY}")
        for alarm in board["alarms"]:
            self._ring(alarm)
        position: dict[str, Any] = board["stream"]
        return position

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "alarm.raised":
            self._ring(data["alarm"])
        elif kind in ("alarm.cleared", "alarm.taken"):
            ringing = self._ringing.pop(data["alarm"]["id"], None)
            if ringing and kind == "alarm.cleared":
                ringing.cancel()

    def _ring(self, alarm: dict[str, Any]) -> None:
        if alarm["taken_by"] or alarm["id"] in self._ringing or not self._sees_to(alarm):
            return
        task = asyncio.get_running_loop().create_task(self._look_after(alarm))
        self._ringing[alarm["id"]] = task
        task.add_done_callback(lambda _: self._ringing.pop(alarm["id"], None))

    def _sees_to(self, alarm: dict[str, Any]) -> bool:
        if alarm["kind"] in UNASSIGNED:
            return self._habits.happens("assigns", alarm["order_id"])
        return alarm["kind"] in EXCEPTIONS and self._habits.happens("solves", alarm["order_id"])

    async def _look_after(self, alarm: dict[str, Any]) -> None:
        order_id = alarm["order_id"]
        await self._pace.think(self._habits.dice("rings", order_id), *LETS_RING_S)
        try:
            await self._person.post(f"/api/board/alarms/{alarm['id']}/take")
            if alarm["kind"] in UNASSIGNED:
                ranked = await self._person.get(f"/api/board/orders/{order_id}/candidates")
                await self._assign(order_id, [one["worker"]["id"] for one in self._worth_a_call(ranked)])
            else:
                await self._solve(order_id)
        except (Refused, Unreachable) as error:
            log.info("alarm %s: %s", alarm["id"], error)

    @staticmethod
    def _worth_a_call(ranked: dict[str, Any]) -> list[dict[str, Any]]:
        """The ranked ones, then those who said no or nothing, or rest: a call may change their mind."""
        soft = [one for one in ranked["excluded"] if one["reason"] in ("refused", "unanswered", "off_duty")]
        return [*ranked["candidates"], *soft]

    async def _assign(self, order_id: int, workers: list[int]) -> None:
        for worker_id in workers:
            try:
                await self._person.command(f"/api/orders/{order_id}/assign", {"worker_id": worker_id})
            except Refused as refusal:
                if refusal.code not in ("worker_unfit", "slot_taken"):
                    raise
            else:
                return

    async def _solve(self, order_id: int) -> None:
        """Answer, say so to both, find out, decide."""
        await self._person.command(f"/api/orders/{order_id}/exceptions/answer")
        await self._person.say(order_id, self._habits.choice("answers", order_id))
        await self._pace.think(self._habits.dice("solves after", order_id), *SOLVES_AFTER_S)
        detail = await self._person.get(f"/api/orders/{order_id}")
        open_types = [one["type"] for one in detail["exceptions"] if not one["outcome"]]
        if open_types:
            wanted = self._habits.data["solutions"][open_types[0]]
            outcome = wanted if wanted in detail["allowed_actions"] else "continue"
            await self._person.command(f"/api/orders/{order_id}/exceptions/decide", _decision(outcome))


def _decision(outcome: str) -> dict[str, Any]:
    """With what its outcome needs."""
    refund = {"refund_bp": REFUND_BP} if outcome in ("end_early", "cancel_with_refund") else {}
    return {"outcome": outcome, **refund, **({"failed": False} if outcome == "send_somebody_else" else {})}
