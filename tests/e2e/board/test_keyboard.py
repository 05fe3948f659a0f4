"""The focus is where a dispatcher's hands are: it is never dropped, and every row can be reached."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World, unwanted_order
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def test_choosing_a_worker_enters_his_pane_and_escape_leads_back(board: Board, open_trade: OpenTrade) -> None:
    worker = open_trade().worker
    row = board.page.locator(f'.roster-row[data-worker="{worker.id}"]')
    board.page.locator('[aria-label="服务人员名单"]').evaluate("(list) => list.scrollTo(0, 0)")
    for _ in range(200):
        if row.count():
            break
        board.page.locator('[aria-label="服务人员名单"]').evaluate("(list) => list.scrollBy(0, 200)")
        board.page.wait_for_timeout(50)
    row.focus()
    board.press("Enter")
    expect(board.pane).to_contain_text("听单")
    expect(board.pane.locator(".order-head")).to_be_focused()
    board.press("Escape")
    expect(row).to_be_focused()


def test_a_worker_chosen_from_an_orders_facts_takes_the_focus_along(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade()
    order = world.run(trade.accepted())
    board.select(order, lane="待服务")
    link = board.pane.locator("dd button.link").first
    link.focus()
    board.press("Enter")
    expect(board.pane).to_contain_text("听单")
    expect(board.pane.locator(".order-head")).to_be_focused()


def test_taking_an_alarm_keeps_the_focus_at_it(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = unwanted_order(world, open_trade())
    alarm = board.alarm_of(order)
    alarm.get_by_role("button", name="接手").focus()
    board.press("Enter")
    expect(alarm).to_contain_text("处理中")
    expect(alarm.get_by_role("button", name=f"#{order}")).to_be_focused()


def test_arrows_reach_an_alarm_that_is_about_no_order(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = unwanted_order(world, open_trade())
    expect(board.alarm_of(order)).to_be_visible()

    def two_more(snapshot: dict[str, Any]) -> None:
        alarm = next(one for one in snapshot["alarms"] if one["order_id"] == order)
        about = {"order_id": None, "withdrawal_id": 7, "kind": "withdrawal_due"}
        due = alarm | about | {"id": 1, "raised_at": "2020-01-01T00:00:00.000Z"}
        snapshot["alarms"] = [due, alarm]

    board.change_snapshot(two_more)
    board.press("a")
    expect(board.page.locator('.alarm[data-alarm="1"] .alarm-stop')).to_be_focused()
    board.press("ArrowDown")
    expect(board.alarm_of(order).locator(".alarm-stop")).to_be_focused()
    board.press("ArrowUp")
    expect(board.page.locator('.alarm[data-alarm="1"] .alarm-stop')).to_be_focused()


def test_the_lanes_keep_their_stop_of_the_tab_key_when_it_is_scrolled_away(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    order = world.run(open_trade().dispatched())
    board.expect_in_lane(order, "派单中")

    def a_long_lane(snapshot: dict[str, Any]) -> None:
        card = next(one for one in snapshot["orders"] if one["id"] == order)
        snapshot["orders"] = [card | {"id": card["id"] * 1000 + number} for number in range(60)]

    board.change_snapshot(a_long_lane)
    stop = board.page.locator('.tile[tabindex="0"]')
    expect(stop).to_have_count(1)
    board.page.locator(".lane-list").first.evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    expect(board.page.locator('.tile[aria-posinset="60"]')).to_be_visible()
    expect(board.page.locator('.tile[aria-posinset="1"]')).to_have_count(0)
    expect(stop).to_have_count(1)
