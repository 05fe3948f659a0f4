"""Trouble at the door, seen and reported here: its place, its photos, who will be late, and money that goes back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.e2e.board.test_staff_moves import ask, dialog_of, timeline_of
from tests.e2e.board.test_whole_page import problems_of
from tests.world.people import Person
from tests.world.places import CENTER
from tests.world.town import Trade
from web.times import iso

OpenTrade = Callable[..., Trade]
DESKS = ((1280, 800), (1920, 1080))
NORTH_320_M = 0.00288


def picture(colour: str = "teal") -> FilePayload:
    """A photo as a browser is given it."""
    out = BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return FilePayload(name=f"{colour}.jpg", mimeType="image/jpeg", buffer=out.getvalue())


async def sent_by(person: Person, photo: FilePayload) -> int:
    """The photo's id, once he has sent it."""
    answer = await person.http.post("/api/photos", content=photo["buffer"], headers={"Content-Type": photo["mimeType"]})
    return int(answer.json()["id"])


def choose(place: Locator, *photos: FilePayload) -> None:
    """What the button's file dialog would give."""
    with place.page.expect_file_chooser() as opened:
        place.get_by_role("button", name="添加照片").press("Enter")
    opened.value.set_files(list(photos))


def test_staff_report_what_they_have_heard_and_see_where_it_was(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.arrived())
    world.run(trade.worker.be_at(lng=CENTER[0], lat=CENTER[1] + NORTH_320_M))
    board.page.reload()
    board.select(order, lane="已到达")
    dialog = ask(board, "上报异常")
    confirm = dialog.get_by_role("button", name="确认上报")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("类型").select_option(label="物品损坏")
    dialog.get_by_label("情况").fill("用户来电：花瓶碎了，双方说法不一")
    choose(dialog, picture())
    expect(dialog.get_by_role("img", name="照片 1")).to_be_visible()
    expect(dialog).to_contain_text("订单停在「异常处理中」，时限暂停")
    expect(dialog).to_contain_text("双方会看到「物品损坏」")
    expect(dialog).to_contain_text("文字和 1 张照片只有平台看得到")
    expect(dialog).to_contain_text("最近的位置（距地址约 3")
    assert problems_of(board.page) == []
    for width, height in DESKS:
        board.page.set_viewport_size({"width": width, "height": height})
        assert dialog.evaluate(IS_IN_SIGHT), (width, height)
    confirm.click()
    expect(board.outcome).to_contain_text("已上报异常，请响应并处理")
    board.expect_in_lane(order, "异常处理中")
    trouble = board.pane.get_by_role("region", name="异常：物品损坏")
    expect(trouble).to_contain_text("花瓶碎了")
    expect(trouble).to_contain_text("服务人员当时距地址 320 米")
    expect(trouble.get_by_role("img")).to_have_count(1)
    # On the map by itself, and the way there is said as well.
    spot = board.page.locator(".map-spot")
    expect(spot).to_have_attribute("data-name", "异常位置 距地址 320 米")
    assert problems_of(board.page) == []
    board.press("Escape")
    expect(spot).to_have_count(0)
    assert world.run(trade.customer.get(f"/api/orders/{order}"))["exceptions"][0]["text"] is None
    assert board.errors == []


def test_the_same_report_twice_is_refused_in_words(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade(workers=1).arrived())
    board.select(order, lane="已到达")
    for outcome in ("已上报异常", "没有上报异常：您已上报此异常，平台正在处理"):
        dialog = ask(board, "上报异常")
        dialog.get_by_label("类型").select_option("vehicle")
        dialog.get_by_role("button", name="确认上报").click()
        expect(board.outcome).to_contain_text(outcome)
        board.expect_in_lane(order, "异常处理中")


