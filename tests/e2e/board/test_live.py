"""The lanes follow what happens, by pushes alone."""

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def test_an_order_comes_and_moves_from_lane_to_lane(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade()
    board.page.evaluate("window.notReloaded = true")
    order = world.run(trade.book())
    board.expect_in_lane(order, "待支付")
    expect(board.tile(order)).to_contain_text("日常保洁")
    world.run(trade.customer.pay(order))
    board.expect_in_lane(order, "派单中")
    offer = world.run(trade.worker.next_offer())
    expect(board.tile(order)).to_contain_text("询")
    world.run(trade.worker.command(f"/api/offers/{offer['id']}/accept"))
    board.expect_in_lane(order, "待服务")
    world.run(trade.worker.command(f"/api/orders/{order}/depart"))
    board.expect_in_lane(order, "已出发")
    assert board.page.evaluate("window.notReloaded")
    assert board.errors == []


def test_a_click_anywhere_marks_lane_map_and_detail(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade()
    order = world.run(trade.dispatched())
    board.select(order)
    expect(board.on_map(order)).to_have_attribute("data-selected", "true")
    expect(board.pane).to_contain_text(f"#{order}")
    board.page.get_by_role("button", name="关闭详情").click()
    expect(board.on_map(order)).to_have_attribute("data-selected", "false")
    board.on_map(order).dispatch_event("click")
    expect(board.tile(order)).to_have_attribute("aria-selected", "true")
    expect(board.pane).to_contain_text(f"#{order}")


def test_the_detail_shows_the_contact_and_the_timeline(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().dispatched())
    # Nothing personal is on the page before the detail is asked for.
    expect(board.tile(order)).to_be_visible()
    assert "王小姐" not in board.page.content()
    board.select(order)
    board.page.get_by_role("tab", name="概况").click()
    expect(board.pane).to_contain_text("王小姐")
    expect(board.pane).to_contain_text("3 幢 2 单元 501")
    board.page.get_by_role("tab", name="时间线").click()
    expect(board.pane).to_contain_text("支付成功")


def test_lateness_shows_by_the_clock_within_two_seconds(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(terms={"visit": {"depart_grace_s": 8}})
    order = world.run(trade.accepted(starts_in_s=3))
    board.expect_in_lane(order, "待服务")
    detail = world.run(trade.customer.get(f"/api/orders/{order}"))
    due = datetime.fromisoformat(detail["order"]["deadlines"]["depart_by"])
    board.note_when(f'.tile[data-order="{order}"] [data-urgency="late"]', "迟<1分")
    # The page knows the server's clock to within half of what an answer takes to come.
    assert -1 < board.noted() - due.timestamp() < 2
    board.page.get_by_text("仅看超时").click()
    expect(board.tile(order)).to_be_visible()


def test_filters_live_in_the_address_and_never_reach_the_server(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade()
    first, second = world.run(trade.book()), world.run(trade.book(starts_in_s=3600))
    board.expect_in_lane(second, "待支付")
    board.press("/")
    board.page.keyboard.type(f"#{second}")
    expect(board.tile(first)).to_have_count(0)
    expect(board.tile(second)).to_be_visible()
    assert f"#q=%23{second}" in board.page.url
    board.page.reload()
    board.wait_until_live()
    expect(board.tile(second)).to_be_visible()
    expect(board.tile(first)).to_have_count(0)
    board.page.get_by_role("button", name="清除筛选").click()
    expect(board.tile(first)).to_be_visible()
