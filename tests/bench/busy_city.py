"""What `board_snapshot.py` does once Django is there."""

import json
import os
import time
from collections.abc import Callable
from datetime import timedelta

import httpx

from config.stack.embedded import Stack
from tests.bench.figures import cpu_s, percentiles_ms
from tests.web.orders.story import Story, tomorrow
from tests.web.people import CITY, make_city, make_customer, make_service, make_staff, make_worker, token_of
from workflows.transitions import Move

LIVE = 300
WORKERS = 30
WARM_UP = 5

# So far each order goes; as many of each, but a worker has one order in hand at most.
WAYS: list[Callable[[Story], object]] = [
    lambda story: story,
    lambda story: story.pay(),
    lambda story: story.pay().offer(),
    lambda story: story.pay().offer().accept(),
    lambda story: story.pay().offer().accept() and _on_the_way(story),
    lambda story: story.pay().offer().accept() and _on_the_way(story) and story.arrive().start(),
]


def measure(stack: Stack, *, requests: int) -> str:
    """One JSON object: the snapshot in ms and its size."""
    token = _fill()
    address = stack.start_server("web-1")
    times, size, cpu_before = [], 0, 0.0
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        for number in range(requests + WARM_UP):
            if number == WARM_UP:
                cpu_before = cpu_s(stack)["web-1"]
            began = time.perf_counter()
            answer = client.get(f"/api/board/{CITY}").raise_for_status()
            times.append(time.perf_counter() - began)
            size = len(answer.content)
        live = len(answer.json()["orders"])
        cpu_ms = round((cpu_s(stack)["web-1"] - cpu_before) / requests * 1000, 1)
    figures = {"board_snapshot_ms": percentiles_ms(times[WARM_UP:]), "server_cpu_ms": cpu_ms, "orders": live}
    return json.dumps({**figures, "bytes": size, "load": os.getloadavg()[0]})


def _on_the_way(story: Story) -> bool:
    return story.ask(story.worker, Move.DEPART).outcome.done


def _fill() -> str:
    """Three hundred live orders in all phases; the token of a dispatcher."""
    make_city()
    for _ in range(WORKERS):
        make_worker(on_duty=True)
    service = make_service()
    for number in range(LIVE):
        # Ten visits of each worker, three hours apart: two of work and the way.
        starts_at = tomorrow(0) + timedelta(hours=3 * (number // WORKERS))
        WAYS[number % len(WAYS)](Story.placed(make_customer(), service, starts_at=starts_at))
    return token_of(make_staff(city=CITY))
