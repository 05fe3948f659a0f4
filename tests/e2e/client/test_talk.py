"""What is said on one phone is read on the other; what concerns somebody is among his messages."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.client.app import App
from tests.e2e.client.hands import at_home, at_work
from tests.e2e.world import World
from tests.world.town import Trade


def test_they_talk_about_the_order(phone: Callable[[], App], world: World, trade: Trade) -> None:
    order = world.run(trade.accepted())
    worker = at_work(phone, world, trade, order)
    customer = at_home(phone, world, trade).open(f"/order/detail/detail?id={order}")
    customer.tap("联系服务人员")
    worker.tap("联系用户")
    expect(worker.text("还没有人说话")).to_be_visible()
    customer.fill("说点什么", "门禁请按 301")
    customer.tap("发送")
    expect(worker.text("门禁请按 301")).to_be_visible()
    worker.cut()
    worker.fill("说点什么", "好的，十分钟到")
    worker.tap("发送")
    expect(worker.text("网络不通")).to_be_visible()
    worker.mend()
    # Nothing of it has to be typed again.
    worker.tap("发送")
    expect(customer.text("好的，十分钟到")).to_be_visible()
    expect(customer.page.get_by_text("好的，十分钟到")).to_have_count(1)
    assert (customer.errors, worker.errors) == ([], [])


def test_what_concerned_him_is_among_his_messages(phone: Callable[[], App], world: World, trade: Trade) -> None:
    order = world.run(trade.accepted())
    customer = at_home(phone, world, trade).open("/my/messages/messages")
    first = customer.page.get_by_role("link").filter(has_text="接单").first
    expect(first).to_be_visible()
    first.tap()
    customer.expect_phase("待服务")
    assert customer.id == order
    customer.page.go_back()
    expect(customer.page.get_by_role("link").filter(has_text="接单").first.get_by_label("未读")).to_have_count(0)
