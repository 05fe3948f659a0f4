"""What happens to an order, by name: the timeline's types and the words people read for them."""

EVENT_NAMES: dict[str, str] = {
    "placed": "下单成功",
    "paid": "支付成功",
    "payment_lapsed": "超时未支付，订单已关闭",
    "offered": "正在派单",
    "refused": "服务人员拒单",
    "lapsed": "派单超时未接",
    "exhausted": "暂无人接单，平台正在协调",
    "by_hand": "平台正在为您安排服务人员",
    "accepted": "服务人员已接单",
    "assigned": "平台已指派服务人员",
    "late_to_depart": "服务人员未按时出发",
    "departed": "服务人员已出发",
    "late_to_arrive": "服务人员未按时到达",
    "arrived": "服务人员已到达",
    "code_unlocked": "平台已重置服务码",
    "started": "开始服务",
    "step_done": "完成服务步骤",
    "finished": "服务完成，等待确认",
    "completed": "订单完成",
    "settled": "订单结算",
    "cancelled": "订单已取消",
    "refund_parked": "退款处理中，平台正在跟进",
    "refunded": "退款成功",
    "closed": "订单关闭",
}
"""Type of an `OrderEvent` -> its line in the timeline; on the wire the type is `order.<type>`."""
