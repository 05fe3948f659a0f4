"""What holds for every state of the page: nothing from outside, nothing that somebody could not use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from config.home import CLONE
from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World, unwanted_order
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]
AXE = CLONE / "web/board/frontend/node_modules/axe-core/axe.min.js"
STANDS_STILL = """() => document.getAnimations().every(one =>
  one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""


def problems_of(page: Page) -> list[dict[str, Any]]:
    """What axe finds serious or critical, once nothing fades in or out any more: a half-seen text has no contrast."""
    page.wait_for_function(STANDS_STILL)
    page.evaluate(Path(AXE).read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        {"id": one["id"], "nodes": [node["html"][:160] for node in one["nodes"][:3]]}
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_no_request_leaves_the_machine(
    context: BrowserContext, live_url: str, world: World, open_trade: OpenTrade
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    board = Board(page, live_url).sign_in().wait_until_live()
    order = world.run(open_trade().dispatched())
    board.select(order)
    expect(page.locator(".candidate").first).to_be_visible()
    board.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    outside = [url for url in asked if not url.startswith((live_url, "data:", "blob:"))]
    assert outside == []
    assert len(asked) > 10


@pytest.mark.parametrize("tab", ["概况", "时间线", "候选人"])
def test_axe_finds_nothing_serious(board: Board, world: World, open_trade: OpenTrade, tab: str) -> None:
    trade = open_trade()
    order = world.run(trade.dispatched())
    on_the_way, unwanted = open_trade(), unwanted_order(world, open_trade())
    travelling = world.run(on_the_way.accepted())
    world.run(on_the_way.worker.command(f"/api/orders/{travelling}/depart"))
    board.expect_in_lane(travelling, "已出发")
    expect(board.alarm_of(unwanted)).to_be_visible()
    board.select(order)
    board.page.get_by_role("tab", name=tab).click()
    board.page.wait_for_timeout(500)
    assert problems_of(board.page) == []


def test_axe_finds_nothing_serious_in_help_worker_and_sign_in(
    board: Board, live_url: str, open_trade: OpenTrade
) -> None:
    open_trade()
    board.page.locator(".roster-row").first.click()
    expect(board.pane).to_contain_text("听单")
    assert problems_of(board.page) == []
    board.press("?")
    expect(board.page.get_by_role("dialog")).to_be_visible()
    assert problems_of(board.page) == []
    board.press("Escape")
    board.page.context.clear_cookies()
    board.page.goto(f"{live_url}/board/login")
    assert problems_of(board.page) == []


def test_a_browser_of_last_year_over_plain_http_can_do_everything(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    # Chrome 116; and no secure context, in which randomUUID is not there.
    board.page.add_init_script("delete Map.groupBy; delete AbortSignal.any; delete Crypto.prototype.randomUUID")
    board.page.reload()
    order = world.run(open_trade().dispatched())
    board.select(order)
    board.page.get_by_role("tab", name="时间线").click()
    expect(board.pane).to_contain_text("支付成功")
    board.page.get_by_role("tab", name="候选人").click()
    board.page.locator(".candidate").first.get_by_role("button", name="指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("已指派给")
    assert board.errors == []


def test_the_name_of_an_alert_is_never_cut(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().dispatched())
    board.expect_in_lane(order, "派单中")
    # The offer's push must be through, or it would undo what the changed snapshot says.
    expect(board.tile(order)).to_contain_text("询")

    def nobody_accepts(snapshot: dict[str, Any]) -> None:
        for card in snapshot["orders"]:
            card |= {"exhausted": True, "offer": None, "starts_at": "2020-01-01T00:00:00.000Z"}

    board.change_snapshot(nobody_accepts)
    alert = board.tile(order).locator(".tile-alert")
    expect(alert).to_have_text("无人接单")
    for width in (1280, 1440, 1920):
        board.page.set_viewport_size({"width": width, "height": 900})
        assert alert.evaluate(IS_WHOLE), width


IS_WHOLE = """(alert) => {
  const [inner, outer] = [alert, alert.closest('.tile-facts')].map((one) => one.getBoundingClientRect())
  const countdown = alert.closest('.tile').querySelector('.countdown').getBoundingClientRect()
  return alert.scrollWidth <= alert.clientWidth && inner.right <= outer.right + 0.5 && inner.right <= countdown.left
}"""


def test_the_console_stays_silent(board: Board, world: World, open_trade: OpenTrade) -> None:
    said: list[str] = []
    board.page.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    board.page.reload()
    board.wait_until_live()
    board.select(world.run(open_trade().dispatched()))
    expect(board.page.locator(".candidate").first).to_be_visible()
    assert said == []
    assert board.errors == []
