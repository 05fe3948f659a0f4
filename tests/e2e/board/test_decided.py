"""Past dispatching: the ranking as it was when it was decided, and the start code that staff reset.

The answers are docs/protocol.md's, given by the test: how they come about is tried where they are made.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def answer_about_candidates(board: Board, change: dict[str, Any]) -> None:
    def changed(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | change)

    board.page.route("**/candidates", changed)


@pytest.mark.parametrize(("by", "word", "sentence"), [("worker", "已接单", "接单"), ("staff", "已指派", "平台指派给")])
def test_what_was_decided_is_shown_as_it_was(
    board: Board, world: World, open_trade: OpenTrade, by: str, word: str, sentence: str
) -> None:
    trade = open_trade(workers=2)
    order = world.run(trade.dispatched())
    winner = trade.workers[1]
    chosen = {"worker": {"id": winner.id, "name": "王芳"}, "by": by}
    told = {"stored": True, "chosen": chosen, "ranked_at": "2026-11-23T02:32:10.000Z"}
    answer_about_candidates(board, told)
    board.select(order)
    line = board.page.locator(".ranked")
    expect(line).to_contain_text("当时的排序")
    expect(line).to_contain_text("11月23日周一 10:32:10")
    expect(line).to_contain_text(sentence)
    expect(line).not_to_contain_text("重新计算")
    expect(board.page.locator(f'.candidate[data-worker="{winner.id}"]')).to_contain_text(word)
    expect(board.page.locator(".winner")).to_have_count(1)
    # A decision that is over is not numbered on the map.
    expect(board.page.locator(".map-worker[data-rank]:not([data-rank=''])")).to_have_count(0)


def test_somebody_who_was_assigned_against_the_ranking_is_marked_where_he_stands(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    stranger = open_trade().worker
    order = world.run(open_trade().dispatched())
    told = {"stored": True, "chosen": {"worker": {"id": stranger.id, "name": "李雷"}, "by": "staff"}}
    answer_about_candidates(board, told)
    board.select(order)
    row = board.page.locator(f'.excluded li[data-worker="{stranger.id}"]')
    expect(row).to_contain_text("不具备此技能")
    expect(row).to_contain_text("已指派")


def test_while_it_is_not_decided_the_ranking_is_of_now(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().dispatched())
    board.select(order)
    expect(board.page.locator(".ranked")).to_contain_text("现在的排序")
    expect(board.page.locator(".ranked")).to_contain_text("重新计算")
    expect(board.page.locator(".winner")).to_have_count(0)


def test_a_locked_start_code_is_reset_after_a_second_look(board: Board, world: World, open_trade: OpenTrade) -> None:
    order = world.run(open_trade().arrived())
    locked = True

    def detail(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json=answer | {"allowed_actions": ["unlock"] if locked else []})

    def unlock(route: Route) -> None:
        nonlocal locked
        locked = False
        assert route.request.headers["idempotency-key"]
        route.fulfill(json={"command": 1, "status": "done", "code": "", "details": {}})

    board.page.route(f"**/api/orders/{order}", detail)
    board.page.route(f"**/api/orders/{order}/unlock", unlock)
    board.select(order, lane="已到达")
    expect(board.page.locator(".unlock")).to_contain_text("服务码输错次数过多，已锁定")
    board.page.get_by_role("button", name="重置服务码").click()
    expect(board.page.get_by_role("button", name="确认重置")).to_be_focused()
    assert locked
    board.press("Enter")
    expect(board.outcome).to_contain_text("服务码已重置，可以重新输入")
    expect(board.page.locator(".unlock")).to_have_count(0)


@pytest.mark.parametrize(("kind", "name"), [("start_near", "临近未派"), ("start_code_locked", "服务码锁定")])
def test_every_kind_of_alarm_has_its_name(
    board: Board, world: World, open_trade: OpenTrade, kind: str, name: str
) -> None:
    order = world.run(open_trade().dispatched())
    board.expect_in_lane(order, "派单中")
    alarm = {
        "id": 1,
        "kind": kind,
        "order_id": order,
        "worker": None,
        "raised_at": "2026-11-23T02:32:10.000Z",
        "ring_again_at": "2026-11-23T02:35:10.000Z",
        "owner": "dispatcher",
        "due_at": "2026-11-23T02:35:10.000Z",
        "taken_by": None,
        "next_step": "联系用户",
    }
    board.change_snapshot(lambda snapshot: snapshot.update(alarms=[alarm]))
    expect(board.alarm_of(order)).to_contain_text(name)
