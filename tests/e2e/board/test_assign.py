"""Manual assignment: by mouse, by keyboard, against a colleague, and to somebody who cannot."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.people import Person
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def test_by_mouse(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=2)
    order = world.run(trade.dispatched())
    board.select(order)
    row = board.page.locator(f'.candidate[data-worker="{trade.workers[1].id}"]')
    row.click()
    expect(board.page.locator(".why")).to_contain_text("路上约")
    row.get_by_role("button", name="指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("已指派给")
    board.expect_in_lane(order, "待服务")
    assert world.run(trade.workers[1].get(f"/api/orders/{order}"))["order"]["worker"]["id"] == trade.workers[1].id


def test_by_keyboard_alone(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=2)
    order = world.run(trade.dispatched())
    board.expect_in_lane(order, "派单中")
    board.press("/")
    board.page.keyboard.type(f"#{order}")
    expect(board.page.locator(".tile")).to_have_count(1)
    # From the search field to what it found, and open that.
    board.press("Enter")
    expect(board.tile(order)).to_be_focused()
    board.press("Enter")
    expect(board.pane).to_contain_text(f"#{order}")
    board.press("c")
    expect(board.page.locator(".candidate-name").first).to_be_focused()
    board.press("ArrowDown")
    expect(board.page.locator(".candidate-name").nth(1)).to_be_focused()
    chosen = int(board.page.locator(".candidate").nth(1).get_attribute("data-worker") or 0)
    board.press("ArrowRight", "Enter")
    expect(board.page.get_by_role("button", name="确认指派")).to_be_focused()
    board.press("Enter")
    expect(board.outcome).to_contain_text("已指派给")
    board.press("Escape")
    expect(board.tile(order)).to_be_focused()
    detail = world.run(trade.customer.get(f"/api/orders/{order}"))
    assert detail["order"]["worker"]["id"] == chosen


def test_of_two_dispatchers_the_second_sees_who_was_first(
    board: Board, second_board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(workers=2)
    order = world.run(trade.dispatched())
    for one in (board, second_board):
        one.select(order)
        one.page.locator(".candidate").first.get_by_role("button", name="指派").click()
    held: list[Route] = []
    # The second one's click is on its way while the first one's is decided.
    second_board.page.route("**/assign", lambda route: held.append(route))
    second_board.page.get_by_role("button", name="确认指派").click()
    expect(second_board.outcome).to_contain_text("正在指派")
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("已指派给")
    held[0].continue_()
    expect(second_board.outcome).to_contain_text("订单当前状态不允许此操作")
    expect(second_board.outcome).to_contain_text("订单现在是「待服务」")
    expect(second_board.outcome).to_contain_text("调度员chen 手动指派")
    second_board.expect_in_lane(order, "待服务")


def test_an_answer_that_did_not_come_is_asked_again_with_the_same_key(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.dispatched())
    keys: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    board.page.route("**/assign", lose_the_first_answer)
    board.select(order)
    board.page.locator(".candidate").first.get_by_role("button", name="指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("是否生效未知")
    board.page.get_by_role("button", name="用同一指令重试").click()
    expect(board.outcome).to_contain_text("已指派给")
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_a_worker_without_the_skill_has_the_reason_and_no_button(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    stranger = open_trade(workers=1).worker
    board.select(world.run(open_trade(workers=1).dispatched()))
    row = board.page.locator(f'.excluded li[data-worker="{stranger.id}"]')
    expect(row).to_contain_text("不具备此技能")
    expect(row.get_by_role("button")).to_have_count(0)


def test_what_became_of_a_worker_since_is_refused_with_the_reason(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    def of_a_moment_ago(route: Route) -> None:
        answer = route.fetch().json()
        answer["excluded"] = [one | {"assignable": True} for one in answer["excluded"]]
        route.fulfill(json=answer)

    board.page.route("**/candidates", of_a_moment_ago)
    stranger = open_trade(workers=1).worker
    board.select(world.run(open_trade(workers=1).dispatched()))
    row = board.page.locator(f'.excluded li[data-worker="{stranger.id}"]')
    row.get_by_role("button", name="仍要指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("该服务人员不符合此订单的要求")
    expect(board.outcome).to_contain_text("不具备此技能")
    # The codes are for machines.
    expect(board.outcome).to_have_attribute("data-code", "worker_unfit")
    expect(board.pane).not_to_contain_text("no_skill")
    expect(board.pane).not_to_contain_text("worker_unfit")


def test_while_it_is_not_decided_the_page_says_so(
    board: Board, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.dispatched())
    # What an answer is while the actors are away: the command is written down and not decided.
    board.page.route(
        "**/assign", lambda route: route.fulfill(status=202, json={"command": 0, "status": "pending", "code": ""})
    )
    board.page.route("**/api/commands/0", lambda route: route.fulfill(json={"command": 0, "status": "pending"}))
    board.select(order)
    board.page.locator(".candidate").first.get_by_role("button", name="指派").click()
    board.page.get_by_role("button", name="确认指派").click()
    expect(board.outcome).to_contain_text("正在确认")
    world.run(colleague.command(f"/api/orders/{order}/assign", {"worker_id": trade.worker.id}))
    # The socket tells it before any poll does.
    expect(board.outcome).to_contain_text("已指派给")
