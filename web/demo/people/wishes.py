"""What a customer wants besides his visit: another time, his worker's questions answered, help, and to say thanks."""

import logging
from typing import Any

from web.demo.people.api import Refused
from web.demo.people.habits import Habits
from web.demo.people.incidents import another_time
from web.demo.people.orders import Card
from web.demo.people.pace import Pace, seconds_until
from web.demo.people.person import PhonePerson

log = logging.getLogger("people")

ANSWERS_AFTER_S, REPORTS_AFTER_S, TIPS_AFTER_S = (40, 400), (60, 900), (60, 600)
PATIENCE_S = 5_400
"""The demo's seconds after which he takes back what he has reported and nobody decided: they came to terms."""
QUESTIONS = ("order.move_proposed", "order.supplement_proposed")


class Wishes:
    """One customer's, for all of his orders. Each thing once per order."""

    def __init__(self, person: PhonePerson, *, pace: Pace, habits: Habits) -> None:
        self._person, self._pace, self._habits = person, pace, habits
        self._asked: set[int] = set()
        self._done: set[tuple[str, int]] = set()

    def hear(self, kind: str, order_id: int) -> None:
        """An event of an order: perhaps a question."""
        if kind in QUESTIONS:
            self._asked.add(order_id)

    def read(self, detail: dict[str, Any]) -> None:
        """After a restart: what was asked before."""
        if any(_is_question(one) for one in detail["proposals"]):
            self._asked.add(detail["order"]["id"])

    async def see_to(self, card: Card) -> None:
        """Whatever there is to be done about an order that looks like this now. Refusals are taken as they come."""
        order_id, phase = card["id"], card["phase"]
        try:
            if order_id in self._asked:
                self._asked.discard(order_id)
                await self._answer(order_id)
            elif phase == "EXCEPTION":
                await self._make_peace(card)
            elif phase == "ACCEPTED" and self._wants("moves", order_id):
                await self._move(card)
            else:
                await self._report(order_id, phase)
        except Refused as refusal:
            log.info("order %s: %s", order_id, refusal)

    async def say_thanks(self, order_id: int) -> None:
        """A tip."""
        if not self._wants("tips", order_id):
            return
        await self._pace.think(self._habits.dice("thanks", order_id), *TIPS_AFTER_S)
        amount = self._habits.choice("tips_fen", order_id)
        try:
            await self._person.command(f"/api/orders/{order_id}/tip", {"amount_fen": amount})
            await self._person.pay(f"/api/orders/{order_id}/tip/pay")
        except Refused as refusal:
            log.info("order %s: %s", order_id, refusal)

    def _wants(self, what: str, order_id: int) -> bool:
        """True once, where he does it at all."""
        if (what, order_id) in self._done or not self._habits.happens(what, order_id):
            return False
        self._done.add((what, order_id))
        return True

    async def _answer(self, order_id: int) -> None:
        await self._pace.think(self._habits.dice("answer", order_id), *ANSWERS_AFTER_S)
        detail = await self._person.get(f"/api/orders/{order_id}")
        for asked in filter(_is_question, detail["proposals"]):
            supplement = asked["kind"] == "supplement"
            agrees = self._habits.happens("agrees_to_supplement" if supplement else "agrees_to_move", order_id)
            path = f"/api/orders/{order_id}/proposals/{asked['id']}"
            await self._person.command(f"{path}/{'approve' if agrees else 'decline'}")
            if agrees and supplement:
                await self._person.pay(f"{path}/pay")

    async def _move(self, card: Card) -> None:
        starts_at = await another_time(self._person, self._habits, card)
        if starts_at:
            await self._person.command(f"/api/orders/{card['id']}/reschedule", {"starts_at": starts_at})

    async def _report(self, order_id: int, phase: str) -> None:
        entry = self._habits.trouble(order_id)
        if entry and entry["phase"] == phase and ("reported", order_id) not in self._done:
            self._done.add(("reported", order_id))
            await self._pace.think(self._habits.dice("report", order_id), *REPORTS_AFTER_S)
            report = {"type": entry["type"], "text": entry["text"]}
            await self._person.command(f"/api/orders/{order_id}/exceptions", report)

    async def _make_peace(self, card: Card) -> None:
        if self._pace.real(PATIENCE_S) + seconds_until(card["phase_since"]) > 0:
            return
        detail = await self._person.get(f"/api/orders/{card['id']}")
        if "withdraw_exception" in detail["allowed_actions"]:
            await self._person.command(f"/api/orders/{card['id']}/exceptions/withdraw")


def _is_question(proposal: dict[str, Any]) -> bool:
    return bool(proposal["state"] == "open" and proposal["to"] == "customer")
