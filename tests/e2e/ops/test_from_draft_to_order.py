"""An operator brings a service to market, and a customer buys it with a coupon: from the first form to the refund."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.e2e.ops.conftest import OPERATOR
from tests.e2e.ops.office import Office
from tests.e2e.world import World
from tests.world import seeds
from tests.world.people import Customer, Refused, Worker, next_number
from tests.world.town import in_database
from tests.world.waiting import until
from web.accounts.tokens import issue_access

OpenOffice = Callable[[str], Office]
SKILL = "mattress"
CITY = seeds.CITY
ELSEWHERE = "shanghai"


def write_service(office: Office) -> int:
    """床垫除螨 with an option of two answers, an add-on and a step; its id."""
    office.add("服务分类")
    office.fill(slug="bedding", name="床品清洁")
    office.save(reason="新品类")
    office.expect_said("床品清洁")
    office.add("技能")
    office.fill(code=SKILL, name="除螨")
    office.save(reason="新品类")
    office.add("服务项目")
    office.fill(name="床垫除螨", slug="mattress", introduction="高温蒸汽除螨")
    office.look_up("category", "床品清洁")
    office.fill(price_fen="88", visit_fee_fen="10", duration_s="60", included="床垫双面")
    office.field("skill").select_option(label="除螨")
    office.open_tab("预约选项")
    office.add_part("预约选项")
    office.fill(options__0__name="床垫尺寸")
    office.field("options-0-required").check()
    for number, (name, yuan, minutes) in enumerate([("一米五", "0", "0"), ("一米八", "20", "30")]):
        office.add_part("选项答案")
        answer = f"options__0__choices__{number}"
        office.fill(**{f"{answer}__name": name, f"{answer}__price_fen": yuan, f"{answer}__extra_s": minutes})
    office.keep("service-options")
    office.open_tab("价目")
    office.add_part("价目")
    office.fill(price_list__0__name="枕头除螨", price_list__0__unit="个", price_list__0__price_fen="15")
    office.fill(price_list__0__max_quantity="4", price_list__0__extra_s="0", price_list__0__condition="枕头同洗时")
    office.open_tab("服务步骤")
    office.add_part("服务步骤")
    office.fill(steps__0__name="铺保护垫", steps__0__standard="覆盖床边一米")
    office.open_tab("基本信息")
    office.fill(reason="新服务")
    office.page.get_by_role("button", name="保存并继续编辑").click()
    expect(office.field("name")).to_have_value("床垫除螨")
    expect(office.field("options-0-choices-1-key")).to_have_value("yi-mi-ba")
    return office.row_id


def put_on_the_shelf(office: Office, service_id: int) -> None:
    """A draft is refused, and what was typed stays; published, it is sold in one city."""
    office.add("上架")
    office.look_up("service", "床垫除螨")
    office.field("city").select_option(label="杭州")
    office.save(reason="杭州开卖")
    office.expect_said("服务还没有发布")
    expect(office.field("city")).to_have_value(CITY)
    expect(office.field("reason")).to_have_value("杭州开卖")
    expect(office.page.locator("#id_service")).to_have_value(str(service_id))
    office.open(f"catalog/service/{service_id}/change/")
    office.act("发布", reason="首版")
    office.expect_said("已发布第 1 版")
    office.add("上架")
    office.look_up("service", "床垫除螨")
    office.field("city").select_option(label="杭州")
    office.save(reason="杭州开卖")
    expect(office.page.locator("#result_list")).to_contain_text("床垫除螨")


def give_terms(office: Office) -> None:
    """A time each half hour; what is no term is refused, and what was typed stays."""
    office.add("规则与价格")
    office.page.get_by_role("link", name="预约", exact=True).click()
    office.look_up("service", "床垫除螨")
    office.fill(slot_step_s="常常", min_notice_s="0 秒", horizon_s="7 天", buffer_s="1 秒")
    office.save(reason="半小时一档")
    office.expect_said("请写时长和单位")
    expect(office.field("slot_step_s")).to_have_value("常常")
    office.fill(slot_step_s="30 分钟")
    office.save(reason="半小时一档")
    expect(office.page.locator("#result_list")).to_contain_text("两单之间留出 1 秒")


def make_coupons(office: Office) -> None:
    """满 80 减 10, to be grabbed."""
    office.add("优惠券批次")
    office.fill(name="除螨尝鲜券", steps="80 10", stock="100", days="7")
    office.field("city").select_option(label="杭州")
    office.save(reason="拉新")
    office.page.get_by_role("link", name="除螨尝鲜券").first.click()
    office.act("发布", reason="拉新", button="发布优惠券")
    office.expect_said("已发布")


async def buy(customer: Customer) -> tuple[int, int]:
    """Grab the coupon, find the service as one types, take a time that is offered, order and pay: (order, coupon)."""
    (kind,) = [one for one in await in_list(customer, "/api/coupons/kinds", city=CITY) if one["name"] == "除螨尝鲜券"]
    coupon = (await customer.post(f"/api/coupons/kinds/{kind['id']}/grab", key=None))["id"]
    service = await found(customer, "chuangdianchuman")
    assert await found(customer, "cdcm") == service
    detail = await customer.get(f"/api/services/{service}")
    wanted = {
        "service_id": service,
        "address_id": customer.address_id,
        "answers": {detail["options"][0]["key"]: "yi-mi-ba"},
        "add_ons": [{"item_id": detail["price_list"][0]["id"], "quantity": 2}],
        "coupon_id": coupon,
    }
    quote = await customer.post("/api/quotes", wanted, key=None)
    starts_at = await first_time(customer, service, duration_s=quote["duration_s"])
    quote = await customer.post("/api/quotes", wanted | {"starts_at": starts_at}, key=None)
    lines = {line["name"]: line["amount_fen"] for line in quote["lines"]}
    assert sum(lines.values()) == quote["total_fen"]
    assert min(lines.values()) == -1_000
    assert {8_800, 2_000, 3_000} <= set(lines.values())
    assert quote["duration_s"] == 90 * 60
    assert quote["best_coupon_id"] == coupon
    order = await customer.post("/api/orders", wanted | {"starts_at": starts_at, "quoted_fen": quote["total_fen"]})
    assert (order["total_fen"], order["lines"]) == (quote["total_fen"], quote["lines"])
    assert coupon not in [one["id"] for one in await in_list(customer, "/api/coupons")]
    await customer.pay(order["order"]["id"])
    return order["order"]["id"], coupon


async def in_list(person: Customer, path: str, **params: str) -> list[dict[str, Any]]:
    """What an endpoint lists."""
    answer = await person.http.get(path, params=params)
    answer.raise_for_status()
    return list(answer.json())


async def found(customer: Customer, words: str) -> int:
    """The service that is found first, once the index has it."""

    async def hits() -> list[dict[str, Any]]:
        return list((await customer.get("/api/search", q=words, city=CITY))["hits"])

    first = (await until(hits, within_s=30))[0]["service"]
    assert first["name"] == "床垫除螨"
    return int(first["id"])


async def first_time(customer: Customer, service: int, *, duration_s: int) -> str:
    """Tomorrow's first one, in Shanghai."""
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)
    slots = await slots_of(customer, service, day, duration_s=duration_s)
    assert 0 < len(slots) <= 48
    return str(slots[0]["starts_at"])


