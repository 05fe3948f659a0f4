"""The queue of what needs a person."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.people import Person
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def unwanted_order(world: World, trade: Trade) -> int:
    """An order that nobody accepts: the only worker goes home."""
    order: int = world.run(trade.book())
    world.run(trade.worker.turn_switch(on_duty=False))
    world.run(trade.customer.pay(order))
    return order


def test_an_alarm_rings_and_is_taken(board: Board, second_board: Board, world: World, open_trade: OpenTrade) -> None:
    rung = int(board.page.locator(".mute").get_attribute("data-rings") or 0)
    order = unwanted_order(world, open_trade())
    alarm = board.alarm_of(order)
    expect(alarm).to_contain_text("无人接单")
    expect(alarm).to_contain_text("查看候选人并手动指派")
    assert int(board.page.locator(".mute").get_attribute("data-rings") or 0) > rung
    alarm.get_by_role("button", name="接手").click()
    for one in (board, second_board):
        expect(one.alarm_of(order)).to_contain_text("调度员chen 处理中")
        expect(one.alarm_of(order).get_by_role("button", name="接手")).to_have_count(0)


def test_the_second_to_take_it_sees_who_was_first(
    board: Board, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    order = unwanted_order(world, open_trade())
    alarm = board.alarm_of(order)
    expect(alarm).to_be_visible()
    number = alarm.get_attribute("data-alarm")

    def colleague_first(route: Route) -> None:
        world.run(colleague.post(f"/api/board/alarms/{number}/take", key=None))
        route.continue_()

    board.page.route("**/take", colleague_first)
    alarm.get_by_role("button", name="接手").click()
    expect(alarm).to_contain_text("已先接手")
    expect(alarm).to_contain_text("处理中")


def test_assigning_the_order_clears_its_alarm(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade()
    order = unwanted_order(world, trade)
    board.alarm_of(order).get_by_role("button", name=f"#{order}").click()
    expect(board.pane).to_contain_text(f"#{order}")
    row = board.page.locator(f'.excluded li[data-worker="{trade.worker.id}"]')
    expect(row).to_contain_text("休息中")
    # A dispatcher may wave this reason aside: he has called the worker.
    row.get_by_role("button", name="仍要指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("已指派给")
    expect(board.alarm_of(order)).to_have_count(0)


def test_muting_is_remembered(board: Board) -> None:
    board.page.locator(".mute").click()
    expect(board.page.locator(".mute")).to_contain_text("已静音")
    board.page.reload()
    board.wait_until_live()
    expect(board.page.locator(".mute")).to_contain_text("已静音")
    board.press("m")
    expect(board.page.locator(".mute")).to_contain_text("有声")
