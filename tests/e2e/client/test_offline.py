"""A worker in a tunnel goes on; what he did there is done once, in order, when he comes out."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.client.app import App
from tests.e2e.client.hands import at_work
from tests.e2e.world import World
from tests.world.town import Trade

SLOW_MS = 40_000


def happened(world: World, trade: Trade, order: int) -> list[str]:
    detail = world.run(trade.worker.get(f"/api/orders/{order}"))
    return [entry["type"] for entry in detail["timeline"]]


def test_steps_without_a_network_wait_and_are_done_once_in_order(
    phone: Callable[[], App], world: World, trade: Trade
) -> None:
    order = world.run(trade.accepted())
    app = at_work(phone, world, trade, order)
    app.cut()
    app.tap("出发")
    expect(app.text("出发 · ")).to_be_visible()
    app.tap("我已到达")
    expect(app.text("到达 · ")).to_be_visible()
    expect(app.text("待发送")).to_be_visible()
    assert "departed" not in happened(world, trade, order)
    app.mend()
    expect(app.page.locator(".phase").locator("visible=true").first).to_have_text("已到达", timeout=SLOW_MS)
    expect(app.page.get_by_text("待发送")).to_have_count(0)
    assert [one for one in happened(world, trade, order) if one in ("departed", "arrived")] == ["departed", "arrived"]
    app.expect_live()


def test_what_was_refused_says_why_and_holds_what_came_after_it(
    phone: Callable[[], App], world: World, trade: Trade
) -> None:
    order = world.run(trade.accepted())
    app = at_work(phone, world, trade, order)
    app.cut()
    app.tap("出发")
    app.tap("我已到达")
    world.run(trade.customer.command(f"/api/orders/{order}/cancel", {"reason": "other"}))
    app.mend()
    expect(app.page.locator(".bad").first).to_be_visible(timeout=SLOW_MS)
    assert "departed" not in happened(world, trade, order)
    app.tap("知道了")
    expect(app.page.locator(".bad")).to_have_count(1)
    app.tap("知道了")
    expect(app.page.get_by_role("button", name="知道了")).to_have_count(0)
    app.expect_phase("已取消")
