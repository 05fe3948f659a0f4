"""The worker rings, the customer says the code."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from web.demo.people.door import Door


async def answer(order_id: int) -> str | None:
    return "0042" if order_id == 7 else None


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Door, socket.socket]]:
    """The workers' end, listened to, and the raw customers' end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    worker, customer = Door(ours), Door(theirs)
    listening = [asyncio.create_task(worker.listen()), asyncio.create_task(customer.listen(answer))]
    yield worker, theirs
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    ours.close()
    theirs.close()


async def test_who_rings_at_the_right_door_hears_the_code(ends: tuple[Door, socket.socket]) -> None:
    assert await ends[0].ask(7, timeout_s=5) == "0042"


async def test_who_rings_where_nobody_is_waits_in_vain(ends: tuple[Door, socket.socket]) -> None:
    assert await ends[0].ask(8, timeout_s=0.05) is None


async def test_noise_in_the_channel_is_passed_over(ends: tuple[Door, socket.socket]) -> None:
    door, other_end = ends
    for noise in (b"", b"{", b"[]", b'{"order": 6, "code": "9999"}'):
        other_end.send(noise)
    assert await door.ask(7, timeout_s=5) == "0042"


async def test_many_doors_at_once_get_each_its_own_answer(ends: tuple[Door, socket.socket]) -> None:
    told = await asyncio.gather(*(ends[0].ask(number, timeout_s=0.3) for number in (6, 7, 8)))
    assert told == [None, "0042", None]
