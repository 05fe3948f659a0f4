"""What is wrong with a campaign, a batch of coupons, a gift or a sending that is being written."""

from dataclasses import asdict, dataclass
from typing import Any

from web.orders.discounts import Discount

FAULTS = {
    "kind_unknown": "没有这种活动",
    "how_unknown": "没有这种发放方式",
    "ends_before_start": "结束时间必须晚于开始时间",
    "steps_missing": "满减活动要填写满减",
    "percent_missing": "折扣活动要填写折扣",
    "new_customers": "新客专享只给新客，其他活动不限新客",
    "time_missing": "请填写使用的开始和结束时间，或只填领取后有效天数",
    "time_twice": "使用的起止时间和领取后有效天数只填一种",
    "days_zero": "领取后有效天数至少为 1",
    "grab_ends_before_start": "领取结束时间必须晚于领取开始时间",
    "stock_taken": "库存不能少于已兑换的数量",
    "points_missing": "所需积分至少为 1",
    "thing_awaited": "还有用户在等待这个礼品发放，暂时不能改为优惠券",
    "coupon_not_exchanged": "只能选择本城市或全部城市的、发放方式为积分兑换的优惠券",
    "title_wrong": "标题为 1 到 40 个字",
    "text_wrong": "内容为 1 到 200 个字",
    "link_wrong": "链接要以 / 开头，最多 120 个字，如 /coupons",
    "per_minute_wrong": "每分钟人数为 1 到 1200",
    "audience_wrong": "人群条件有误",
    "over_threshold": "满减第 {step} 档减的比满的还多",
    "not_more": "满减第 {step} 档减的不比门槛更低的一档多",
}


@dataclass(frozen=True)
class Fault:
    """code: of FAULTS. field: what the draft calls it. step: of 满减, from 1 on; 0 where it is about none."""

    code: str
    field: str
    step: int = 0

    def shown(self) -> dict[str, Any]:
        """As JSON, with what people read."""
        return asdict(self) | {"message": FAULTS[self.code].format(step=self.step)}


def odd_steps(terms: Discount) -> list[Fault]:
    """Of 满减."""
    return [Fault(code, "steps", step) for code, step in terms.odd_steps()]
