"""The field: workers of the three, and the measurement of each in its turn. Loaded when Django is there."""

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from temporalio.client import Client

from config.stack.embedded import Stack
from config.stack.processes import wait_until
from tests.bench.figures import percentiles_ms
from tests.bench.orders import whole
from tests.bench.orders.contenders import STARTED, Bare, Contender, Prepared, Product
from tests.world import seeds

if TYPE_CHECKING:
    from tests.bench.orders.run import Sizes

CONTENDERS: dict[str, Contender] = {"c0": Bare("nothing"), "c1": Bare("empty_transaction"), "c2": Product()}
POLICIES = {
    "payment": {"window_s": 3600},
    "dispatch": {"offer_s": 3600, "retry_s": 60, "max_offers": 5},
    "completion": {"autoconfirm_s": 3600, "review_s": 1},
}


@dataclass
class Found:
    """Of one contender, by number in flight."""

    rates: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    times: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    history: dict[str, Any] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """As the JSON has it. updates_per_s: with most in flight."""
        rates = {number: round(median(each), 1) for number, each in self.rates.items()}
        return {
            "updates_per_s": rates[max(rates)],
            "updates_per_s_by_in_flight": rates,
            "update_ms": {number: percentiles_ms(each) for number, each in self.times.items()},
            "history": self.history,
        }


def run(stack: Stack, sizes: "Sizes") -> dict[str, Any]:
    """c0, c1, c2, c2_over_c1, an ordinary order's history, the statements of each step."""
    _start_workers(stack)
    seeds.make_city(POLICIES)
    measured = asyncio.run(_measured(stack, sizes))
    found = {name: each.figures() for name, each in measured.items()}
    ratio = found["c2"]["updates_per_s"] / found["c1"]["updates_per_s"]
    history = asyncio.run(_ordinary(stack))
    return {
        **found,
        "c2_over_c1": round(ratio, 2),
        **history,
        "statements_per_step": dict(whole.statements_per_step()),
    }


def _start_workers(stack: Stack) -> None:
    # Orders alone: the sweep is no part of what is compared.
    programs = {
        "product": ["-m", "workflows.worker", "--queues", "orders"],
        "bare": ["-m", "tests.bench.orders.skeleton"],
    }
    names = [f"{program}-{number}" for program in programs for number in (1, 2)]
    for name in names:
        command = [sys.executable, *programs[name.partition("-")[0]]]
        stack.processes.start(name, command, environment=stack.environment)
    for name in names:
        child = stack.processes[name]
        wait_until(partial(_says_ready, child.log), what=name, child=child, timeout_s=90)


def _says_ready(log: Any) -> bool:
    return b"worker ready" in log.read_bytes()


async def _measured(stack: Stack, sizes: "Sizes") -> dict[str, Found]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    found = {name: Found() for name in CONTENDERS}
    for contender in CONTENDERS.values():
        await _turn(client, contender, Found(), in_flight=2, orders=1)  # warm
    names = list(CONTENDERS)
    for round_number in range(sizes.rounds):
        for in_flight in sizes.in_flight:
            for name in names[:: -1 if round_number % 2 else 1]:
                await _turn(client, CONTENDERS[name], found[name], in_flight=in_flight, orders=sizes.orders)
    return found


async def _turn(client: Client, contender: Contender, found: Found, *, in_flight: int, orders: int) -> None:
    """So many lanes at once, each with one order after the other; all are prepared before the clock runs."""
    lanes = [[await contender.prepare(client, lane) for _ in range(orders)] for lane in range(in_flight)]
    for prepared in (one for lane in lanes for one in lane):
        await _awake(prepared)
    began = time.perf_counter()
    times = await asyncio.gather(*(_drive(lane) for lane in lanes))
    took_s = time.perf_counter() - began
    taken = [seconds for each in times for seconds in each]
    found.times[in_flight] += taken
    found.rates[in_flight].append(len(taken) / took_s)
    if not found.history:
        found.history = await whole.history_of(lanes[0][0].handle)


async def _awake(prepared: Prepared) -> None:
    """Its first workflow task is done: it waits."""
    async with asyncio.timeout(30):
        while (await prepared.handle.describe()).history_length < STARTED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _drive(lane: Sequence[Prepared]) -> list[float]:
    """Seconds of each Update, from sending it to its outcome."""
    times = []
    for prepared in lane:
        for update in prepared.updates:
            began = time.perf_counter()
            await update()
            times.append(time.perf_counter() - began)
    return times


async def _ordinary(stack: Stack) -> dict[str, Any]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    return await whole.ordinary_order(client)
