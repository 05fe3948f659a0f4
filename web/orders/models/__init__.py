"""The order and everything that is kept about it, a module a noun. Money is fen, times UTC, durations seconds,
coordinates GCJ-02 degrees.
"""

from web.orders.models.alarm import Alarm
from web.orders.models.command import Command
from web.orders.models.event import OrderEvent, OrderStep
from web.orders.models.offer import Offer, Ranking
from web.orders.models.order import Order, OrderLine, ServiceRecord
from web.orders.models.policy import Policy
from web.orders.models.refund import RefundDecision
from web.orders.models.tip import Tip

__all__ = [
    "Alarm",
    "Command",
    "Offer",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderStep",
    "Policy",
    "Ranking",
    "RefundDecision",
    "ServiceRecord",
    "Tip",
]
