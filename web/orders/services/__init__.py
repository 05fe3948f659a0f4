"""What changes an order. Each module is one part of its life; `take_step` is the only door for a change of phase."""

from web.orders.services.alarms import take_alarm
from web.orders.services.commands import expire_commands, receive_command, record_outcome
from web.orders.services.placing import place_order, quote, request_payment
from web.orders.services.ranking import store_ranking
from web.orders.services.steps import take_step

__all__ = [
    "expire_commands",
    "place_order",
    "quote",
    "receive_command",
    "record_outcome",
    "request_payment",
    "store_ranking",
    "take_alarm",
    "take_step",
]
