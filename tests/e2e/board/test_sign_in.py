"""Signing in and out at the board."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.board.board import Board

NO_SUCH_ALARM = {
    "id": 999_999,
    "kind": "needs_ops",
    "order_id": None,
    "worker": None,
    "raised_at": "2026-11-23T02:32:10.000Z",
    "ring_again_at": "2026-11-23T02:35:10.000Z",
    "owner": "dispatcher",
    "due_at": "2026-11-23T02:35:10.000Z",
    "taken_by": None,
    "next_step": "查看",
}


def test_a_dispatcher_signs_in_sees_the_board_and_signs_out(context: BrowserContext, live_url: str) -> None:
    board = Board(context.new_page(), live_url).sign_in().wait_until_live()
    expect(board.page).to_have_title(re.compile("杭州 · 门铃调度台$"))
    expect(board.page.get_by_role("region", name="派单中")).to_be_visible()
    board.page.get_by_role("button", name="退出").click()
    expect(board.page.get_by_label("用户名")).to_be_visible()
    board.open()
    expect(board.page.get_by_label("用户名")).to_be_visible()


def test_signing_in_again_in_another_tab_leaves_this_one_able_to_act(context: BrowserContext, live_url: str) -> None:
    board = Board(context.new_page(), live_url).sign_in().wait_until_live()
    board.change_snapshot(lambda snapshot: snapshot.update(alarms=[NO_SUCH_ALARM]))
    other = Board(context.new_page(), live_url).open().wait_until_live()
    other.page.get_by_role("button", name="退出").click()
    expect(other.page.get_by_label("用户名")).to_be_visible()
    other.sign_in().wait_until_live()
    with board.page.expect_response("**/take") as answer:
        board.page.get_by_role("button", name="接手").click()
    # There is no such alarm; a stale token would be 403.
    assert answer.value.status == 404
    board.page.get_by_role("button", name="退出").click()
    expect(board.page.get_by_label("用户名")).to_be_visible()


def test_a_wrong_password_is_told(context: BrowserContext, live_url: str) -> None:
    board = Board(context.new_page(), live_url).sign_in(password="wrong")
    expect(board.page.get_by_role("alert")).to_have_text("用户名或密码不正确")


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080)])
def test_nothing_is_cut_off_from_1280_px_up(board: Board, size: tuple[int, int]) -> None:
    board.page.set_viewport_size({"width": size[0], "height": size[1]})
    inside = "() => document.documentElement.scrollWidth <= innerWidth && document.body.scrollHeight <= innerHeight"
    board.page.wait_for_function(inside)
