"""How people do each thing that they may do to an order."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.world.people import Person, Refused, Worker
from tests.world.plants import AGAIN, ANSWER, CLAIM, MOVE, REQUEST, SHOES, SUPPLEMENT
from tests.world.town import Trade
from workflows.transitions import TABLE, Move, Role

PEOPLES = frozenset(rule.move for rule in TABLE if rule.role is not Role.SYSTEM)
"""What is a person's to do. All other moves are the actor's own: nobody can ask for them."""


@dataclass(frozen=True)
class Here:
    """One of an order's people. sees: what the API shows him just now, an offer or else the order's detail."""

    trade: Trade
    order_id: int
    person: Person
    sees: Mapping[str, Any]
    draw: Random

    @property
    def moves(self) -> list[Move]:
        """What he may do."""
        if "allowed_actions" not in self.sees:
            return [Move.ACCEPT, Move.REFUSE]
        moves = [Move(move) for move in self.sees["allowed_actions"]]
        return [move for move in moves if move is not Move.TICK or self.unticked]

    @property
    def unticked(self) -> list[int]:
        """Steps that are not done."""
        return [record["position"] for record in self.sees["records"] if record["done_at"] is None]

    async def say(self, path: str, body: Any = None) -> None:
        """A command to the order."""
        await self.person.command(f"/api/orders/{self.order_id}/{path}", body)

    async def later(self) -> str:
        """Another time for the visit."""
        starts_at = (await self.trade.town.row(self.order_id)).starts_at
        return (starts_at + timedelta(seconds=60 * self.draw.randint(1, 5))).isoformat()


Way = Callable[[Here], Awaitable[None]]


def _plain(path: str, **body: Any) -> Way:
    return lambda here: here.say(path, body)


def _decided(outcome: str, **more: Any) -> Way:
    return _plain("exceptions/decide", outcome=outcome, **more)


async def _accept(here: Here) -> None:
    await here.person.command(f"/api/offers/{here.sees['id']}/accept")


async def _refuse(here: Here) -> None:
    await here.person.command(f"/api/offers/{here.sees['id']}/refuse", {"reason": "too_far"})


async def _assign(here: Here) -> None:
    await here.say("assign", {"worker_id": here.draw.choice(here.trade.workers).id})


async def _start(here: Here) -> None:
    """Sometimes he has got the code wrong, and tries until it is locked."""
    if here.draw.random() < 0.08:
        while True:
            try:
                await here.say("start", {"code": "no such code"})
            except Refused as refused:
                if refused.body["code"] != "wrong_start_code":
                    raise
    await here.say("start", {"code": await here.trade.code(here.order_id)})


async def _tick(here: Here) -> None:
    await here.say(f"steps/{here.unticked[0]}")


async def _report_absent(here: Here) -> None:
    if isinstance(here.person, Worker) and here.draw.random() < 0.5:
        await here.person.be_at()
    await here.say("report-absent")


async def _call_off(here: Here) -> None:
    """Seldom with a compensation: nobody confirms it, and its payout asks to the end of the test."""
    given_fen = 7 if here.draw.random() < 0.2 else 0
    await here.say("call-off", {"reason": "dispute", "refund_bp": 3_333, "customer_compensation_fen": given_fen})


async def _reschedule(here: Here) -> None:
    await here.say("reschedule", {"starts_at": await here.later()})


async def _propose_move(here: Here) -> None:
    await here.say("proposals/move", {"starts_at": await here.later(), "reason": MOVE})


async def _change_address(here: Here) -> None:
    customer = here.trade.customer
    address = {"service_id": here.trade.service_id, "address_id": customer.address_id}
    quote = await customer.post("/api/quotes", address, key=None)
    await here.say("address", {"address_id": customer.address_id, "quoted_fen": quote["total_fen"]})


async def _approve(here: Here) -> None:
    """And pay, mostly."""
    await _answered("approve")(here)
    if here.draw.random() < 0.7 and _proposal(here)["amount_fen"]:
        await here.trade.customer.pay(here.order_id, what=f"proposals/{_proposal(here)['id']}/pay")


async def _tip(here: Here) -> None:
    """And pay it, mostly."""
    await here.say("tip", {"amount_fen": here.draw.randint(100, 2_000)})
    if here.draw.random() < 0.7:
        await here.trade.customer.pay(here.order_id, what="tip/pay")


async def _answer_case(here: Here) -> None:
    (case,) = [one["id"] for one in here.sees["cases"] if not one["outcome"]]
    more: dict[str, Any] = {
        "noted": {},
        "declined": {},
        "refunded": {"refund": {"amount_fen": 333, "reason": "quality"}},
        "rework": {"rework": {"starts_at": await here.later(), "worker": "anybody", "request": AGAIN}},
    }
    outcome = here.draw.choice(list(more))
    await here.say(f"cases/{case}/answer", {"outcome": outcome, "text": ANSWER, **more[outcome]})


def _answered(word: str) -> Way:
    async def say(here: Here) -> None:
        await here.say(f"proposals/{_proposal(here)['id']}/{word}")

    return say


def _proposal(here: Here) -> dict[str, Any]:
    """The newest."""
    return dict(here.sees["proposals"][0])


WAYS: Mapping[Move, Way] = {
    Move.CANCEL: _plain("cancel", reason="other"),
    Move.CONFIRM: _plain("confirm"),
    Move.ACCEPT: _accept,
    Move.REFUSE: _refuse,
    Move.DEPART: _plain("depart"),
    Move.ARRIVE: _plain("arrive"),
    Move.START: _start,
    Move.TICK: _tick,
    Move.FINISH: _plain("finish"),
    Move.ASSIGN: _assign,
    Move.UNLOCK: _plain("unlock"),
    Move.HAND_BACK: _plain("hand-back", reason="unwell"),
    Move.REPORT_ABSENT: _report_absent,
    Move.AM_HERE: _plain("am-here"),
    Move.WORKER_ABSENT: _plain("worker-absent"),
    Move.TAKE_OFF: _plain("take-off", reason="unreachable", failed=False),
    Move.CALL_OFF: _call_off,
    Move.RESCHEDULE: _reschedule,
    Move.REPORT_EXCEPTION: _plain("exceptions", type="scope_larger", text=REQUEST),
    Move.ANSWER_EXCEPTION: _plain("exceptions/answer"),
    Move.WITHDRAW_EXCEPTION: _plain("exceptions/withdraw"),
    Move.CONTINUE: _decided("continue"),
    Move.CONTINUE_WITH_SUPPLEMENT: _decided("continue_with_supplement"),
    Move.CLAIM: _plain("claims", kind="quality", text=CLAIM),
    Move.ANSWER_CASE: _answer_case,
    Move.SEND_SOMEBODY_ELSE: _decided("send_somebody_else", failed=True),
    Move.END_EARLY: _decided("end_early", refund_bp=3_333),
    Move.CANCEL_WITH_REFUND: _decided("cancel_with_refund", refund_bp=7_777),
    Move.CHANGE_ADDRESS: _change_address,
    Move.CHANGE_REQUEST: _plain("request", request=SHOES),
    Move.PROPOSE_MOVE: _propose_move,
    Move.PROPOSE_SUPPLEMENT: _plain("proposals/supplement", items=[], other_fen=1_001, reason=SUPPLEMENT),
    Move.APPROVE: _approve,
    Move.DECLINE: _answered("decline"),
    Move.WITHDRAW: _answered("withdraw"),
    Move.REFUND: _plain("refund", amount_fen=333, reason="goodwill", bearer="shared"),
    Move.TIP: _tip,
}
"""By move. A new one of people's has a line here, or test_random_lives.py says so."""
