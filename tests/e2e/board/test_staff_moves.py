"""What staff do to an order by its buttons: asked about first, told in true words, refused in Chinese."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Route, expect

from tests.e2e.board.board import Board
from tests.e2e.board.conftest import World
from tests.e2e.board.test_whole_page import problems_of
from tests.world.people import Person
from tests.world.town import Trade

OpenTrade = Callable[..., Trade]


def dialog_of(board: Board) -> Locator:
    """The question that is asked."""
    return board.page.locator("dialog[open]")


def ask(board: Board, button: str) -> Locator:
    """Press one of the order's buttons; the question that it asks."""
    board.pane.get_by_role("toolbar", name="订单操作").get_by_role("button", name=button, exact=True).click()
    expect(dialog_of(board)).to_be_visible()
    return dialog_of(board)


def test_somebody_is_taken_off_and_the_order_looks_for_another(
    board: Board, world: World, open_trade: OpenTrade
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted(starts_in_s=3600))
    board.select(order, lane="待服务")
    dialog = ask(board, "改派")
    name = world.run(trade.worker.get(f"/api/orders/{order}"))["order"]["worker"]["name"]
    expect(dialog).to_contain_text(f"{name} 不再服务此单")
    expect(dialog).to_contain_text("不记为未履约，不扣分")
    # Without a reason nothing can be confirmed.
    confirm = dialog.get_by_role("button", name="撤下并重新派单")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("原因").select_option(label="联系不上")
    dialog.get_by_label("服务人员未履约").check()
    expect(dialog).to_contain_text("按规则扣分")
    assert problems_of(board.page) == []
    confirm.click()
    expect(board.outcome).to_contain_text("已撤下服务人员，正在重新派单")
    board.expect_in_lane(order, "派单中")
    expect(board.pane.get_by_role("button", name="改派", exact=True)).to_have_count(0)
    taken_off = world.run(trade.customer.get(f"/api/orders/{order}"))["timeline"]
    assert "taken_off" in [entry["type"] for entry in taken_off]
    assert board.errors == []


def test_escape_leaves_the_question_and_not_the_order(board: Board, world: World, open_trade: OpenTrade) -> None:
    board.select(world.run(open_trade().dispatched()))
    ask(board, "平台取消")
    board.press("Escape")
    expect(dialog_of(board)).to_have_count(0)
    expect(board.pane).to_be_visible()
    expect(board.pane.get_by_role("button", name="平台取消")).to_be_focused()
    # By keyboard there as well, and a single letter is no shortcut meanwhile.
    board.press("Enter", "m")
    expect(dialog_of(board)).to_be_visible()
    expect(board.page.locator(".mute")).to_contain_text("有声")


def test_the_platform_cancels_and_says_before_who_gets_what(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted(starts_in_s=3600))
    total = world.run(trade.customer.get(f"/api/orders/{order}"))["total_fen"]
    board.select(order, lane="待服务")
    dialog = ask(board, "平台取消")
    expect(dialog).to_contain_text(f"退给用户 ¥{total / 100:g}")
    dialog.get_by_label("原因").select_option("weather")
    dialog.get_by_label("退款比例").fill("50")
    dialog.get_by_label("服务人员得").fill("80")
    expect(dialog).to_contain_text(f"得 ¥{total * 0.4 / 100:g}")
    dialog.get_by_label("补偿用户").fill("9999999")
    dialog.get_by_role("button", name="取消订单").click()
    # The server has the last word on sums, and the order stands.
    expect(board.outcome).to_contain_text("没有取消订单：补偿金额超出上限")
    expect(board.outcome).to_contain_text("补偿上限 ¥")
    dialog = ask(board, "平台取消")
    dialog.get_by_label("原因").select_option("weather")
    dialog.get_by_label("补偿用户").fill("20")
    dialog.get_by_role("button", name="取消订单").click()
    expect(board.outcome).to_contain_text("已取消订单")
    cancelled = world.run(trade.customer.get(f"/api/orders/{order}"))
    assert cancelled["order"]["phase"] == "CANCELLED"
    assert [one["amount_fen"] for one in cancelled["compensations"]] == [2000]
    assert board.errors == []


