"""The queue of what needs a person."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World, unwanted_order
from tests.world.people import Person
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def test_an_alarm_rings_and_is_taken(board: Board, second_board: Board, world: World, open_trade: OpenTrade) -> None:
    board.page.locator("h1").click()
    rung = int(board.page.locator(".mute").get_attribute("data-rings") or 0)
    order = unwanted_order(world, open_trade())
    alarm = board.alarm_of(order)
    expect(alarm).to_contain_text("无人接单")
    expect(alarm).to_contain_text("手动指派；没有合适的人就联系用户")
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


def test_what_alarmed_before_the_page_may_sound_rings_at_the_first_touch(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    order = unwanted_order(world, open_trade())
    expect(board.alarm_of(order)).to_be_visible()
    board.page.add_init_script(COUNTED_TONES)
    board.page.reload()
    expect(board.alarm_of(order)).to_be_visible()
    # The clock has to tick: what is due is asked once a second.
    board.page.wait_for_timeout(1500)
    assert board.page.evaluate("window.tones") == 0
    board.page.locator("h1").click()
    board.page.wait_for_function("() => window.tones > 0")
    expect(board.page.locator(".mute")).to_have_attribute("data-rings", "1")


def test_a_muted_bell_stays_silent_and_an_open_one_rings(board: Board, world: World, open_trade: OpenTrade) -> None:
    board.page.add_init_script(COUNTED_TONES)
    board.page.reload()
    board.wait_until_live()
    board.page.locator(".mute").click()
    expect(board.page.locator(".mute")).to_contain_text("已静音")
    board.page.evaluate("window.tones = 0")
    first = unwanted_order(world, open_trade())
    expect(board.alarm_of(first)).to_be_visible()
    board.page.wait_for_timeout(1500)
    assert board.page.evaluate("window.tones") == 0
    board.page.locator(".mute").click()
    # Opening it lets one hear what it sounds like.
    board.page.wait_for_function("() => window.tones > 0")
    board.page.evaluate("window.tones = 0")
    second = unwanted_order(world, open_trade())
    expect(board.alarm_of(second)).to_be_visible()
    board.page.wait_for_function("() => window.tones > 0")


COUNTED_TONES = """
window.tones = 0
const through = (node) => node
window.AudioContext = class {
  state = 'suspended'
  currentTime = 0
  destination = {}
  async resume() { this.state = 'running' }
  createOscillator() { return { frequency: {}, connect: through, start() { window.tones += 1 }, stop() {} } }
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: through }
  }
}
"""


def test_muting_is_remembered(board: Board) -> None:
    board.page.locator(".mute").click()
    expect(board.page.locator(".mute")).to_contain_text("已静音")
    board.page.reload()
    board.wait_until_live()
    expect(board.page.locator(".mute")).to_contain_text("已静音")
    board.press("m")
    expect(board.page.locator(".mute")).to_contain_text("有声")
