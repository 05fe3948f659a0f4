"""售后 that ends with money back and with a return visit, and a compensation that did not arrive."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Route, expect

from tests.e2e.board.board import MONEYLESS, Board
from tests.e2e.board.conftest import Desk, World
from tests.e2e.board.test_staff_moves import ask, dialog_of
from tests.e2e.board.test_trouble import picture, sent_by
from tests.e2e.board.test_whole_page import problems_of
from tests.world.people import Person
from tests.world.town import Trade, in_database
from web.payments import sandbox
from web.payments.gateways import payout_number
from web.payments.models import SandboxTrade

OpenTrade = Callable[..., Trade]


def offer_a_few_times(board: Board, first: datetime) -> None:
    """The tests' town has a time each second: nobody wants to see them all."""
    times = [(first + timedelta(minutes=30 * n)).isoformat() for n in range(12)]
    slots = [{"starts_at": at, "workers": 1, "same_worker": n != 3} for n, at in enumerate(times)]
    board.page.route("**/slots?*", lambda route: route.fulfill(json={"day": "", "slots": slots}))


def test_a_claim_ends_with_money_back_and_another_with_a_return_visit(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(workers=1, steps=1, terms={"completion": {"autoconfirm_s": 120, "review_s": 600}})
    order = world.run(trade.arrived())
    code = world.run(trade.code(order))
    for step, body in (("start", {"code": code}), ("steps/1", {}), ("finish", {})):
        world.run(trade.worker.command(f"/api/orders/{order}/{step}", body))
    world.run(trade.customer.command(f"/api/orders/{order}/confirm"))

    def claim(kind: str, text: str, *photos: int) -> None:
        said = {"kind": kind, "text": text, "photos": photos}
        world.run(trade.customer.command(f"/api/orders/{order}/claims", said))

    claim("overcharge", "说好的优惠没有算", world.run(sent_by(trade.customer, picture())))
    board.alarm_of(order).get_by_role("button", name=f"#{order}").click()
    dialog = ask(board, "答复售后")
    expect(dialog).to_contain_text("说好的优惠没有算")
    expect(dialog.locator(".photos img")).to_have_count(1)
    dialog.get_by_label("结论").select_option(label="同意退款")
    dialog.get_by_label("答复").fill("差额退给您")
    dialog.get_by_role("textbox", name="金额").fill("5")
    expect(dialog.get_by_role("button", name="确认答复")).to_be_disabled()
    dialog.get_by_label("原因").select_option("overcharged")
    expect(dialog).to_contain_text("退给用户 ¥5，原路退回")
    expect(dialog).to_contain_text("平台承担 20%")
    assert problems_of(board.page) == []
    dialog.get_by_role("button", name="确认答复").click()
    expect(board.outcome).to_contain_text("已答复售后")
    claims = board.pane.get_by_role("region", name="售后")
    expect(claims).to_contain_text("退款 ¥5")

    claim("quality", "浴室没有打扫")
    first = datetime.fromisoformat(world.run(trade.customer.get(f"/api/orders/{order}"))["order"]["starts_at"])
    offer_a_few_times(board, first + timedelta(hours=2))
    dialog = ask(board, "答复售后")
    dialog.get_by_label("结论").select_option(label="安排返工")
    dialog.get_by_label("答复").fill("师傅会再次上门")
    dialog.get_by_label("返工内容").fill("重做浴室")
    dialog.locator(".slots label").nth(3).click()
    expect(dialog).to_contain_text("那时没空，会派给别人")
    dialog.locator(".slots label").first.click()
    expect(dialog).to_contain_text("生成免费返工单")
    expect(dialog).to_contain_text("去没有报酬")
    assert problems_of(board.page) == []
    dialog.get_by_role("button", name="确认答复").click()
    expect(claims).to_contain_text("免费返工 #")
    case = world.run(trade.customer.get(f"/api/orders/{order}"))["cases"][-1]
    rework = case["rework"]["id"]
    board.pane.locator(".facts").get_by_role("button", name=f"#{rework}").click()
    expect(board.pane.locator(".order-head")).to_contain_text("免费返工")
    # It looks for its worker: the pane opened with the candidates where its card had come before.
    board.pane.get_by_role("tab", name="概况").click()
    expect(board.pane).to_contain_text("重做浴室")
    board.pane.locator(".facts").get_by_role("button", name=f"#{order}").click()
    expect(board.pane.locator(".order-head")).not_to_contain_text("返工")
    assert board.errors == []


def test_whose_duty_money_is_not_sees_what_is_owed_and_no_button_for_it(
    desk: Desk, live_url: str, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    trade = open_trade(workers=1, steps=1, terms={"completion": {"autoconfirm_s": 120, "review_s": 600}})
    order = world.run(trade.book())
    given = {"reason": "nobody_available", "customer_compensation_fen": 1000}
    world.run(colleague.command(f"/api/orders/{order}/call-off", given))
    board = Board(desk(MONEYLESS).new_page(), live_url).open().wait_until_live()
    alarm = board.alarm_of(order)
    alarm.get_by_role("button", name="接手").click()
    expect(alarm).to_contain_text("处理中")
    expect(alarm.get_by_role("button", name="支付补偿")).to_have_count(0)
    alarm.get_by_role("button", name=f"#{order}").click()
    owed = board.pane.get_by_role("region", name="平台补偿")
    expect(owed).to_contain_text("¥10")
    expect(owed.get_by_role("button")).to_have_count(0)

    worked = world.run(trade.arrived())
    world.run(trade.worker.command(f"/api/orders/{worked}/start", {"code": world.run(trade.code(worked))}))
    world.run(trade.worker.command(f"/api/orders/{worked}/steps/1", {}))
    world.run(trade.worker.command(f"/api/orders/{worked}/finish", {}))
    world.run(trade.customer.command(f"/api/orders/{worked}/confirm"))
    world.run(trade.customer.command(f"/api/orders/{worked}/claims", {"kind": "quality", "text": "浴室没有打扫"}))
    board.alarm_of(worked).get_by_role("button", name=f"#{worked}").click()
    dialog = ask(board, "答复售后")
    expect(dialog.get_by_label("结论").locator("option", has_text="安排返工")).to_have_count(1)
    expect(dialog.get_by_label("结论").locator("option", has_text="同意退款")).to_have_count(0)
    assert board.errors == []


def test_a_compensation_that_did_not_arrive_is_paid_again_and_then_by_other_means(
    board: Board, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    trade = open_trade(workers=1)
    # Nothing was ever paid, so no wallet is known: nobody pays by himself.
    order = world.run(trade.book())
    given = {"reason": "nobody_available", "customer_compensation_fen": 1000}
    world.run(colleague.command(f"/api/orders/{order}/call-off", given))
    alarm = board.alarm_of(order)
    expect(alarm).to_contain_text("待支付补偿")
    alarm.get_by_role("button", name="接手").click()
    expect(alarm.get_by_role("button", name="备注并关闭")).to_have_count(0)
    alarm.get_by_role("button", name="支付补偿").click()
    owed = board.pane.get_by_role("region", name="平台补偿")
    expect(owed).to_contain_text("¥10")
    expect(owed).to_contain_text("待支付")
    owed.get_by_role("button", name="打款", exact=True).click()
    expect(dialog_of(board)).to_contain_text("向用户打款 ¥10")
    assert problems_of(board.page) == []
    dialog_of(board).get_by_role("button", name="确认打款").click()
    expect(board.outcome).to_contain_text("已开始打款")
    expect(owed).to_contain_text(re.compile("打款中|待收款确认"))
    expect(owed.get_by_role("button")).to_have_count(0)

    payout = compensation(world, colleague, order)["payout_id"]
    channel_says(board, world, payout, sandbox.FAILED)
    expect_state(board, world, colleague, order, "returned")
    expect(owed).to_contain_text("打款失败，平台处理中")

    # A colleague was quicker: the second is told, and sees what he could no longer do.
    def colleague_first(route: Route) -> None:
        number = compensation(world, colleague, order)["id"]
        world.run(colleague.post(f"/api/compensations/{number}/pay-out", {"channel": "sandbox"}, key=None))
        route.continue_()

    board.page.route("**/paid-otherwise", colleague_first)
    pay_otherwise(board, "银行转账 0823")
    expect(board.outcome).to_contain_text("没有登记为已支付：打款正在进行，请先等它有结果")
    expect(owed.get_by_role("button")).to_have_count(0)
    board.page.unroute("**/paid-otherwise")
    channel_says(board, world, compensation(world, colleague, order)["payout_id"], sandbox.FAILED)
    expect_state(board, world, colleague, order, "returned")

    pay_otherwise(board, "银行转账 0823")
    expect(board.outcome).to_contain_text("已登记为已支付")
    expect(owed).to_contain_text("已到账")
    expect(board.alarm_of(order)).to_have_count(0)
    assert board.errors == []


def pay_otherwise(board: Board, note: str) -> None:
    """By the button and its question."""
    board.pane.get_by_role("button", name="登记已另付").click()
    dialog = dialog_of(board)
    expect(dialog.get_by_role("button", name="确认已支付")).to_be_disabled()
    dialog.get_by_label("怎样付的").fill(note)
    dialog.get_by_role("button", name="确认已支付").click()


def compensation(world: World, colleague: Person, order: int) -> dict[str, Any]:
    """As staff read it."""
    shown: list[dict[str, Any]] = world.run(colleague.get(f"/api/orders/{order}"))["compensations"]
    return shown[-1]


def channel_says(board: Board, world: World, payout: int, state: str) -> None:
    """Once the payout is with the channel, this becomes of it."""
    number = payout_number(payout)
    until(board, lambda: world.run(in_database(lambda: SandboxTrade.objects.filter(out_number=number).exists())))
    world.run(in_database(lambda: sandbox.end_payout(out_number=number, state=state)))


def expect_state(board: Board, world: World, colleague: Person, order: int, state: str) -> None:
    """The payout has ended so; the page hears of it by itself."""
    until(board, lambda: compensation(world, colleague, order)["state"] == state)


def until(board: Board, holds: Callable[[], bool]) -> None:
    """Wait, while the page goes on."""
    for _ in range(300):
        if holds():
            return
        board.page.wait_for_timeout(200)
    raise AssertionError
