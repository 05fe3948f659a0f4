"""补差价: asked at the door, agreed to and paid on the customer's phone."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.client.app import App
from tests.e2e.client.hands import at_home, at_work
from tests.e2e.world import World
from tests.world.town import Trade


def test_it_is_agreed_to_and_paid(phone: Callable[[], App], world: World, trade: Trade) -> None:
    order = world.run(trade.arrived())
    worker = at_work(phone, world, trade, order)
    customer = at_home(phone, world, trade)
    customer.open(f"/order/detail/detail?id={order}")
    customer.expect_live()
    asked = {"items": [], "other_fen": 5_000, "reason": "外墙清洗"}
    world.run(trade.worker.command(f"/api/orders/{order}/proposals/supplement", asked))
    expect(customer.text("服务人员申请补差价")).to_be_visible()
    expect(customer.text("外墙清洗")).to_be_visible()
    customer.tap("同意 ¥50")
    customer.tap("去支付")
    expect(customer.text("¥50")).to_be_visible()
    customer.tap("沙箱支付（演示，不扣款）")
    expect(customer.text("支付成功")).to_be_visible()
    customer.tap("查看订单")
    expect(customer.text("补差价已支付")).to_be_visible()
    assert (customer.errors, worker.errors) == ([], [])
