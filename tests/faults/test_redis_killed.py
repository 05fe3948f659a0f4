"""Redis is killed and comes back: it carried hints only, so every event still arrives, once and in order."""

import httpx
import pytest

from tests.faults.town import FaultyTown
from tests.hub.checker import compare

TWICE = pytest.mark.parametrize("time", ["once", "and again"])


@TWICE
async def test_events_arrive_without_redis_and_fast_again_with_it(town: FaultyTown, time: str) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        topic = f"order:{order_id}"
        async with town.socket(trade.customer) as socket:
            subscribed = await socket.do("subscribe", channel=topic)
            town.kill("redis")
            await trade.worker.command(f"/api/orders/{order_id}/depart")
            received = [await socket.publication()]
            town.start_again("redis")
            await trade.worker.command(f"/api/orders/{order_id}/arrive")
            await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
            received += await socket.publications(2)
        report = compare(town.stack.environment["DATABASE_URL"], topic, received, after=subscribed.get("offset", 0))
        assert report.clean, report
        assert [publication["data"]["type"] for publication in received] == [
            "order.departed",
            "order.arrived",
            "order.started",
        ]


async def test_without_redis_a_code_is_not_sent_and_the_answer_says_so(town: FaultyTown) -> None:
    """The limit of codes per phone is counted there: sending without counting would be an open door."""
    town.kill("redis")
    async with httpx.AsyncClient(base_url=town.addresses[0], trust_env=False) as client:
        answer = await client.post("/api/auth/codes", json={"phone": "+8613800000000"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
