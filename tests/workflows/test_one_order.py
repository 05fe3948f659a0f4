"""One 派单 order by the API, from booking to its settlement and its end, on real processes."""

import pytest
from channels.db import database_sync_to_async

from config.stack.embedded import Stack
from tests.world import seeds
from tests.world.people import Customer, Worker
from web.ledger import selectors as ledger


@pytest.mark.django_db(transaction=True)
async def test_an_order_runs_from_booking_to_settlement(stack: Stack) -> None:
    service_id = await database_sync_to_async(_seed)()
    base_url = stack.start_server("web-1")
    stack.start_worker("worker-1")
    customer, worker = Customer(base_url), Worker(base_url)
    await customer.sign_in(seeds.customer_phone(1))
    await worker.sign_in(seeds.worker_phone(1))
    await customer.move_in()

    order_id = (await customer.order(service_id))["order"]["id"]
    await customer.pay(order_id)
    offer = await worker.next_offer()
    await worker.command(f"/api/offers/{offer['id']}/accept")
    detail = await customer.until(order_id, "ACCEPTED")
    await worker.serve(order_id, code=detail["start_code"])
    await customer.command(f"/api/orders/{order_id}/confirm")
    detail = await customer.until(order_id, "COMPLETED")

    earnings = await worker.get("/api/worker/earnings")
    assert earnings["balance_fen"] == 20900 * 80 // 100
    assert await database_sync_to_async(ledger.unbalanced_journals)() == []
    types = [entry["type"] for entry in detail["timeline"]]
    assert types[:5] == ["placed", "paid", "offered", "accepted", "departed"]
    await customer.close()
    await worker.close()


def _seed() -> int:
    seeds.make_city()
    seeds.make_worker(1)
    return seeds.make_service().pk
