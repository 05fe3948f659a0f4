"""Orders whose people do at random what they may: afterwards row, actor, timeline, topic and books agree."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import books, ending_of, left_of, together
from tests.faults.orders.ways import PEOPLES, WAYS, Here
from tests.faults.town import FaultyTown
from tests.workflows.fates import Fate
from tests.world.people import Person, Refused, Worker
from tests.world.town import Terms, Trade, in_database
from web.orders.models import Command, Order, OrderEvent
from workflows.transitions import Move

STEPS, AT_ONCE, SAID_EVERY = 12, 20, 50
HIS_TURN, RARE = 0.65, 0.25
"""How often it is who should act now that does, and how often he does what has been done least, of what he may."""
PATIENCE_S = 400.0
AHEAD_S = 1800
ONWARDS = {
    *(Move.ACCEPT, Move.DEPART, Move.ARRIVE, Move.START, Move.TICK, Move.FINISH, Move.CONFIRM),
    *(Move.APPROVE, Move.CONTINUE, Move.CLAIM, Move.TIP, Move.ANSWER_CASE, Move.UNLOCK, Move.AM_HERE),
}
BACKWARDS = {
    *(Move.CANCEL, Move.CALL_OFF, Move.CANCEL_WITH_REFUND, Move.END_EARLY, Move.WORKER_ABSENT, Move.TAKE_OFF),
    *(Move.HAND_BACK, Move.SEND_SOMEBODY_ELSE, Move.REPORT_EXCEPTION, Move.RESCHEDULE, Move.REPORT_ABSENT),
}
TERMS: Terms = {"completion": {"autoconfirm_s": 120, "review_s": 10}}
UNPUNCTUAL: Terms = {**TERMS, "visit": {"arrive_grace_s": 5 - AHEAD_S}, "no_show": {"worker_grace_s": 1}}
"""Of every third life: its worker is late before he could have come, and its customer may say so."""
AT_THE_END = ("AWAITING_CONFIRMATION", "COMPLETED")
"""It is the customer's turn then; until then the worker's."""
PAID = {"supplement_paid", "tipped", "refunded", "case_refunded", "case_reworked"}
"""What comes of moves that ask for money, or promise something."""


def test_everything_that_people_may_do_is_done_by_somebody() -> None:
    missing = sorted(PEOPLES - set(WAYS))
    assert not missing, f"nobody does {missing}: say in tests/faults/orders/ways.py how it is done"
    assert set(WAYS) == PEOPLES


@pytest.mark.usefixtures("patient_people")
@pytest.mark.case(11, "random lives on real actors: row, actor, timeline, topic and books agree")
async def test_whatever_people_do_all_agree(faulty_town: FaultyTown, case: Case, size: Size) -> None:
    done, room = Counter[Move](), asyncio.Semaphore(AT_ONCE)
    lives, over, order_ids = size(10, 500), Counter[str](), list[int]()

    async def lived(seed: int) -> None:
        life = Fate(_life(random.Random(seed), done, order_ids), workers=2, terms=TERMS if seed % 3 else UNPUNCTUAL)
        async with room, asyncio.timeout(PATIENCE_S):
            over[(await ending_of(faulty_town, life)).phase] += 1
        if over.total() % SAID_EVERY == 0:
            case.say(f"{over.total()} of {lives} are over")

    try:
        await together({f"seed {seed}": lived(seed) for seed in range(lives)})
    except BaseExceptionGroup:
        case.say(f"open: {await in_database(_open, order_ids)}")
        raise
    made, refused = await in_database(_commands, order_ids)
    case.tell(lives=lives, ended=dict(over), moves=dict(made), refused=dict(refused))
    assert await in_database(books) == []
    assert made.total() > refused.total()
    # Which of the rarer ones a few lives come to is chance.
    assert len(made) >= size(len(PEOPLES) // 2, len(PEOPLES)), f"nobody did {sorted(PEOPLES - set(made))}"
    assert size(set(), PAID) <= await in_database(_types, order_ids)


def _life(draw: random.Random, done: Counter[Move], order_ids: list[int]) -> Callable[[Trade], Awaitable[int]]:
    async def tell(trade: Trade) -> int:
        order_id = await trade.dispatched(starts_in_s=AHEAD_S)
        order_ids.append(order_id)
        async with trade.town.dispatcher() as dispatcher:
            for _ in range(STEPS):
                row = await trade.town.row(order_id)
                worker = next((one for one in trade.workers if one.id == row.worker_id), draw.choice(trade.workers))
                his_turn = {"EXCEPTION": dispatcher, **dict.fromkeys(AT_THE_END, trade.customer)}.get(row.phase, worker)
                person = his_turn if draw.random() < HIS_TURN else draw.choice([trade.customer, worker, dispatcher])
                sees = await _seen(person, order_id, offered=row.worker_id is None)
                if sees:
                    await _act(Here(trade, order_id, person, sees, draw), done)
            for rework_id in await _end(trade, dispatcher, order_id, draw):
                await _end(trade, dispatcher, rework_id, draw)
                await left_of(trade.town, rework_id)
        return order_id

    return tell


async def _act(here: Here, done: Counter[Move]) -> None:
    """One thing that he may do now. A refusal is an answer: somebody was faster."""
    if (move := _chosen(here, done)) is None:
        return
    try:
        await WAYS[move](here)
        done[move] += 1
    except Refused as refused:
        if refused.status not in (404, 409):
            raise


def _chosen(here: Here, done: Counter[Move]) -> Move | None:
    """An order should come far; and what is seldom done should be done."""
    onwards = [move for move in here.moves if move in ONWARDS]
    backwards = [move for move in here.moves if move in BACKWARDS]
    others = [move for move in here.moves if move not in ONWARDS | BACKWARDS]
    if here.moves and here.draw.random() < RARE:
        return min(here.moves, key=lambda move: done[move])
    dice = here.draw.random()
    choices = backwards if dice < 0.06 else onwards if dice < 0.75 and onwards else others or onwards
    return here.draw.choice(choices) if choices else None


async def _seen(person: Person, order_id: int, *, offered: bool) -> dict[str, Any]:
    """See `Here`; {} where there is nothing for him. offered: nobody has the order."""
    if offered and isinstance(person, Worker):
        return dict(next(iter((await person.get("/api/worker/offers"))["items"]), {}))
    try:
        return await person.get(f"/api/orders/{order_id}")
    except Refused as refused:
        # Taken from him since.
        if refused.status != 404:
            raise
        return {}


async def _end(trade: Trade, dispatcher: Person, order_id: int, draw: random.Random) -> list[int]:
    """Staff end what still lives, and answer what is open; the reworks that it led to."""
    ways = (Move.CANCEL_WITH_REFUND, Move.CALL_OFF, Move.ANSWER_CASE)
    while (detail := await dispatcher.get(f"/api/orders/{order_id}"))["order"]["ended_at"] is None:
        here = Here(trade, order_id, dispatcher, detail, draw)
        if not (left := [move for move in ways if move in here.moves]):
            break
        try:
            await WAYS[left[0]](here)
        except Refused as refused:
            if refused.status != 409:
                raise
    return [each["id"] for each in detail["reworks"]]


def _open(order_ids: Collection[int]) -> list[str]:
    """Each that has not ended: its phase, when its actor moves next, and the commands that wait."""
    left = Order.objects.filter(pk__in=order_ids, ended_at=None).order_by("pk")
    waiting = Command.objects.filter(state=Command.PENDING)
    return [
        f"{one}: {one.phase}, {one.moves_at}, {list(waiting.filter(order=one).values_list('move', flat=True))}"
        for one in left
    ]


def _commands(order_ids: Collection[int]) -> tuple[Counter[str], Counter[str]]:
    """(done, refused) by move, as the rows have it."""
    asked = Command.objects.filter(order_id__in=order_ids).values_list("move", "state")
    done = Counter(move for move, state in asked if state == Command.DONE)
    return done, Counter(move for move, state in asked if state == Command.REFUSED)


def _types(order_ids: Collection[int]) -> set[str]:
    return set(OrderEvent.objects.filter(order_id__in=order_ids).values_list("type", flat=True))
