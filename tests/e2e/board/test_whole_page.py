"""What holds for every state of the page: nothing from outside, nothing that somebody could not use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from config.home import CLONE
from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
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
    lonely = open_trade()
    world.run(lonely.worker.turn_switch(on_duty=False))
    # An order that alarms, and one on its way.
    world.run(open_trade().accepted())
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
