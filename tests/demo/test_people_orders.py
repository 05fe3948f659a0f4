"""What a person knows of his orders."""

import asyncio
from typing import Any

from web.demo.people.orders import Orders


def card(version: int, phase: str, order_id: int = 1) -> dict[str, Any]:
    return {"id": order_id, "version": version, "phase": phase}


async def test_an_older_card_never_replaces_a_newer_one() -> None:
    orders = Orders()
    orders.put(card(5, "EN_ROUTE"))
    orders.put(card(4, "ACCEPTED"))
    assert orders.get(1) == card(5, "EN_ROUTE")


async def test_the_answer_to_a_command_counts_before_its_event_comes() -> None:
    orders = Orders()
    orders.put(card(5, "ACCEPTED"))
    orders.note(1, phase="EN_ROUTE", version=6)
    orders.note(1, phase="ACCEPTED", version=5)
    orders.note(2, phase="ACCEPTED", version=5)
    assert [one["phase"] for one in orders.all()] == ["EN_ROUTE"]


async def test_news_wakes_whoever_waits_for_it() -> None:
    orders = Orders()
    waiting = asyncio.create_task(orders.until(lambda: orders.get(1) is not None))
    await asyncio.sleep(0)
    orders.put(card(1, "DISPATCHING"))
    async with asyncio.timeout(5):
        await waiting


async def test_waiting_for_news_ends_without_any() -> None:
    async with asyncio.timeout(5):
        await Orders().news(0.01)
