"""The demo as it runs: the people, strangers to the platform's code, bring an order from its booking to its end."""

import sys
import time
from collections.abc import Callable

import pytest

from config.stack.embedded import Stack
from web.demo.seeding import CITY, seed
from web.orders.models import Order, OrderEvent
from web.orders.services.terms import put_policy
from workflows.transitions import Phase

pytestmark = [pytest.mark.django_db(transaction=True)]

SPEED = 900
WAIT_S = 240


def wait_for(condition: Callable[[], bool], *, stack: Stack) -> None:
    ends_at = time.monotonic() + WAIT_S
    while not condition():
        assert stack.processes["people"].process.poll() is None, stack.processes["people"].last_lines(30)
        assert time.monotonic() < ends_at, stack.processes["people"].last_lines(30)
        time.sleep(0.2)


def test_the_people_bring_an_order_from_booking_to_confirmation(stack: Stack) -> None:
    seed(speed=SPEED)
    for kind, data in UNHURRIED.items():
        put_policy(kind=kind, data=data, city=CITY)
    address = stack.start_server("web-1")
    stack.start_worker("worker-1")
    command = [sys.executable, "-m", "web.demo.people", "--base-url", address, "--speed", str(SPEED)]
    stack.processes.start(
        "people", [*command, "--customers", "20", "--orders-per-day", "20"], environment={}, grace_s=6
    )
    wait_for(lambda: ordinary() is not None, stack=stack)
    order = ordinary()
    assert order is not None
    assert not order.records.filter(done_at=None).exists()
    assert (order.arrived_off_m or 0) < 300


def ordinary() -> Order | None:
    """A completed order that nothing came between: not every one has a day like that."""
    for order in Order.objects.filter(phase=Phase.COMPLETED):
        told = OrderEvent.objects.filter(order=order, type__in=STORY).order_by("version")
        if list(told.values_list("type", flat=True)) == STORY:
            return order
    return None


UNHURRIED = {
    "booking": {"slot_step_s": 6, "min_notice_s": 2, "horizon_s": 600, "buffer_s": 3},
    "payment": {"window_s": 120},
    "dispatch": {"offer_s": 20, "retry_s": 2},
}
"""Where the speed would leave people less time than a busy machine needs."""

STORY = ["placed", "paid", "accepted", "departed", "arrived", "started", "finished", "completed"]
