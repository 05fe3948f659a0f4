"""What changes an order. Each module is one part of its life; `take_step` is the only door for a change of phase."""

from web.orders.services.alarms import alarm_silent_workers, take_alarm
from web.orders.services.broken_channels import alarm_broken_channels
from web.orders.services.commands import (
    expire_commands,
    message_of,
    outcome_of,
    outcomes_of,
    receive_command,
    record_outcome,
)
from web.orders.services.compensating import alarm_unpaid_compensation
from web.orders.services.escalating import close_alarm, escalate_alarms
from web.orders.services.importing import import_orders
from web.orders.services.overdue import alarm_overdue_visits
from web.orders.services.placing import place_order, request_payment
from web.orders.services.pruning import let_old_photos_go
from web.orders.services.ranking import store_ranking
from web.orders.services.stalled import take_stalled
from web.orders.services.steps import take_step
from web.orders.services.stuck_money import alarm_stuck_money
from web.orders.services.tipping import request_tip_payment
from web.orders.services.unassigned import alarm_unassigned_orders
from web.orders.services.withdrawals import alarm_withdrawal, alarm_withdrawals

__all__ = [
    "alarm_broken_channels",
    "alarm_overdue_visits",
    "alarm_silent_workers",
    "alarm_stuck_money",
    "alarm_unassigned_orders",
    "alarm_unpaid_compensation",
    "alarm_withdrawal",
    "alarm_withdrawals",
    "close_alarm",
    "escalate_alarms",
    "expire_commands",
    "import_orders",
    "let_old_photos_go",
    "message_of",
    "outcome_of",
    "outcomes_of",
    "place_order",
    "receive_command",
    "record_outcome",
    "request_payment",
    "request_tip_payment",
    "store_ranking",
    "take_alarm",
    "take_stalled",
    "take_step",
]
