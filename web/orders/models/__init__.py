"""The order and everything that is kept about it, a module a noun. Money is fen, times UTC, durations seconds,
coordinates GCJ-02 degrees.
"""

from web.orders.models.alarm import Alarm
from web.orders.models.case import AfterSalesCase
from web.orders.models.command import Command
from web.orders.models.compensation import Compensation
from web.orders.models.conversation import Message, OrderPhoto
from web.orders.models.event import OrderEvent, OrderStep
from web.orders.models.exception import OrderException
from web.orders.models.imported import ImportedOrder
from web.orders.models.offer import Offer, Ranking
from web.orders.models.order import Order, OrderLine, ServiceRecord
from web.orders.models.policy import Policy
from web.orders.models.proposal import Proposal
from web.orders.models.refund import RefundDecision
from web.orders.models.tip import Tip

__all__ = [
    "AfterSalesCase",
    "Alarm",
    "Command",
    "Compensation",
    "ImportedOrder",
    "Message",
    "Offer",
    "Order",
    "OrderEvent",
    "OrderException",
    "OrderLine",
    "OrderPhoto",
    "OrderStep",
    "Policy",
    "Proposal",
    "Ranking",
    "RefundDecision",
    "ServiceRecord",
    "Tip",
]
