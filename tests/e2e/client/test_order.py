"""One order, on two phones and a desk: from the service's page to 已完成, by what people tap and nothing else."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.client.app import App
from tests.e2e.world import World
from tests.world import seeds
from tests.world.people import next_number
from tests.world.town import Trade

ADDRESS = {"联系人": "王小姐", "电话": "13800138000", "区县": "西湖区", "地址": "文三路 100 号", "门牌号": "3 幢 501"}


def test_it_is_booked_done_and_confirmed(phone: Callable[[], App], world: World, shop: Trade) -> None:
    customer = phone().open(f"/booking/service/service?id={shop.service_id}")
    customer.tap("立即预约")
    # Times and a price before anybody is asked who he is.
    customer.page.locator(".times .chip").first.tap()
    customer.tap("提交订单")
    customer.sign_in(seeds.customer_phone(next_number()).removeprefix("+86"))
    customer.page.get_by_role("button").filter(has_text="服务地址").tap()
    customer.tap("新增地址")
    for label, said in ADDRESS.items():
        customer.fill(label, said)
    customer.tap("保存")
    customer.page.locator(".words").filter(has_text="文三路 100 号").locator("visible=true").tap()
    # What was chosen before is still chosen.
    expect(customer.page.locator(".times .chip.on")).to_have_count(1)
    customer.tap("提交订单")
    customer.tap("沙箱支付（演示，不扣款）")
    expect(customer.text("支付成功")).to_be_visible()
    order = customer.id
    customer.tap("查看订单")
    customer.expect_live()

    worker = phone().open("/worker/hall/hall")
    worker.tap("去登录")
    worker.sign_in(world.run(shop.worker.get("/api/me"))["phone"].replace(" ", ""))
    worker.tap("接单")
    worker.expect_phase("待服务")
    customer.expect_phase("待服务")
    worker.tap("出发")
    customer.expect_phase("已出发")
    worker.tap("我已到达")
    customer.expect_phase("已到达")
    code = customer.page.locator(".digits").inner_text()
    worker.fill("服务码", code)
    worker.tap("开始服务")
    customer.expect_phase("服务中")
    steps = len(world.run(shop.worker.get(f"/api/orders/{order}"))["records"])
    for done in range(steps):
        worker.tap(f"完成：步骤{done + 1}")
        expect(customer.text(f"服务进度 {done + 1}/{steps}")).to_be_visible()
    worker.tap("完成服务")
    customer.expect_phase("待确认")
    customer.tap("确认完成")
    customer.expect_phase("已完成")
    worker.expect_phase("已完成")
    assert (customer.errors, worker.errors) == ([], [])


def test_who_goes_back_from_signing_in_has_lost_nothing(phone: Callable[[], App], shop: Trade) -> None:
    customer = phone().open(f"/booking/book/book?service={shop.service_id}")
    customer.page.locator(".times .chip").first.tap()
    customer.fill("备注", "家里有猫")
    customer.tap("提交订单")
    customer.tap("暂不登录")
    expect(customer.page.locator(".times .chip.on")).to_have_count(1)
    expect(customer.page.get_by_label("备注").locator("textarea")).to_have_value("家里有猫")
    # Nor has who comes back tomorrow.
    customer.page.reload()
    expect(customer.page.get_by_label("备注").locator("textarea")).to_have_value("家里有猫")