async def slots_of(customer: Customer, service: int, day: date, *, duration_s: int) -> list[dict[str, Any]]:
    """As the calendar offers them."""
    asked = {"address_id": customer.address_id, "day": str(day), "duration_s": duration_s}
    return list((await customer.get(f"/api/services/{service}/slots", **asked))["slots"])


async def somebody_at_home(world: World) -> Customer:
    """A new customer."""
    customer = Customer(*world.town.addresses)
    await customer.sign_in(seeds.customer_phone(next_number()))
    await customer.move_in()
    return customer


async def not_found_elsewhere(customer: Customer) -> None:
    """In another city there is neither the service nor its coupon."""
    for words in ("chuangdianchuman", "cdcm", "床垫除螨"):
        assert (await customer.get("/api/search", q=words, city=ELSEWHERE))["hits"] == []
    assert await in_list(customer, "/api/coupons/kinds", city=ELSEWHERE) == []


async def not_priced_elsewhere(customer: Customer, service: int) -> None:
    """At an address there it cannot be bought."""
    address = {
        "city": ELSEWHERE,
        "district": "黄浦区",
        "place": "人民大道 1 号",
        "door": "101",
        "contact_name": "李小姐",
        "contact_phone": "13800138001",
        "lng": 121.47,
        "lat": 31.23,
    }
    there = (await customer.post("/api/addresses", address, key=None))["id"]
    with pytest.raises(Refused, match="not_served_here"):
        await customer.post("/api/quotes", {"service_id": service, "address_id": there}, key=None)


def look_at_order(office: Office, order: int) -> None:
    """In the list, on its page, and as its actor has it."""
    office.choose_in_menu("订单")
    office.page.locator("#result_list").get_by_role("link", name=str(order), exact=True).click()
    for words in ("床垫除螨", "枕头除螨", "一米八", "已支付"):
        office.expect_said(words)
    office.keep("order")
    office.page.get_by_role("link", name="查看它的运行情况", exact=True).click()
    office.expect_said("运行中")
    office.keep("order-actor")


def open_city(office: Office) -> None:
    """上海, where nothing is sold yet."""
    office.add("城市")
    office.fill(code=ELSEWHERE, name="上海", lng="121.47", lat="31.23")
    office.save(reason="开城")
    expect(office.page.locator("#result_list")).to_contain_text("上海")


def test_what_an_operator_puts_on_the_shelf_is_found_priced_bought_and_given_back(
    open_office: OpenOffice, world: World
) -> None:
    worker_id = world.run(in_database(_hire_worker))
    office = open_office(OPERATOR)
    open_city(office)
    service = write_service(office)
    put_on_the_shelf(office, service)
    give_terms(office)
    make_coupons(office)
    customer, worker = world.run(somebody_at_home(world)), Worker(*world.town.addresses)
    worker.signed_in(issue_access(user_id=worker_id, family=uuid4()), worker_id)
    try:
        order, coupon = world.run(buy(customer))
        offer = world.run(worker.next_offer(within_s=60))
        assert offer["order_id"] == order
        look_at_order(office, order)
        world.run(customer.command(f"/api/orders/{order}/cancel", {"reason": "other"}))
        world.run(world.town.until(order, "refunded"))
        mine = {one["id"]: one for one in world.run(in_list(customer, "/api/coupons"))}
        assert mine[coupon]["order_id"] is None
        office.open(f"orders/order/{order}/change/")
        office.expect_said("已取消")
        world.run(not_found_elsewhere(customer))
        world.run(not_priced_elsewhere(customer, service))
    finally:
        world.run(worker.turn_switch(on_duty=False))
        world.run(worker.close())
        world.run(customer.close())


def _hire_worker() -> int:
    return int(seeds.make_worker(next_number(), skills=[SKILL]).pk)
