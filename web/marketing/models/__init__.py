"""The rows of marketing, a module a noun."""

from web.marketing.models.campaign import Campaign, CampaignUse, CampaignVersion
from web.marketing.models.coupon import Coupon, CouponKind

__all__ = ["Campaign", "CampaignUse", "CampaignVersion", "Coupon", "CouponKind"]
