"""Reading an order's money that does not move by itself, for staff, who may have it tried at once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from web.ledger import withdrawals
from web.orders.models import Order
from web.orders.schemas import StuckKind, StuckMoneyCard
from web.payments import selectors as payments

if TYPE_CHECKING:
    from web.ledger.models import Withdrawal
    from web.payments.models import Payment, Refund


def stuck_money_of(order: Order) -> list[StuckMoneyCard]:
    """Payments, refunds and payouts of this order that are parked, as they were made."""
    parked: dict[StuckKind, Iterable[Payment | Refund | Withdrawal]] = {
        "payment": payments.parked_payments(order.pk),
        "refund": payments.parked_refunds(order.pk),
        "payout": withdrawals.parked_of(order.pk),
    }
    return [
        StuckMoneyCard(what=what, id=one.pk, amount_fen=one.amount_fen, since=one.created_at)
        for what, rows in parked.items()
        for one in rows
    ]
