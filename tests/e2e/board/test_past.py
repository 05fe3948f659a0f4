"""回看: the order pane shows the order as it was after each of its events, and nothing can be asked of the past."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def test_the_arrow_keys_go_through_the_past_and_one_click_leads_back(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade()
    order = world.run(trade.accepted())
    board.select(order, lane="待服务")
    pane, slider = board.pane, board.pane.get_by_role("slider", name="回看订单的过去")
    expect(slider).to_have_attribute("aria-valuetext", "实时")
    slider.focus()
    board.press("ArrowLeft")
    expect(pane.locator(".past-banner")).to_contain_text("正在派单")
    expect(pane.locator(".phase-tag")).to_have_text("派单中")
    expect(pane.locator(".facts").first).to_contain_text("正在询问")
    # Nothing of the past can be clicked, but the way back and the tabs.
    expect(pane.locator("#tab-panel button")).to_have_count(0)
    expect(pane.get_by_role("tab", name="候选人")).to_have_count(0)
    board.press("ArrowLeft", "ArrowLeft")
    expect(pane.locator(".past-banner")).to_contain_text("下单成功")
    expect(pane.locator(".phase-tag")).to_have_text("待支付")
    expect(pane.locator(".facts").first).to_contain_text("未支付")
    pane.get_by_role("tab", name="时间线").click()
    expect(pane.locator(".story li")).to_have_count(1)
    # What happens meanwhile does not carry him away.
    world.run(trade.worker.command(f"/api/orders/{order}/depart"))
    board.expect_in_lane(order, "已出发")
    expect(pane.locator(".phase-tag")).to_have_text("待支付")
    pane.get_by_role("button", name="回到实时").click()
    expect(pane.locator(".phase-tag")).to_have_text("已出发")
    expect(pane.locator(".past-banner")).to_have_count(0)
    assert board.errors == []


def test_escape_leads_back_to_live_before_it_closes(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().accepted())
    board.select(order, lane="待服务")
    board.pane.get_by_role("slider", name="回看订单的过去").focus()
    board.press("Home")
    expect(board.pane.locator(".past-banner")).to_contain_text("下单成功")
    board.press("Escape")
    expect(board.pane.locator(".past-banner")).to_have_count(0)
    expect(board.pane).to_be_visible()


def test_a_past_that_cannot_be_read_says_so(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().accepted())
    refusal = {"code": "not_recorded", "message": "没有该时间的订单记录", "details": {"since": None}}
    board.page.route("**/at?*", lambda route: route.fulfill(status=404, json=refusal))
    board.select(order, lane="待服务")
    board.pane.get_by_role("slider", name="回看订单的过去").focus()
    board.press("ArrowLeft")
    expect(board.pane.get_by_role("alert")).to_contain_text("没有该时间的订单记录")
