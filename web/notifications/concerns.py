"""Which event concerns whom, and what he reads: the one table between what happens and the message centre.

Whoever adds an event type adds it here, or to SILENT when nobody needs a message of it
(tests/web/notifications/test_concerns.py holds the two against `EVENT_NAMES`). Texts are made of FIELDS and of nothing
else: no phone, no address, nobody else's money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

FIELDS = frozenset({"service", "when", "worker", "district", "amount", "why", "what", "title", "text"})
"""What a text may say of an order: the service's name, its time in Shanghai, the worker's public name, the district;
amount: of the reader's own money or points, as he reads it; why: a listed reason, in words; what: the name of a gift or
a coupon; title, text: what staff wrote to everybody of an audience.
"""


class Reader(StrEnum):
    """As whom somebody is concerned. ASIDE: a worker who has or had a part in the order and is not assigned to it: he
    is asked, somebody else was faster, it was taken from him.
    """

    CUSTOMER = "customer"
    WORKER = "worker"
    ASIDE = "aside"


@dataclass(frozen=True)
class Said:
    """kind: a key of `web.notifications.kinds.KINDS`; title and body: templates over FIELDS."""

    kind: str
    title: str
    body: str


CUSTOMER, WORKER, ASIDE = Reader.CUSTOMER, Reader.WORKER, Reader.ASIDE
_VISIT = "{service}，{when}"

CONCERNS: Mapping[str, Mapping[Reader, Said]] = {
    "placed": {CUSTOMER: Said("order_placed", "下单成功", f"{_VISIT}。请在支付期限内完成支付。")},
    "paid": {CUSTOMER: Said("order_paid", "支付成功", f"{_VISIT}。正在为您安排服务人员。")},
    "payment_lapsed": {CUSTOMER: Said("order_closed", "订单已关闭", f"{_VISIT}。超时未支付，订单已关闭。")},
    "offered": {ASIDE: Said("offer_made", "新的派单", f"{_VISIT}，{{district}}。请尽快确认是否接单。")},
    "lapsed": {ASIDE: Said("offer_gone", "错过了一个派单", f"{_VISIT}。超时未接，已转给其他人。")},
    "exhausted": {CUSTOMER: Said("searching", "正在为您协调服务人员", f"{_VISIT}。暂无人接单，平台正在协调。")},
    "accepted": {
        CUSTOMER: Said("worker_found", "服务人员已接单", f"{{worker}}将为您服务：{_VISIT}。"),
        ASIDE: Said("offer_gone", "派单已被接走", f"{_VISIT}。已有其他服务人员接单。"),
    },
    "assigned": {
        CUSTOMER: Said("worker_found", "已为您安排服务人员", f"{{worker}}将为您服务：{_VISIT}。"),
        WORKER: Said("job_assigned", "平台给您指派了订单", f"{_VISIT}，{{district}}。请准时出发。"),
        ASIDE: Said("offer_gone", "派单已撤回", f"{_VISIT}。平台已另行安排。"),
    },
    "late_to_depart": {
        CUSTOMER: Said("worker_late", "服务人员可能晚到", f"{_VISIT}。服务人员尚未出发，平台正在联系。"),
        WORKER: Said("job_late", "请尽快出发", f"{_VISIT}。您已超过出发时间。"),
    },
    "departed": {CUSTOMER: Said("worker_departed", "服务人员已出发", f"{{worker}}正在前往：{_VISIT}。")},
    "late_to_arrive": {
        CUSTOMER: Said("worker_late", "服务人员晚到", f"{_VISIT}。服务人员尚未到达，平台正在联系。"),
        WORKER: Said("job_late", "您已超过到达时间", f"{_VISIT}。请尽快到达，并告知用户。"),
    },
    "arrived": {CUSTOMER: Said("worker_arrived", "服务人员已到达", "{worker}已到达，请核对身份后出示服务码。")},
    "code_unlocked": {WORKER: Said("job_changed", "服务码已重置", f"{_VISIT}。可以重新输入服务码。")},
    "started": {CUSTOMER: Said("service_started", "服务已开始", "{worker}已开始服务：{service}。")},
    "finished": {CUSTOMER: Said("service_finished", "服务已完成，请确认", f"{_VISIT}。如有问题请及时反馈。")},
    "completed": {
        CUSTOMER: Said("order_completed", "订单已完成", f"{_VISIT}。欢迎评价本次服务。"),
        WORKER: Said("job_done", "订单已确认完成", f"{_VISIT}。"),
    },
    "settled": {WORKER: Said("income", "收入已入账", f"{_VISIT}。本单收入已记入您的账户。")},
    "cancelled": {
        CUSTOMER: Said("order_cancelled", "订单已取消", f"{_VISIT}。应退的款项将原路退回，金额见订单。"),
        WORKER: Said("job_changed", "订单已取消", f"{_VISIT}。该时段已释放，请勿前往。"),
        ASIDE: Said("offer_gone", "派单已撤回", f"{_VISIT}。订单已取消。"),
    },
    "refund_parked": {CUSTOMER: Said("refund", "退款处理中", f"{_VISIT}。退款遇到延迟，平台正在跟进。")},
    "refunded": {CUSTOMER: Said("refund", "退款成功", f"{_VISIT}。款项已原路退回。")},
    # Changes of time and price
    "rescheduled": {
        CUSTOMER: Said("order_changed", "服务时间已更改", "{service}，新的时间：{when}。"),
        WORKER: Said("job_changed", "服务时间已更改", "{service}，新的时间：{when}，请按时到达。"),
        ASIDE: Said("job_changed", "订单已改约", "{service}已改到{when}，不再由您服务，请勿前往。"),
    },
    "move_proposed": {CUSTOMER: Said("order_changed", "服务人员申请改约", f"{_VISIT}。请尽快查看并答复。")},
    "supplement_proposed": {
        CUSTOMER: Said("order_changed", "服务人员申请补差价", f"{_VISIT}。请查看明细，未经您同意不会收费。")
    },
    "supplement_approved": {WORKER: Said("job_changed", "用户同意补差价", f"{_VISIT}。等待用户支付。")},
    "supplement_paid": {
        CUSTOMER: Said("order_paid", "补差价支付成功", f"{_VISIT}。"),
        WORKER: Said("job_changed", "补差价已支付", f"{_VISIT}。可以继续服务。"),
    },
    "proposal_declined": {WORKER: Said("job_changed", "用户没有同意申请", f"{_VISIT}。请按原约定服务。")},
    "proposal_withdrawn": {CUSTOMER: Said("order_changed", "申请已撤回", f"{_VISIT}。按原约定服务。")},
    "proposal_lapsed": {
        CUSTOMER: Said("order_changed", "申请已失效", f"{_VISIT}。服务人员的申请未获答复，已失效，订单不变。"),
        WORKER: Said("job_changed", "申请已失效", f"{_VISIT}。用户未答复您的申请，订单不变。"),
    },
    "proposal_lapsed.unpaid": {
        CUSTOMER: Said("order_changed", "补差价已失效", f"{_VISIT}。您同意的补差价未按时支付，已失效，订单不变。"),
        WORKER: Said("job_changed", "补差价已失效", f"{_VISIT}。用户同意后未按时支付，订单不变。"),
    },
    # Its customer reads of his money: `money_returned.void`.
    "proposal_lapsed.returned": {WORKER: Said("job_changed", "补差价已失效", f"{_VISIT}。用户支付的补差价将退回。")},
    "proposal_lapsed.address_unpaid": {
        CUSTOMER: Said("order_changed", "地址未更改", f"{_VISIT}。更改地址的差价未按时支付，地址不变。")
    },
    "proposal_lapsed.impossible": {
        CUSTOMER: Said("order_changed", "地址未能更改", f"{_VISIT}。更改地址时已无法安排，地址不变。")
    },
    "address_changed": {
        CUSTOMER: Said("order_changed", "服务地址已更改", f"{_VISIT}。新的地址请在订单中查看。"),
        WORKER: Said("job_changed", "服务地址已更改", f"{_VISIT}，{{district}}。请在订单中查看新地址。"),
        ASIDE: Said("job_changed", "订单已改地址", f"{_VISIT}。不再由您服务，请勿前往。"),
    },
    "request_changed": {WORKER: Said("job_changed", "用户更改了服务要求", f"{_VISIT}。请在订单中查看。")},
    # Somebody else, or nobody
    "somebody_else_sent": {
        CUSTOMER: Said("searching", "正在为您另派服务人员", f"{_VISIT}。时间和价格不变。"),
        ASIDE: Said("job_changed", "您已不再负责该订单", f"{_VISIT}。平台已另派服务人员，请勿前往。"),
    },
    "case_refunded": {CUSTOMER: Said("after_sales", "平台同意售后退款", f"{_VISIT}。退款将原路退回，点击查看答复。")},
    "case_reworked": {CUSTOMER: Said("after_sales", "平台将安排返工", f"{_VISIT}。点击查看答复和返工安排。")},
    "rework_placed": {CUSTOMER: Said("after_sales", "返工已安排", f"{_VISIT}。本次免费，正在为您安排服务人员。")},
    "rework_quoted": {CUSTOMER: Said("after_sales", "返工上门待支付", f"{_VISIT}。请在支付期限内完成支付。")},
    "case_answered": {CUSTOMER: Said("after_sales", "平台已答复您的售后申请", f"{_VISIT}。点击查看答复。")},
    "by_hand": {CUSTOMER: Said("searching", "平台正在为您安排", f"{_VISIT}。平台正在为您安排服务人员。")},
    # Whom the customer picked does not come.
    "picked.gone": {
        CUSTOMER: Said(
            "searching",
            "您指定的服务人员无法上门",
            f"{_VISIT}。正在为您安排其他服务人员，价格不会增加，为指定多付的路程差将原路退回。",
        )
    },
    "handed_back": {CUSTOMER: Said("searching", "正在更换服务人员", f"{_VISIT}。时间和价格不变，正在重新派单。")},
    "taken_off": {
        CUSTOMER: Said("searching", "正在更换服务人员", f"{_VISIT}。时间和价格不变，正在重新派单。"),
        ASIDE: Said("job_changed", "您已不再负责该订单", f"{_VISIT}。平台已重新派单，请勿前往。"),
    },
    "not_departed": {
        CUSTOMER: Said("worker_late", "服务人员尚未出发", f"{_VISIT}。平台正在处理。"),
        WORKER: Said("job_late", "请立即出发或退单", f"{_VISIT}。您迟迟未出发，平台将另行安排。"),
    },
    "not_departed.replaced": {
        CUSTOMER: Said("searching", "正在更换服务人员", f"{_VISIT}。原服务人员未出发，时间和价格不变，正在重新派单。"),
        ASIDE: Said("job_changed", "您已不再负责该订单", f"{_VISIT}。您迟迟未出发，平台已重新派单，请勿前往。"),
    },
    "not_arrived": {
        CUSTOMER: Said("worker_late", "服务人员未到场", f"{_VISIT}。平台正在处理，请留意通知。"),
        WORKER: Said("job_late", "您未到场", f"{_VISIT}。请立即联系平台。"),
    },
    "absent_reported": {
        CUSTOMER: Said("door_unanswered", "服务人员在门口等您", f"{_VISIT}。请尽快开门或联系，超时将按规则收费。")
    },
    "customer_here": {WORKER: Said("job_changed", "用户确认在家", f"{_VISIT}。请再次敲门。")},
    # 异常
    "exception_reported": {
        CUSTOMER: Said("exception", "订单异常", f"{_VISIT}。平台正在处理，请留意通知。"),
        WORKER: Said("exception", "订单异常", f"{_VISIT}。平台正在处理，请留意通知。"),
        ASIDE: Said("offer_gone", "派单已撤回", f"{_VISIT}。"),
    },
    "exception_answered": {
        CUSTOMER: Said("exception", "平台已介入", f"{_VISIT}。平台正在处理异常。"),
        WORKER: Said("exception", "平台已介入", f"{_VISIT}。平台正在处理异常。"),
    },
    "exception_unsolved": {
        CUSTOMER: Said("exception", "异常已升级处理", f"{_VISIT}。抱歉久等，已交由主管处理。"),
        WORKER: Said("exception", "异常已升级处理", f"{_VISIT}。已交由主管处理。"),
    },
    "exception_withdrawn": {
        CUSTOMER: Said("exception", "异常已撤回", f"{_VISIT}。订单照常进行。"),
        WORKER: Said("exception", "异常已撤回", f"{_VISIT}。订单照常进行。"),
    },
    "exception_continued": {
        CUSTOMER: Said("exception", "异常已处理", f"{_VISIT}。订单继续进行。"),
        WORKER: Said("exception", "异常已处理", f"{_VISIT}。请继续服务。"),
    },
    # Said in the order's conversation: that something was, and never what.
    "conversation.said": {
        CUSTOMER: Said("conversation", "您有新的会话消息", f"{_VISIT}。请在订单会话中查看。"),
        WORKER: Said("conversation", "您有新的会话消息", f"{_VISIT}。请在订单会话中查看。"),
    },
    # Money afterwards
    "tipped": {WORKER: Said("income", "收到打赏", f"{_VISIT}。用户给您打赏了。")},
    "released": {WORKER: Said("income", "收入已解冻", f"{_VISIT}。本单收入可以提现了。")},
    "refund_agreed": {CUSTOMER: Said("refund", "平台同意退款", f"{_VISIT}。退款将原路退回。")},
    # What a worker is given or loses by what others decide of his order; he may no longer have it.
    "earning.kept": {WORKER: Said("income", "订单取消补偿已入账", f"{_VISIT}。订单已取消，{{amount}}已计入您的收入。")},
    "earning.lowered": {
        WORKER: Said("income", "本单收入将减少", f"{_VISIT}。平台同意向用户退还部分款项，本单收入相应减少。")
    },
    "earning.taken_back": {
        WORKER: Said("income", "收入已扣减", f"{_VISIT}。平台同意向用户退款，您的收入扣减{{amount}}。")
    },
    # Money that is not the order's, told by who books it: the order may have ended long ago, and never hears of it.
    "money_returned.late": {
        CUSTOMER: Said(
            "refund", "付款太迟，将退回", f"{_VISIT}。付款到账时已超过支付时限或订单已关闭，{{amount}}将原路退回。"
        )
    },
    "money_returned.twice": {
        CUSTOMER: Said("refund", "重复付款，将退回", f"{_VISIT}。该项此前已支付，重复支付的{{amount}}将原路退回。")
    },
    "money_returned.void": {
        CUSTOMER: Said("refund", "变更未生效，将退款", f"{_VISIT}。您付款的变更没有生效，{{amount}}将原路退回。")
    },
    "money_returned.parked": {
        CUSTOMER: Said("refund", "退款处理中", f"{_VISIT}。{{amount}}的退款遇到延迟，平台正在跟进。")
    },
    "money_returned.done": {CUSTOMER: Said("refund", "退款成功", f"{_VISIT}。{{amount}}已原路退回。")},
    # Not an order's: the worker's own. Of a withdrawal, what he waits for; its other states he has made himself.
    "withdrawal.parked": {WORKER: Said("income", "提现处理中", "您的提现遇到延迟，平台正在跟进，无需重复申请。")},
    "withdrawal.waiting": {WORKER: Said("income", "提现待确认", "您的提现已发出，请在24小时内确认收款。")},
    "withdrawal.paid": {WORKER: Said("income", "提现已到账", "您的提现已打款成功。")},
    "withdrawal.returned": {WORKER: Said("income", "提现未成功", "您的提现未能打款，金额已退回余额。")},
    "withdrawal.declined": {WORKER: Said("income", "提现未通过", "您的提现未通过审核：{why}。{amount}已退回余额。")},
    # Compensation: not an event of the order's, but of its payout.
    "compensation.owed": {
        CUSTOMER: Said("compensation", "平台补偿您", f"{_VISIT}。抱歉未能按约服务，平台将补偿您{{amount}}。")
    },
    "compensation.earned": {WORKER: Said("income", "平台补偿您", f"{_VISIT}。平台补偿{{amount}}，已计入您的收入。")},
    "compensation.waiting": {
        CUSTOMER: Said("compensation", "补偿款待您确认收款", "请在 24 小时内确认收款，逾期将退回平台。点击查看。")
    },
    "compensation.paid": {CUSTOMER: Said("compensation", "补偿款已支付", "平台给您的补偿已支付。点击查看。")},
    "compensation.returned": {
        CUSTOMER: Said("compensation", "补偿款未能到账", "打款没有成功，平台正在处理，无需您操作。")
    },
    # Not an order's: the customer's own.
    "exchange.given": {CUSTOMER: Said("gift", "您兑换的礼品已发放", "{what}已发放，详情请查看兑换记录。")},
    "exchange.off": {CUSTOMER: Said("gift", "礼品兑换已取消", "抱歉，{what}的兑换已取消，积分已退还。")},
    "points.expiring": {CUSTOMER: Said("expiring", "积分即将过期", "您有{amount}积分将于{when}过期，请尽快使用。")},
    "coupon.expiring": {CUSTOMER: Said("expiring", "优惠券即将过期", "您的“{what}”将于{when}过期，请尽快使用。")},
    "marketing.sent": {CUSTOMER: Said("campaign", "{title}", "{text}")},
    # Not an order's: the worker's own.
    "worker.level": {WORKER: Said("level", "您的服务等级已调整", "之后接的订单按新的等级派单和结算，已接的订单不变。")},
    "worker.points": {WORKER: Said("points", "您被扣分", "{why}，扣{amount}分。如有异议请联系平台。")},
    "worker.rested": {WORKER: Said("rested", "已切换为休息", "您连续多次未应答派单，已为您切换为休息。")},
}
"""Event type -> whom it concerns -> what he reads. Who did it himself is told only what he may want to look up. A type
with a word behind a dot is told instead of the type alone, where that does not say enough.
"""

SILENT: Mapping[str, str] = {
    "imported": "it was over before it came to us, and nothing is pushed of it",
    "refused": "only staff are told who did not want an order",
    "step_done": "seen on the order's page; ten messages a visit would bury the others",
    "exception_unanswered": "the board's business; whoever reported it has been told that the platform is on it",
    "address_asked": "whoever asks for it is paying the difference just now; both hear of it when it is done",
    "tip_offered": "whoever offers it is paying it just now; the worker hears of it when it is paid",
    "claimed": "whoever claims has the answer on his screen; the board is alarmed",
    "case_overdue": "the board's business; whoever claimed is told of the answer",
    "code_refused": "both stand at the door, and the worker has the refusal on his screen",
    "closed": "nothing more can be done, and nothing has changed for anybody",
}
"""Event type -> why nobody gets a message of it."""
