"""The kinds of messages, and by which channels each goes unless the operator's rows say otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HOUR_S, DAY_S = 3_600.0, 86_400.0


class Channel(StrEnum):
    """A way to somebody who does not look at the app, cheapest first: the order in which they are tried."""

    WECHAT = "wechat"
    SMS = "sms"


CHANNEL_NAMES = {Channel.WECHAT: "微信订阅消息", Channel.SMS: "短信"}


@dataclass(frozen=True)
class Rule:
    """Whether and when a kind goes by a channel.

    only_away: not to somebody who has the app before him, who has seen it. quiet: (from, until) in hours of the day in
    Shanghai, in which it waits for the morning; a critical kind never waits.
    """

    on: bool = True
    only_away: bool = False
    quiet: tuple[int, int] | None = None


NIGHT = (22, 8)
OFF = Rule(on=False)


@dataclass(frozen=True)
class Kind:
    """label: what people read of it in their preferences. valid_for_s: so long after it happened it is worth sending.

    critical: nobody can opt out of it. template: the name of its subscription message and of its SMS, and what a
    consent is given for; several kinds may share one.
    """

    label: str
    valid_for_s: float = DAY_S
    critical: bool = False
    template: str = ""
    rules: Mapping[Channel, Rule] = field(default_factory=dict)


_SUBSCRIBED = {Channel.WECHAT: Rule(quiet=NIGHT)}
# The three that a customer is asked for after paying, and at no send left hears of by SMS.
_CRITICAL = {Channel.WECHAT: Rule(), Channel.SMS: Rule()}
# What a worker must answer, or act on, within minutes.
# Money of one's own, which waits until the morning; what it needs somebody's word for goes by SMS at last.
_MONEY = {Channel.WECHAT: Rule(quiet=NIGHT)}
_MONEY_WAITS = {Channel.WECHAT: Rule(quiet=NIGHT), Channel.SMS: Rule(quiet=NIGHT)}
_URGENT = {Channel.WECHAT: Rule(only_away=True), Channel.SMS: Rule(only_away=True)}

KINDS: dict[str, Kind] = {
    # To customers
    "order_placed": Kind("下单成功"),
    "order_paid": Kind("支付成功"),
    "order_closed": Kind("订单关闭"),
    "searching": Kind("派单进展", 2 * HOUR_S),
    "worker_found": Kind("接单通知", 6 * HOUR_S, critical=True, template="accepted", rules=_CRITICAL),
    "worker_departed": Kind("出发通知", HOUR_S, critical=True, template="departed", rules=_CRITICAL),
    "worker_late": Kind("晚到提醒", HOUR_S),
    "worker_arrived": Kind("到达通知", HOUR_S),
    "service_started": Kind("服务开始", HOUR_S),
    "service_finished": Kind("完成通知", 12 * HOUR_S, critical=True, template="finished", rules=_CRITICAL),
    "order_completed": Kind("订单完成"),
    "order_cancelled": Kind("订单取消"),
    "order_changed": Kind("订单变更", critical=True, template="changed", rules=_SUBSCRIBED),
    "door_unanswered": Kind("上门联系", 15 * 60.0, critical=True, template="changed", rules=_CRITICAL),
    "refund": Kind("退款进展", template="money", rules=_MONEY),
    "compensation": Kind("补偿进展", template="money", rules=_MONEY_WAITS),
    "after_sales": Kind("售后进展"),
    "gift": Kind("礼品兑换"),
    "expiring": Kind("到期提醒", 3 * DAY_S),
    "campaign": Kind("优惠活动", 7 * DAY_S),
    # To both
    "exception": Kind("异常处理", 6 * HOUR_S, critical=True, template="changed", rules={Channel.WECHAT: Rule()}),
    "conversation": Kind(
        "会话消息", 6 * HOUR_S, template="changed", rules={Channel.WECHAT: Rule(only_away=True, quiet=NIGHT)}
    ),
    # To workers
    "offer_made": Kind("新派单", 10 * 60.0, critical=True, template="offer", rules=_URGENT),
    "offer_gone": Kind("派单结果"),
    "job_assigned": Kind("平台指派", 2 * HOUR_S, critical=True, template="offer", rules=_URGENT),
    "job_late": Kind("超时提醒", HOUR_S),
    "job_changed": Kind("订单变更", critical=True, template="changed", rules=_URGENT),
    "job_done": Kind("订单完成"),
    "income": Kind("收入通知", template="money", rules=_MONEY),
    "points": Kind("积分变动", template="changed", rules=_SUBSCRIBED),
    "level": Kind("等级调整"),
    "rested": Kind("听单提醒", template="rested", rules=_SUBSCRIBED),
}
"""Kind -> what it is. The rows of `ChannelRule` override `rules`, kind by kind and channel by channel."""

TEMPLATES: dict[str, str] = {
    "accepted": "接单通知",
    "departed": "出发通知",
    "finished": "完成通知",
    "changed": "订单变更",
    "offer": "派单通知",
    "rested": "听单提醒",
    "money": "资金通知",
}
"""Template -> what it is about; a consent is given for one of these. Customers are asked for the first three after
paying and for the fourth when something changes, workers for the rest when they begin to listen; both for `money` when
some is on its way to them.
"""
