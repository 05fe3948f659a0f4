"""A dispatcher who assigns by hand what has rung for a while. Off by default, so that a person may do it."""

import asyncio
import logging
from random import Random
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.live import Live
from web.demo.people.pace import Pace
from web.demo.people.person import StaffPerson

log = logging.getLogger("people")

CITY = "hangzhou"
LETS_RING_S = (120, 400)
RECOVERS_AFTER_S = 10.0


class Dispatcher:
    """Watches the board for `nobody_accepts` and calls somebody."""

    def __init__(self, username: str, password: str, *, api: Api, pace: Pace, seed: int) -> None:
        self._person = StaffPerson(api, username, password)
        self._pace = pace
        self._dice = Random(f"dispatcher:{seed}")
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
        if alarm["kind"] != "nobody_accepts" or alarm["taken_by"] or alarm["id"] in self._ringing:
            return
        task = asyncio.get_running_loop().create_task(self._look_after(alarm))
        self._ringing[alarm["id"]] = task
        task.add_done_callback(lambda _: self._ringing.pop(alarm["id"], None))

    async def _look_after(self, alarm: dict[str, Any]) -> None:
        await self._pace.think(self._dice, *LETS_RING_S)
        order_id = alarm["order_id"]
        try:
            await self._person.post(f"/api/board/alarms/{alarm['id']}/take")
            ranked = await self._person.get(f"/api/board/orders/{order_id}/candidates")
            await self._assign(order_id, [one["worker"]["id"] for one in self._worth_a_call(ranked)])
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