def test_who_was_replaced_in_the_middle_of_his_work_has_his_part_of_it(
    board: Board, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.arrived())
    world.run(trade.worker.command(f"/api/orders/{order}/start", {"code": world.run(trade.code(order))}))
    name = world.run(trade.worker.get(f"/api/orders/{order}"))["order"]["worker"]["name"]
    world.run(trade.worker.command(f"/api/orders/{order}/exceptions", {"type": "worker_unwell"}))
    world.run(
        colleague.command(f"/api/orders/{order}/exceptions/decide", {"outcome": "send_somebody_else", "failed": False})
    )
    board.select(order, lane="派单中")
    dialog = ask(board, "平台取消")
    dialog.get_by_label("原因").select_option("other")
    dialog.get_by_label("退款比例").fill("50")
    expect(dialog).to_contain_text("归平台")
    expect(dialog.get_by_label("补偿服务人员")).to_have_count(0)
    dialog.get_by_role("combobox").nth(1).select_option(label=name)
    expect(dialog).to_contain_text(f"由 {name} 与平台按规则分")
    dialog.get_by_label("服务人员得").fill("100")
    dialog.get_by_label("补偿服务人员").fill("3")
    expect(dialog).to_contain_text(f"平台另外补偿 {name} ¥3")
    assert problems_of(board.page) == []
    dialog.get_by_role("button", name="取消订单").click()
    expect(board.outcome).to_contain_text("已取消订单")
    (earned,) = world.run(colleague.get(f"/api/orders/{order}"))["compensations"]
    assert (earned["amount_fen"], earned["state"]) == (300, "earned")
    assert board.errors == []


def test_money_goes_back_and_a_claim_is_answered(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1, steps=1, terms={"completion": {"autoconfirm_s": 120, "review_s": 600}})
    order = world.run(trade.arrived())
    code = world.run(trade.code(order))
    for step, body in (("start", {"code": code}), ("steps/1", {}), ("finish", {})):
        world.run(trade.worker.command(f"/api/orders/{order}/{step}", body))
    board.select(order, lane="待确认")
    dialog = ask(board, "退款")
    confirm = dialog.get_by_role("button", name="确认退款")
    dialog.get_by_label("原因").select_option("goodwill")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("一个项目").check()
    dialog.get_by_role("combobox").first.select_option(label="上门费 ¥10")
    dialog.get_by_label("平台承担", exact=True).check()
    expect(dialog).to_contain_text("退给用户「上门费」还没退的全部金额")
    expect(dialog).to_contain_text("服务人员收入不变")
    confirm.click()
    expect(board.outcome).to_contain_text("已同意退款")
    world.run(world.town.until(order, "refunded"))
    agreed = [one for one in timeline_of(trade, world, order) if one["type"] == "refund_agreed"]
    assert agreed[0]["data"] == {"amount_fen": 1000, "reason": "goodwill"}
    world.run(trade.customer.command(f"/api/orders/{order}/confirm"))
    world.run(trade.customer.command(f"/api/orders/{order}/claims", {"kind": "damage", "text": "地板被划花了"}))
    board.alarm_of(order).get_by_role("button", name=f"#{order}").click()
    claims = board.pane.get_by_role("region", name="售后")
    expect(claims).to_contain_text("地板被划花了")
    expect(claims).to_contain_text("待答复")
    dialog = ask(board, "答复售后")
    dialog.get_by_label("结论").select_option("noted")
    dialog.get_by_label("答复").fill("已安排师傅上门修补")
    dialog.get_by_role("button", name="确认答复").click()
    expect(board.outcome).to_contain_text("已答复售后")
    expect(claims).to_contain_text("答复：已安排师傅上门修补")
    expect(board.alarm_of(order)).to_have_count(0)
    assert board.errors == []


def timeline_of(trade: Trade, world: World, order: int) -> list[dict[str, Any]]:
    """What happened to the order, as its customer reads it."""
    told: list[dict[str, Any]] = world.run(trade.customer.get(f"/api/orders/{order}"))["timeline"]
    return told


