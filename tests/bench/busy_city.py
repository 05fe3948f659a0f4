"""What `board_snapshot.py` does once Django is there."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import httpx

from config.stack.embedded import Stack
from tests.bench.figures import percentiles_ms
from tests.web.orders.story import Story, tomorrow
from tests.web.people import CITY, make_city, make_customer, make_service, make_staff, make_worker, token_of

LIVE = 300
WORKERS = 30
WARM_UP = 5

# So far each order goes; as many of each.
WAYS: list[Callable[[Story], object]] = [
    lambda story: story,
    lambda story: story.pay(),
    lambda story: story.pay().offer(),
    lambda story: story.pay().offer().accept(),
    lambda story: story.pay().offer().accept().depart(),
    lambda story: story.pay().offer().accept().depart().arrive().start(),
]


def measure(stack: Stack, *, requests: int) -> str:
    """One JSON object: the snapshot in ms and its size."""
    token = _fill()
    address = stack.start_server("web-1")
    times, size = [], 0
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        for _ in range(requests + WARM_UP):
            began = time.perf_counter()
            answer = client.get(f"/api/board/{CITY}").raise_for_status()
            times.append(time.perf_counter() - began)
            size = len(answer.content)
        live = len(answer.json()["orders"])
    figures = {"board_snapshot_ms": percentiles_ms(times[WARM_UP:]), "orders": live, "bytes": size}
    return json.dumps(figures)


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
