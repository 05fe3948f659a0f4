"""After whole lives of orders, and whatever was killed before: nobody's data in dump, logs or histories."""

import pytest

from tests.faults.town import FaultyTown
from tests.faults.traces import dump, histories, log_lines
from tests.world.fiction import rewrite
from tests.world.people import Refused
from tests.world.plants import PLANTED, found_in
from tests.world.town import Trade, in_database

CODE = "code-K7Q9"
WRONG = "code-X3X3"


async def test_what_people_gave_away_is_nowhere_to_be_read(town: FaultyTown) -> None:
    async with town.trade(workers=2) as trade, town.dispatcher() as dispatcher:
        served = await _served(trade)
        cancelled = await trade.dispatched(starts_in_s=600)
        await dispatcher.get(f"/api/orders/{cancelled}")
        await trade.customer.command(f"/api/orders/{cancelled}/cancel", {"reason": "other"})
        await town.closed(served)
        await town.closed(cancelled)

    url = town.stack.environment["DATABASE_URL"]
    assert found_in(dump(url), CODE, WRONG) == []
    assert found_in(log_lines(town), CODE, WRONG) == []
    assert found_in([text async for text in histories(town)], CODE, WRONG) == []


def test_a_plain_word_in_the_database_would_be_found(town: FaultyTown) -> None:
    """The search is worth something: it finds the names of services and the public names of workers."""
    text = "\n".join(dump(town.stack.environment["DATABASE_URL"]))
    assert "杭州" in text
    for plant in PLANTED:
        assert plant not in text
        assert found_in([text + plant]) == [plant]


async def _served(trade: Trade) -> int:
    order_id = await trade.dispatched()
    worker = trade.worker
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/assign", {"worker_id": worker.id})
    await in_database(_change_code, order_id)
    for step in ("depart", "arrive"):
        await worker.command(f"/api/orders/{order_id}/{step}")
    with pytest.raises(Refused, match="wrong_start_code"):
        await worker.command(f"/api/orders/{order_id}/start", {"code": WRONG})
    await worker.command(f"/api/orders/{order_id}/start", {"code": CODE})
    for position in (1, 2):
        await worker.command(f"/api/orders/{order_id}/steps/{position}")
    await worker.command(f"/api/orders/{order_id}/finish")
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


def _change_code(order_id: int) -> None:
    """Four digits are found everywhere."""
    rewrite(order_id, start_code=CODE)