def test_a_photo_that_does_not_arrive_says_so_and_can_be_sent_again(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    board.select(world.run(open_trade(workers=1).dispatched()))
    dialog = ask(board, "上报异常")
    dialog.get_by_label("类型").select_option("other")
    board.page.route("**/api/photos", lambda route: route.abort())
    choose(dialog, picture())
    expect(dialog.get_by_role("alert")).to_have_text("照片没有上传：网络不通，请稍后重试；也可以去掉它")
    # Nothing is reported without the photo that was meant to be with it.
    expect(dialog.get_by_role("button", name="确认上报")).to_be_disabled()
    board.page.unroute("**/api/photos")
    dialog.get_by_role("button", name="重试").click()
    expect(dialog.get_by_role("img", name="照片 1")).to_be_visible()
    choose(dialog, FilePayload(name="broken.jpg", mimeType="image/jpeg", buffer=b"no picture"))
    expect(dialog.get_by_role("alert")).to_contain_text("图片无法识别")
    dialog.get_by_role("button", name="去掉照片 2").click()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    expect(dialog.get_by_role("button", name="确认上报")).to_be_enabled()
    board.press("Escape")
    expect(dialog_of(board)).to_have_count(0)


def test_photos_go_into_the_conversation_and_come_out_of_it(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted(starts_in_s=3600))
    shown = world.run(sent_by(trade.worker, picture("orange")))
    world.run(trade.worker.post(f"/api/orders/{order}/messages", {"photos": [shown]}))
    board.select(order, lane="待服务")
    board.pane.get_by_role("tab", name="会话").click()
    thread = board.pane.get_by_role("list", name="会话")
    expect(thread.get_by_role("img")).to_have_count(1)
    writing = board.pane.locator(".talk-write")
    say = writing.get_by_role("button", name="发送")
    expect(say).to_be_disabled()
    choose(writing, picture("navy"), picture("olive"))
    expect(say).to_be_enabled()
    say.click()
    expect(thread.get_by_role("img")).to_have_count(3)
    expect(writing.get_by_role("img")).to_have_count(0)
    (newest, _) = world.run(trade.customer.get(f"/api/orders/{order}/messages"))["items"]
    assert (newest["role"], len(newest["photos"])) == ("staff", 2)
    assert problems_of(board.page) == []


def test_the_photos_of_a_step_stand_with_it(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.arrived())
    for stage, colour in (("before", "gray"), ("after", "white")):
        photo = world.run(sent_by(trade.worker, picture(colour)))
        path = f"/api/orders/{order}/steps/1/photos"
        world.run(_given(trade.worker, path, {"stage": stage, "photos": [photo]}))
    board.select(order, lane="已到达")
    steps = board.pane.locator(".steps li").first
    expect(steps).to_contain_text("服务前")
    expect(steps).to_contain_text("服务后")
    expect(steps.get_by_role("img")).to_have_count(2)
    assert problems_of(board.page) == []


async def _given(person: Person, path: str, body: dict[str, Any]) -> None:
    (await person.http.post(path, json=body)).raise_for_status()


def test_a_tip_goes_back(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1, steps=1, terms={"completion": {"autoconfirm_s": 120, "review_s": 600}})
    order = world.run(trade.arrived())
    world.run(trade.worker.serve_from_the_door(order, code=world.run(trade.code(order))))
    world.run(trade.customer.command(f"/api/orders/{order}/confirm"))
    world.run(world.town.until(order, "settled"))
    world.run(trade.customer.command(f"/api/orders/{order}/tip", {"amount_fen": 800}))
    world.run(trade.customer.pay(order, what="tip/pay"))
    world.run(world.town.until(order, "tipped"))
    board.page.locator('.lane-rail[data-phase="COMPLETED"]').click()
    board.select(order, lane="已完成")
    dialog = ask(board, "退款")
    dialog.get_by_label("打赏", exact=True).check()
    expect(dialog.get_by_role("combobox").first).to_contain_text("¥8")
    dialog.get_by_label("原因").select_option("agreed")
    name = world.run(trade.worker.get(f"/api/orders/{order}"))["order"]["worker"]["name"]
    expect(dialog).to_contain_text("退给用户「打赏」还没退的全部金额")
    expect(dialog).to_contain_text(f"由 {name} 承担，从已结算的收入中扣回")
    dialog.get_by_role("button", name="确认退款").click()
    expect(board.outcome).to_contain_text("已同意退款")
    world.run(world.town.until(order, "refunded"))
    (agreed,) = [one["data"] for one in timeline_of(trade, world, order) if one["type"] == "refund_agreed"]
    assert agreed == {"amount_fen": 800, "reason": "agreed"}


@pytest.mark.parametrize(("width", "height"), DESKS)
def test_who_will_be_late_is_said_before_the_clock_says_it(
    board: Board, world: World, open_trade: OpenTrade, width: int, height: int
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted())
    world.run(trade.worker.command(f"/api/orders/{order}/depart"))
    board.expect_in_lane(order, "已出发")
    board.page.set_viewport_size({"width": width, "height": height})

    def far_away(snapshot: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        for card in snapshot["orders"]:
            card["deadlines"]["arrive_by"] = iso(now + timedelta(minutes=4))
            card["service"]["name"] = "油烟机深度清洗"
        for worker in snapshot["workers"]:
            # Five kilometres: twenty minutes by the terms below.
            worker["position"] = {"lng": CENTER[0], "lat": CENTER[1] + 0.045, "at": iso(now)}
        snapshot["travel"] = {"detour": 1.32, "speed_mps": 5.5}

    # Only what the snapshot says: no push of where he really is.
    board.page.route("**/api/hub/token", _nobody)
    board.page.route(f"**/api/board/{snapshot_of(board)}", lambda route: _changed(route, far_away))
    board.page.reload()
    tile = board.tile(order)
    expect(tile.locator(".countdown")).to_have_text("将迟16分")
    assert tile.locator(".tile-service").evaluate("(name) => name.scrollWidth <= name.clientWidth")
    tile.click()
    expect(board.pane.locator(".order-head")).to_contain_text("将迟到 1")
    expect(board.pane).to_contain_text("按现在的位置")


def snapshot_of(board: Board) -> str:
    """The city's code."""
    return board.page.url.rstrip("/").rsplit("/", 1)[-1].partition("#")[0]


def _nobody(route: Route) -> None:
    route.abort()


def _changed(route: Route, change: Callable[[dict[str, Any]], None]) -> None:
    snapshot = route.fetch().json()
    change(snapshot)
    route.fulfill(json=snapshot)


IS_IN_SIGHT = """(dialog) => {
  const box = dialog.getBoundingClientRect()
  const whole = dialog.scrollHeight <= dialog.clientHeight
  return whole && box.top >= 0 && box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight
}"""
