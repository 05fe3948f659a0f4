"""The one error class and the table of its codes: free of Django and Temporal, anyone may import it.

A code is stable English and never reused with another meaning; the message is what a person reads. Texts carry no
personal data, because they travel to logs, workflow histories and screens alike. docs/protocol.md lists every code,
and a test fails when one is missing there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class ErrorKind:
    """What a code means on the wire: its HTTP status and the sentence a person reads."""

    status: int
    message: str


CODES: dict[str, ErrorKind] = {
    # The request itself
    "invalid_request": ErrorKind(422, "请求内容有误，请检查后重试"),
    "malformed_json": ErrorKind(400, "请求格式不正确"),
    "unsupported_media_type": ErrorKind(415, "请求类型必须是 application/json"),
    "not_found": ErrorKind(404, "没有找到"),
    "method_not_allowed": ErrorKind(405, "不支持的操作"),
    "rate_limited": ErrorKind(429, "操作太频繁，请稍后再试"),
    "unavailable": ErrorKind(503, "系统繁忙，请稍后重试"),
    "internal": ErrorKind(500, "系统出错了，请稍后重试"),
    "not_offered": ErrorKind(409, "平台未开通此功能"),
    # Who is asking
    "unauthenticated": ErrorKind(401, "请先登录"),
    "token_expired": ErrorKind(401, "登录已过期"),
    "token_revoked": ErrorKind(401, "登录已失效，请重新登录"),
    "forbidden": ErrorKind(403, "没有权限"),
    "wrong_code": ErrorKind(422, "验证码不正确"),
    "code_expired": ErrorKind(422, "验证码已过期，请重新获取"),
    "wrong_password": ErrorKind(422, "用户名或密码不正确"),
    # Booking
    "not_served_here": ErrorKind(409, "该地址暂未开通此服务"),
    "slot_taken": ErrorKind(409, "该时间段已被约满，请选择其他时间"),
    "too_soon": ErrorKind(409, "预约时间太近，请选择稍晚的时间"),
    "too_far_ahead": ErrorKind(409, "预约时间太远，请选择更近的时间"),
    "price_changed": ErrorKind(409, "价格有变化，请重新确认"),
    "option_missing": ErrorKind(409, "还有必选项未选择"),
    "option_unknown": ErrorKind(409, "服务内容有变化，请重新选择"),
    "choice_unknown": ErrorKind(409, "该选项的内容有误，请重新选择"),
    "visit_too_long": ErrorKind(409, "一次上门做不完，请分次预约"),
    "not_payable": ErrorKind(409, "订单当前不能支付"),
    # The catalogue
    "skill_named": ErrorKind(409, "已有同名的技能"),
    "city_wrong": ErrorKind(409, "城市设置有误，请检查"),
    "service_incomplete": ErrorKind(409, "服务内容不完整，不能发布"),
    "category_below_itself": ErrorKind(409, "分类不能放在自己下面"),
    "service_unpublished": ErrorKind(409, "服务还没有发布，不能上架"),
    "shelving_has_no_time": ErrorKind(409, "结束时间必须晚于开始时间"),
    "words_missing": ErrorKind(409, "请填写词语"),
    "choice_empty": ErrorKind(409, "“/”两边都要有词，如「马桶/蹲坑 堵/满」"),
    "phrase_taken": ErrorKind(409, "这个说法已有一条"),
    "home_incomplete": ErrorKind(409, "首页内容有误，不能发布"),
    "home_changed": ErrorKind(409, "首页草稿已被同事修改，请刷新后再发布"),
    "home_full": ErrorKind(409, "首页组件太多，请先移除一些"),
    "season_wrong": ErrorKind(422, "当季设置有误：须有名称、关键词和十二个月的权重（0 到 1）"),
    # The back office
    "review_refused": ErrorKind(403, "账号信息审核未通过，请联系客服"),
    "username_taken": ErrorKind(409, "用户名已被使用"),
    "password_missing": ErrorKind(409, "请设置密码"),
    "duty_not_yours": ErrorKind(403, "不能授予自己没有的岗位"),
    "not_yourself": ErrorKind(409, "不能停用自己，也不能修改自己的岗位和城市"),
    "holiday_off_with_hours": ErrorKind(409, "放假的日子没有工作时间"),
    # Campaigns and coupons
    "coupon_unusable": ErrorKind(409, "这张优惠券不能用于此订单"),
    "discount_gone": ErrorKind(409, "优惠已被抢先使用，请重新确认价格"),
    "coupons_gone": ErrorKind(409, "优惠券已领完"),
    "coupon_limit": ErrorKind(409, "您已领过这张优惠券"),
    "marketing_refused": ErrorKind(409, "用户不接收营销消息和优惠券"),
    "coupon_closed": ErrorKind(409, "优惠券不在领取时间内"),
    "coupon_kind_wrong": ErrorKind(422, "优惠券设置有误，请检查"),
    "coupon_kind_published": ErrorKind(409, "优惠券已发布，不能修改"),
    "coupons_issued": ErrorKind(409, "库存不能少于已发放的数量"),
    "campaign_wrong": ErrorKind(422, "活动设置有误，请检查"),
    "campaign_ended": ErrorKind(409, "活动已结束"),
    "budget_too_small": ErrorKind(409, "预算不能低于已使用的金额"),
    # Commands to an order
    "idempotency_key_required": ErrorKind(422, "缺少 Idempotency-Key"),
    "idempotency_mismatch": ErrorKind(422, "同一个 Idempotency-Key 用于了不同的请求"),
    "not_allowed": ErrorKind(409, "订单当前状态不允许此操作"),
    "work_begun": ErrorKind(409, "服务已经开始过，请联系平台客服处理"),
    "expired": ErrorKind(409, "操作已超时，未生效"),
    "order_ended": ErrorKind(409, "订单已结束"),
    "offer_closed": ErrorKind(409, "该派单已失效"),
    "too_early": ErrorKind(409, "还没到出发时间，请稍后再出发"),
    "busy_elsewhere": ErrorKind(409, "您还有进行中的订单，请先完成"),
    "wrong_start_code": ErrorKind(409, "服务码不正确"),
    "start_code_locked": ErrorKind(409, "服务码输错次数过多，请联系平台"),
    "steps_missing": ErrorKind(409, "还有服务步骤未完成"),
    "step_unknown": ErrorKind(409, "没有这个服务步骤"),
    "skill_unknown": ErrorKind(409, "该服务人员没有通过此技能审核"),
    "worker_unfit": ErrorKind(409, "该服务人员不符合此订单的要求"),
    "not_recorded": ErrorKind(404, "没有该时间的订单记录"),
    "same_time": ErrorKind(409, "已经是这个时间"),
    "move_limit": ErrorKind(409, "改约次数已用完"),
    "already_reported": ErrorKind(409, "您已上报此异常，平台正在处理"),
    "claim_too_late": ErrorKind(409, "已超过售后申请时间"),
    "case_open": ErrorKind(409, "已有售后申请在处理中"),
    "case_closed": ErrorKind(409, "该售后申请已处理"),
    "warranty_over": ErrorKind(409, "已超过保修期，不能免费返工"),
    "not_late_yet": ErrorKind(409, "服务人员尚在约定时间内，请再等等"),
    "compensation_too_large": ErrorKind(409, "补偿金额超出上限"),
    "compensation_unpaid": ErrorKind(409, "补偿还没有支付，请重新打款，或登记以其他方式支付"),
    "compensation_paid": ErrorKind(409, "该补偿已支付"),
    "payout_open": ErrorKind(409, "打款正在进行，请先等它有结果"),
    "alarm_stands": ErrorKind(409, "该告警会随事情解决自动解除，不能手动关闭"),
    "proposal_closed": ErrorKind(409, "该申请已失效"),
    "item_unknown": ErrorKind(409, "价目表中没有该项目"),
    "quantity_too_large": ErrorKind(409, "超过该项目的数量上限"),
    "amount_too_large": ErrorKind(409, "金额超过上限"),
    "alarm_taken": ErrorKind(409, "已有同事在处理"),
    "conversation_closed": ErrorKind(409, "会话已关闭"),
    # A worker's plan
    "plan_breaks_orders": ErrorKind(409, "新的安排与已接订单冲突，请确认是否保留这些订单"),
    "break_outside_hours": ErrorKind(422, "休息时段须在工作时间之内"),
    # Photos
    "photo_unreadable": ErrorKind(422, "图片无法识别，请使用 JPEG、PNG 或 WebP 图片"),
    "photo_too_large": ErrorKind(422, "图片太大，请压缩后重试"),
    "photo_animated": ErrorKind(422, "不支持动态图片"),
    "photo_unknown": ErrorKind(422, "图片不存在，请重新上传"),
    "link_expired": ErrorKind(403, "链接已失效，请刷新"),
    # Money
    "bad_signature": ErrorKind(400, "签名不正确"),
    "amount_mismatch": ErrorKind(409, "金额不一致"),
    "refund_too_large": ErrorKind(409, "退款金额超过可退金额"),
    "line_unknown": ErrorKind(409, "没有这个收费项目"),
    "tip_amount": ErrorKind(409, "打赏金额不在允许范围内"),
    "withdrawal_open": ErrorKind(409, "您有一笔提现正在处理"),
    "withdrawal_too_small": ErrorKind(409, "低于最低提现金额"),
    "balance_too_small": ErrorKind(409, "可提现余额不足"),
    "withdrawal_limit": ErrorKind(409, "超过今日提现限额"),
    "withdrawal_decided": ErrorKind(409, "该提现已审核"),
    # Points and gifts
    "points_too_few": ErrorKind(409, "积分不足"),
    "points_not_accepted": ErrorKind(409, "本单不能使用这么多积分"),
    "gift_sold_out": ErrorKind(409, "礼品已兑完"),
    "gift_closed": ErrorKind(409, "该礼品当前不能兑换"),
    "gift_wrong": ErrorKind(422, "礼品设置有误，请检查"),
    "gift_limit": ErrorKind(409, "已达到每人兑换上限"),
    "address_required": ErrorKind(409, "请选择收货地址"),
    "exchange_decided": ErrorKind(409, "该兑换已处理"),
    "sending_wrong": ErrorKind(422, "发送设置有误，请检查"),
    "sending_started": ErrorKind(409, "该发送已开始，不能更改"),
}


class DoorbellError(Exception):
    """A refusal with a stable code.

    code: a key of `CODES` (anything else is a programming error and raises KeyError here, not in front of a customer).
    details: JSON data for the client, for example the current state and the allowed actions; never personal data.
    """

    def __init__(self, code: str, *, message: str = "", details: Mapping[str, Any] | None = None) -> None:
        kind = CODES[code]
        self.code = code
        self.status = kind.status
        self.message = message or kind.message
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(code)


class Faulty(Protocol):
    """Something wrong with what somebody writes."""

    def shown(self) -> dict[str, Any]:
        """As JSON: {code, message, where it is}."""


def refuse_faulty(code: str, faults: Iterable[Faulty]) -> None:
    """Raises DoorbellError of that code, details {faults}, where there are any."""
    if shown := [fault.shown() for fault in faults]:
        raise DoorbellError(code, details={"faults": shown})
