"""The play: everybody enters, 40 orders start one after the other, half-way two processes are killed, all come to an
end.
"""

import asyncio
import time

import httpx

from config.stack.embedded import Stack
from tests.smoke.cast import Buyer, Dispatcher, Hand
from tests.smoke.checker import Following, TopicLog, lagging, read_log
from tests.smoke.scripts import CREWS, CUSTOMERS, DISPATCHERS
from tests.smoke.stage import Stage

SERVERS, WORKERS = ("web-1", "web-2"), ("worker-1", "worker-2")
KILLED = KILLED_WORKER, KILLED_SERVER = "worker-1", "web-1"
EVERY_S = 0.8
"""An order starts; each takes some ten seconds, so about ten are in flight."""

SETTLE_LOOKS = 20
"""At most so many half seconds after the last event, its last push may come."""

REPEATS_S = 1.5
"""So long a repetition of the last pushes is waited for: longer than the hub's comparison of heads."""


async def perform(stage: Stage, stack: Stack) -> None:
    """Everything from signing in to the end of the last order."""
    buyers = await _enter(stage)
    killing = stage.spawn(_kill_half_way(stage, stack))
    for case in stage.cases:
        buyer = buyers[case.number % len(buyers)]
        case.living = stage.spawn(buyer.live_through(case), case)
        await asyncio.sleep(EVERY_S)
    await asyncio.gather(*(case.living for case in stage.cases if case.living), killing, return_exceptions=True)


async def _enter(stage: Stage) -> list[Buyer]:
    buyers = [Buyer(stage, number) for number in range(CUSTOMERS)]
    hands = [Hand(stage, number, crew) for crew in CREWS for number in range(crew.first, crew.last + 1)]
    dispatchers = [Dispatcher(stage, number, name) for number, name in enumerate(DISPATCHERS)]
    everybody: list[Buyer | Hand | Dispatcher] = [*buyers, *hands, *dispatchers]
    async with asyncio.TaskGroup() as group:
        for actor in everybody:
            group.create_task(actor.enter())
    return buyers


async def _kill_half_way(stage: Stage, stack: Stack) -> None:
    """SIGKILL to one worker process and one server at the same moment, with orders in all phases. Then both
    are started again, and it ends when they work.
    """
    await stage.cases[len(stage.cases) // 2].until("placed")
    stage.kills.append(time.time())
    for name in KILLED:
        stack.processes.kill(name)
    for name in KILLED:
        stack.processes.start_again(name)
    killed_url = stage.base_urls[SERVERS.index(KILLED_SERVER)]
    while not (_is_at_work(stack, KILLED_WORKER) and await _answers(killed_url)):  # noqa: ASYNC110 - of another process
        await asyncio.sleep(1)
    stage.back_after_s = time.time() - stage.kills[0]


def _is_at_work(stack: Stack, worker: str) -> bool:
    """The log goes on where the killed one ended."""
    return stack.processes[worker].log.read_text(encoding="utf-8", errors="replace").count("worker ready") > 1


async def _answers(base_url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{base_url}/healthz")).status_code == 200
        except httpx.TransportError:
            return False


async def last_pushes(stage: Stage, database_url: str) -> dict[str, TopicLog]:
    """Wait until every subscriber has what the log has now, and a little longer, so that a repetition has its chance.
    Returns the log as it was at first.
    """
    log = read_log(database_url)
    for _ in range(SETTLE_LOOKS):
        if not lagging(followings_of(stage), log):
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(REPEATS_S)
    return log


def followings_of(stage: Stage) -> list[Following]:
    """Every subscription of everybody."""
    return [following for listener in stage.listeners for following in listener.followings]