def test_the_visit_is_moved_to_a_time_that_is_free(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted(starts_in_s=3600))
    before = world.run(trade.customer.get(f"/api/orders/{order}"))["order"]["starts_at"]
    later = datetime.fromisoformat(before) + timedelta(hours=2)

    def a_few(route: Route) -> None:
        # The tests' town has a time each second: nobody wants to see them all.
        slot = {"starts_at": later.isoformat(), "workers": 1, "same_worker": True}
        route.fulfill(json={"day": "", "slots": [slot]})

    board.page.route("**/slots?*", a_few)
    board.select(order, lane="待服务")
    dialog = ask(board, "改约")
    expect(dialog.get_by_role("button", name="确认改约")).to_be_disabled()
    dialog.locator(".slots label").click()
    expect(dialog).to_contain_text("仍由")
    dialog.get_by_role("button", name="确认改约").click()
    expect(board.outcome).to_contain_text("已改约")
    moved = world.run(trade.customer.get(f"/api/orders/{order}"))["order"]
    assert datetime.fromisoformat(moved["starts_at"]) == later
    assert moved["worker"] is not None


def test_an_exception_is_answered_and_decided(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.arrived())
    words = "厨房漏水，地上全是水"
    report = {"type": "scope_larger", "text": words}
    world.run(trade.worker.command(f"/api/orders/{order}/exceptions", report))
    alarm = board.alarm_of(order)
    expect(alarm).to_contain_text("订单异常待处理")
    expect(alarm).to_contain_text("调度员")
    expect(alarm).to_contain_text("限 ")
    alarm.get_by_role("button", name=f"#{order}").click()
    trouble = board.pane.get_by_role("region", name="异常：实际工作量超出预约")
    expect(trouble).to_contain_text(words)
    expect(trouble).to_contain_text("待响应")
    expect(trouble).to_contain_text("还有")
    board.pane.get_by_role("button", name="响应异常").click()
    expect(trouble).to_contain_text("处理中")
    expect(trouble).to_contain_text("调度员chen，用时")
    # A service that has not begun cannot end early: there is no button for it.
    expect(board.pane.get_by_role("button", name="提前结束")).to_have_count(0)
    dialog = ask(board, "取消并退款")
    expect(dialog).to_contain_text("不能恢复")
    dialog.get_by_role("button", name="返回").click()
    dialog = ask(board, "继续")
    expect(dialog).to_contain_text("订单回到「已到达」")
    dialog.get_by_role("button", name="确认继续").click()
    expect(board.outcome).to_contain_text("已按「继续」处理异常")
    board.expect_in_lane(order, "已到达")
    expect(trouble).to_contain_text("继续服务")
    expect(board.alarm_of(order)).to_have_count(0)
    assert board.errors == []


def test_of_two_who_decide_the_second_is_told(
    board: Board, world: World, open_trade: OpenTrade, colleague: Person
) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.arrived())
    world.run(trade.customer.command(f"/api/orders/{order}/exceptions", {"type": "other", "text": "没带工具"}))
    board.select(order, lane="异常处理中")

    def colleague_first(route: Route) -> None:
        decision = {"outcome": "send_somebody_else", "failed": False}
        world.run(colleague.command(f"/api/orders/{order}/exceptions/decide", decision))
        route.continue_()

    board.page.route("**/exceptions/decide", colleague_first)
    dialog = ask(board, "换人")
    dialog.get_by_role("button", name="确认换人").click()
    expect(board.outcome).to_contain_text("没有按「换人」处理异常：订单当前状态不允许此操作")
    expect(board.outcome).to_contain_text("订单现在是「派单中」")


def test_what_is_said_at_the_door_is_read_and_answered_here(board: Board, world: World, open_trade: OpenTrade) -> None:
    trade = open_trade(workers=1)
    order = world.run(trade.accepted(starts_in_s=3600))
    world.run(trade.customer.post(f"/api/orders/{order}/messages", {"text": "门铃坏了，请敲门"}))
    board.select(order, lane="待服务")
    board.pane.get_by_role("tab", name="会话").click()
    thread = board.pane.get_by_role("list", name="会话")
    expect(thread).to_contain_text("门铃坏了，请敲门")
    # Live, and without a reload.
    world.run(trade.worker.post(f"/api/orders/{order}/messages", {"text": "好的，十分钟后到"}))
    expect(thread).to_contain_text("好的，十分钟后到")
    field = board.pane.get_by_role("textbox", name="对用户和服务人员说")
    field.fill("辛苦了")
    field.press("Enter")
    expect(thread).to_contain_text("辛苦了")
    expect(field).to_have_value("")
    said = world.run(trade.customer.get(f"/api/orders/{order}/messages"))["items"]
    assert [message["text"] for message in said] == ["辛苦了", "好的，十分钟后到", "门铃坏了，请敲门"]
    assert problems_of(board.page) == []
