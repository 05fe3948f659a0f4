"""Writing campaigns, coupons, points and gifts."""

from web.marketing.services.campaigns import (
    Said,
    create_campaign,
    end_campaign,
    publish_campaign,
    revise_campaign,
    set_limits,
)
from web.marketing.services.gifts import Offered, call_off_exchange, exchange_gift, give_exchange, put_gift
from web.marketing.services.granting import (
    grab_coupon,
    grant_by_rule,
    grant_coupon,
    revoke_coupon,
    send_coupons,
)
from web.marketing.services.holding import give_back, hold, lessen, use
from web.marketing.services.kinds import (
    KindDraft,
    add_stock,
    create_kind,
    end_kind,
    publish_kind,
    revise_kind,
)
from web.marketing.services.points import EXPIRED_AT_ONCE, expire_points
from web.marketing.services.points_of_orders import earn_for_order, hold_points, return_points
from web.marketing.services.points_rules import correct_points, put_points_rule
from web.marketing.services.reminders import REMINDED_AT_ONCE, remind
from web.marketing.services.sending import (
    Draft,
    put_marketing_wish,
    put_sending,
    send_next,
    start_sending,
    stop_sending,
)

__all__ = [
    "EXPIRED_AT_ONCE",
    "REMINDED_AT_ONCE",
    "Draft",
    "KindDraft",
    "Offered",
    "Said",
    "add_stock",
    "call_off_exchange",
    "correct_points",
    "create_campaign",
    "create_kind",
    "earn_for_order",
    "end_campaign",
    "end_kind",
    "exchange_gift",
    "expire_points",
    "give_back",
    "give_exchange",
    "grab_coupon",
    "grant_by_rule",
    "grant_coupon",
    "hold",
    "hold_points",
    "lessen",
    "publish_campaign",
    "publish_kind",
    "put_gift",
    "put_marketing_wish",
    "put_points_rule",
    "put_sending",
    "remind",
    "return_points",
    "revise_campaign",
    "revise_kind",
    "revoke_coupon",
    "send_coupons",
    "send_next",
    "set_limits",
    "start_sending",
    "stop_sending",
    "use",
]
