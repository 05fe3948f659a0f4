"""What people call an order's facts that are words to the machine: where a line of its price comes from, what staff
may do.
"""

from web.orders.discounts import CAMPAIGN, COUPON, POINTS
from web.orders.pricing import ADD_ON, NIGHT, OPTION, PICKED, SURCHARGE, VISIT_FEE, WAY
from workflows.transitions import Move

RULES = {
    "service_price": "服务价格",
    VISIT_FEE: "上门费",
    WAY: "路程费",
    PICKED: "指定服务人员的路程费",
    NIGHT: "夜间上门费",
    POINTS: "积分抵扣",
}
"""Of a line, whole."""

KINDS_OF_RULES = {
    OPTION: "预约选项",
    ADD_ON: "加项",
    SURCHARGE: "加价",
    CAMPAIGN: "营销活动",
    COUPON: "优惠券",
    "proposal:": "上门后的变更",
}
"""By what the rule begins with; its key or number follows."""

NUMBERED = (CAMPAIGN, COUPON, "proposal:")
"""Of these people look for one by its number."""

MOVES = {
    Move.ASSIGN: "指派",
    Move.UNLOCK: "重置服务码",
    Move.TAKE_OFF: "改派",
    Move.CALL_OFF: "平台取消",
    Move.RESCHEDULE: "改约",
    Move.REFUND: "退款",
    Move.REPORT_EXCEPTION: "上报异常",
    Move.ANSWER_EXCEPTION: "响应异常",
    Move.CONTINUE: "继续",
    Move.CONTINUE_WITH_SUPPLEMENT: "继续并补差价",
    Move.SEND_SOMEBODY_ELSE: "换人",
    Move.END_EARLY: "提前结束",
    Move.CANCEL_WITH_REFUND: "取消并退款",
    Move.ANSWER_CASE: "答复售后",
}
"""What staff may do with an order, as the board's buttons say it."""


def rule_in_words(rule: str, version: int) -> str:
    """Where a line of a price comes from: in which version of it, where it has versions."""
    kind, colon, key = rule.partition(":")
    # What else there is to say is the line's name.
    number = [key] if kind + colon in NUMBERED else []
    name = RULES.get(rule) or " ".join([KINDS_OF_RULES.get(kind + colon, kind), *number])
    return f"{name}，第 {version} 版" if version else name
