"""The rows of marketing, a module a noun."""

from web.marketing.models.campaign import Campaign, CampaignUse, CampaignVersion
from web.marketing.models.coupon import Coupon, CouponKind
from web.marketing.models.gifts import Exchange, Gift
from web.marketing.models.newcomer import Newcomer
from web.marketing.models.points import PointsAccount, PointsEntry, PointsLot, PointsPart, PointsRule
from web.marketing.models.sending import Reminder, Sending, SendingPerson
from web.marketing.models.what_if import WhatIfRun

__all__ = [
    "Campaign",
    "CampaignUse",
    "CampaignVersion",
    "Coupon",
    "CouponKind",
    "Exchange",
    "Gift",
    "Newcomer",
    "PointsAccount",
    "PointsEntry",
    "PointsLot",
    "PointsPart",
    "PointsRule",
    "Reminder",
    "Sending",
    "SendingPerson",
    "WhatIfRun",
]
