"""A server process is killed: the other one has every event that was missed, and the answer to the click."""

import asyncio

import httpx
import pytest

from tests.faults.town import SERVERS, FaultyTown
from tests.hub.checker import compare


@pytest.mark.parametrize("victim", [0, 1])
async def test_the_other_server_has_what_was_missed_and_answers_the_click_under_its_key(
    town: FaultyTown, victim: int
) -> None:
    other = 1 - victim
    async with town.trade() as trade:
        order_id = await trade.accepted()
        topic, path, key = f"order:{order_id}", f"/api/orders/{order_id}/depart", f"click-{victim}"
        async with town.socket(trade.customer, server=victim) as socket:
            start = await socket.do("subscribe", channel=topic, positioned=True, recoverable=True)
            async with town.row_held(order_id), town.phone(trade.worker, server=victim) as phone:
                clicking = asyncio.create_task(phone.post(path, key=key))
                await town.somebody_waits()
                town.kill(SERVERS[victim])
                with pytest.raises(httpx.TransportError):
                    await clicking
            await socket.closed()

        assert (await trade.worker.command(path, key=key))["state"] == "EN_ROUTE"
        async with town.socket(trade.customer, server=other) as socket:
            position = {"recover": True, "epoch": start["epoch"], "offset": start.get("offset", 0)}
            resumed = await socket.do("subscribe", channel=topic, **position)
            await trade.worker.command(f"/api/orders/{order_id}/arrive")
            received = [*resumed["publications"], *await socket.publications(1)]

        assert resumed["recovered"]
        report = compare(town.stack.environment["DATABASE_URL"], topic, received, after=start.get("offset", 0))
        assert report.clean, report
        assert [one["data"]["type"] for one in received] == ["order.departed", "order.arrived"]
        assert (await town.timeline(order_id))[-3:] == ["accepted", "departed", "arrived"]
