"""Writing campaigns, coupons, points and gifts."""

from web.marketing.services.campaigns import (
    Said,
    create_campaign,
    end_campaign,
    publish_campaign,
    revise_campaign,
    set_budget,
)
from web.marketing.services.granting import (
    grab_coupon,
    grant_by_rule,
    grant_coupon,
    revoke_coupon,
    send_coupons,
)
from web.marketing.services.holding import give_back, hold, use
from web.marketing.services.kinds import (
    KindDraft,
    add_stock,
    create_kind,
    end_kind,
    publish_kind,
    revise_kind,
)
from web.marketing.services.points import EXPIRED_AT_ONCE, expire_points
from web.marketing.services.points_of_orders import earn_for_order, earn_for_review, hold_points, return_points
from web.marketing.services.points_rules import correct_points, put_points_rule

__all__ = [
    "EXPIRED_AT_ONCE",
    "KindDraft",
    "Said",
    "add_stock",
    "correct_points",
    "create_campaign",
    "create_kind",
    "earn_for_order",
    "earn_for_review",
    "end_campaign",
    "end_kind",
    "expire_points",
    "give_back",
    "grab_coupon",
    "grant_by_rule",
    "grant_coupon",
    "hold",
    "hold_points",
    "publish_campaign",
    "publish_kind",
    "put_points_rule",
    "return_points",
    "revise_campaign",
    "revise_kind",
    "revoke_coupon",
    "send_coupons",
    "set_budget",
    "use",
]
