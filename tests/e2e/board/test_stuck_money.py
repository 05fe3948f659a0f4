"""Money that does not move by itself, and what workers want to withdraw: somebody sees to it from the board."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.e2e.board.test_whole_page import problems_of
from tests.workflows.fates import ask_for_money, cancel, hold, number_of, release, withdrawal_in
from tests.world.town import Trade, in_database
from web.orders.services.terms import put_policy
from web.payments import sandbox
from web.payments.gateways import payout_number

OpenTrade = Callable[..., Trade]


def test_a_refund_that_its_gateway_does_not_take_is_tried_again_by_a_button(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(terms={"payment": {"refund_quiet_s": 2}})
    order = world.run(trade.dispatched())
    number = world.run(in_database(number_of, order))
    world.run(in_database(hold, number))
    world.run(cancel(trade, order))
    alarm = board.alarm_of(order)
    expect(alarm).to_contain_text("需要人工处理")
    alarm.get_by_role("button", name=f"#{order}").click()
    stuck = board.pane.get_by_role("region", name="受阻的资金")
    expect(stuck).to_contain_text("退款")
    expect(stuck).to_contain_text("渠道没有受理")
    assert problems_of(board.page) == []
    world.run(in_database(release, number))
    with board.page.expect_response("**/api/refunds/*/retry") as asked:
        stuck.get_by_role("button", name="重试").click()
    assert asked.value.ok
    expect(board.outcome).to_contain_text("已让渠道重试")
    expect(alarm).to_have_count(0)
    expect(stuck).to_have_count(0)


def test_a_withdrawal_is_reviewed_and_tried_again_from_its_alarm(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    world.run(in_database(lambda: put_policy(kind="withdrawal", data={"quiet_s": 1})))
    trade = open_trade(steps=1, terms={"completion": {"autoconfirm_s": 120, "review_s": 600}})
    order = world.run(trade.accepted())
    world.run(trade.worker.serve(order, code=world.run(trade.code(order))))
    world.run(trade.customer.command(f"/api/orders/{order}/confirm"))
    world.run(trade.town.until(order, "settled"))

    first = world.run(ask_for_money(trade))
    due = alarm_of(board, first)
    expect(due).to_contain_text("提现待审核")
    expect(due).to_contain_text("核对后通过或驳回")
    dialog = dialog_of(board, due, first)
    expect(dialog).to_contain_text("提现 ¥50")
    assert problems_of(board.page) == []
    dialog.get_by_label("驳回").check()
    expect(dialog.get_by_role("button", name="驳回")).to_be_disabled()
    dialog.get_by_label("原因").select_option("identity")
    expect(dialog).to_contain_text("退回")
    dialog.get_by_role("button", name="驳回").click()
    expect(due).to_have_count(0)
    world.run(withdrawal_in(trade, "declined"))

    second = world.run(ask_for_money(trade))
    number = payout_number(second)
    world.run(in_database(lambda: sandbox.misbehave(out_number=number, mood=sandbox.DOWN)))
    dialog = dialog_of(board, alarm_of(board, second), second)
    dialog.get_by_role("button", name="通过并打款").click()
    expect(alarm_of(board, second)).to_contain_text("提现打款受阻")
    world.run(in_database(lambda: sandbox.behave(out_number=number)))
    dialog = dialog_of(board, alarm_of(board, second), second)
    expect(dialog).to_contain_text("同一笔不会付两次")
    dialog.get_by_role("button", name="重试").click()
    expect(alarm_of(board, second)).to_have_count(0)
    world.run(withdrawal_in(trade, "waiting"))


def alarm_of(board: Board, withdrawal_id: int) -> Locator:
    """The alarm about a withdrawal."""
    number = board.page.get_by_role("button", name=f"提现 #{withdrawal_id}", exact=True)
    return board.page.locator(".alarm", has=number)


def dialog_of(board: Board, alarm: Locator, withdrawal_id: int) -> Locator:
    """What is opened from it."""
    alarm.get_by_role("button", name=f"提现 #{withdrawal_id}", exact=True).click()
    dialog = board.page.get_by_role("dialog")
    expect(dialog).to_contain_text("申请")
    return dialog
