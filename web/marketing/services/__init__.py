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

__all__ = [
    "KindDraft",
    "Said",
    "add_stock",
    "create_campaign",
    "create_kind",
    "end_campaign",
    "end_kind",
    "give_back",
    "grab_coupon",
    "grant_by_rule",
    "grant_coupon",
    "hold",
    "publish_campaign",
    "publish_kind",
    "revise_campaign",
    "revise_kind",
    "revoke_coupon",
    "send_coupons",
    "set_budget",
    "use",
]
