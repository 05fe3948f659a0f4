"""The pages of marketing: campaigns and coupons, points and gifts, what is sent to whom."""

from web.marketing.admin import campaigns, coupons, gifts, points, sending, what_if

__all__ = ["campaigns", "coupons", "gifts", "points", "sending", "what_if"]
