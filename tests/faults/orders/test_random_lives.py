"""Orders whose people do at random what they may: afterwards row, actor, timeline, topic and books agree."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import books, ending_of, together
from tests.faults.town import FaultyTown
from tests.workflows.fates import Fate
from tests.world.people import Person, Refused, Worker
from tests.world.town import Trade, in_database

STEPS, AT_ONCE, SAID_EVERY = 24, 20, 50
PATIENCE_S = 600.0
LATELY: Mapping[str, tuple[str, Any]] = {
    "cancel": ("cancel", {"reason": "other"}),
    "confirm": ("confirm", {}),
    "change_request": ("request", {"request": "请带鞋套"}),
    "report_exception": ("exceptions", {"type": "scope_larger", "text": "比预约的多"}),
    "withdraw_exception": ("exceptions/withdraw", {}),
    "answer_exception": ("exceptions/answer", {}),
    "continue": ("exceptions/decide", {"outcome": "continue"}),
    "send_somebody_else": ("exceptions/decide", {"outcome": "send_somebody_else", "failed": True}),
    "end_early": ("exceptions/decide", {"outcome": "end_early", "refund_bp": 3_333}),
    "cancel_with_refund": ("exceptions/decide", {"outcome": "cancel_with_refund", "refund_bp": 7_777}),
    "depart": ("depart", {}),
    "arrive": ("arrive", {}),
    "finish": ("finish", {}),
    "hand_back": ("hand-back", {"reason": "unwell"}),
    "propose_supplement": ("proposals/supplement", {"items": [], "other_fen": 1_001, "reason": "换配件"}),
    "take_off": ("take-off", {"reason": "unreachable", "failed": False}),
    "call_off": ("call-off", {"reason": "dispute", "refund_bp": 3_333, "customer_compensation_fen": 7}),
    "refund": ("refund", {"amount_fen": 333, "reason": "goodwill", "bearer": "shared"}),
    "claim": ("claims", {"kind": "quality", "text": "没有打扫干净"}),
}
STORY = {"depart", "arrive", "start", "tick", "finish", "confirm", "approve", "continue", "claim"}
RARE = {
    *("cancel", "call_off", "cancel_with_refund", "end_early"),
    *("take_off", "hand_back", "send_somebody_else", "report_exception"),
}


@pytest.mark.usefixtures("patient_people")
@pytest.mark.case(11, "random lives on real actors: row, actor, timeline, topic and books agree")
async def test_whatever_people_do_all_agree(faulty_town: FaultyTown, case: Case, size: Size) -> None:
    done, room = Counter[str](), asyncio.Semaphore(AT_ONCE)

    lives, over = size(20, 500), Counter[str]()

    async def lived(seed: int) -> None:
        async with room, asyncio.timeout(PATIENCE_S):
            over[(await ending_of(faulty_town, Fate(_life(random.Random(seed), done), workers=2))).phase] += 1
        if over.total() % SAID_EVERY == 0:
            case.say(f"{over.total()} of {lives} are over")

    await together({f"seed {seed}": lived(seed) for seed in range(lives)})
    case.figures.update({"lives": lives, "ended": dict(over), "moves": dict(done)})
    assert await in_database(books) == []


def _life(draw: random.Random, done: Counter[str]) -> Callable[[Trade], Any]:
    async def tell(trade: Trade) -> int:
        order_id = await trade.dispatched()
        async with trade.town.dispatcher() as dispatcher:
            for _ in range(STEPS):
                # Who has it can do most; before that they all may get it.
                has_it = (await trade.town.row(order_id)).worker_id
                workers = [worker for worker in trade.workers if worker.id == has_it] or trade.workers
                everybody: list[Person] = [trade.customer, *workers, *workers, dispatcher]
                await _act(trade, draw.choice(everybody), order_id, draw, done)
            await _end(dispatcher, order_id)
        return order_id

    return tell


async def _act(trade: Trade, person: Person, order_id: int, draw: random.Random, done: Counter[str]) -> None:
    """One thing that he may do now. A refusal is an answer: somebody was faster."""
    try:
        if isinstance(person, Worker) and (offers := (await person.get("/api/worker/offers"))["items"]):
            await person.command(f"/api/offers/{offers[0]['id']}/accept")
            done["accept"] += 1
            return
        detail = await person.get(f"/api/orders/{order_id}")
        ways = await _ways(trade, detail, order_id)
        rare = [move for move in ways if move in RARE]
        usual = [move for move in ways if move not in RARE]
        story = [move for move in ways if move in STORY]
        choices = rare if rare and draw.random() < 0.08 else story if story and draw.random() < 0.7 else usual
        if choices:
            move = draw.choice(choices)
            path, body = ways[move]
            await person.command(f"/api/orders/{order_id}/{path}", body)
            done[move] += 1
    except Refused as refused:
        if refused.status not in (404, 409):
            raise
        done[f"refused: {refused.body['code']}"] += 1


async def _ways(trade: Trade, detail: dict[str, Any], order_id: int) -> dict[str, tuple[str, Any]]:
    """What he may do, by its path and body."""
    allowed = detail["allowed_actions"]
    ways = {move: LATELY[move] for move in allowed if move in LATELY}
    if "start" in allowed:
        ways["start"] = ("start", {"code": await trade.code(order_id)})
    if "tick" in allowed:
        left = [record["position"] for record in detail["records"] if record["done_at"] is None]
        ways |= {"tick": (f"steps/{left[0]}", {})} if left else {}
    for move in {"approve", "decline", "withdraw"} & set(allowed):
        waiting = [one["id"] for one in detail["proposals"] if one["state"] == "open"]
        ways |= {move: (f"proposals/{waiting[0]}/{move}", {})} if waiting else {}
    return ways


async def _end(dispatcher: Person, order_id: int) -> None:
    """Staff end what still lives, and answer what is open."""
    while (detail := await dispatcher.get(f"/api/orders/{order_id}"))["order"]["ended_at"] is None:
        allowed = detail["allowed_actions"]
        ways = [move for move in ("cancel_with_refund", "call_off") if move in allowed]
        try:
            if ways:
                path, body = LATELY[ways[0]]
                await dispatcher.command(f"/api/orders/{order_id}/{path}", body)
            elif "answer_case" in allowed:
                (case,) = [one["id"] for one in detail["cases"] if not one["outcome"]]
                answer = {"outcome": "noted", "text": "已联系服务人员"}
                await dispatcher.command(f"/api/orders/{order_id}/cases/{case}/answer", answer)
            else:
                return
        except Refused as refused:
            if refused.status != 409:
                raise
