"""Reading an order's money that does not move by itself, for staff, who may have it tried at once."""

from web.ledger import withdrawals
from web.orders.models import Order
from web.orders.schemas import StuckMoneyCard
from web.payments import selectors as payments


def stuck_money_of(order: Order) -> list[StuckMoneyCard]:
    """Payments, refunds and payouts of this order that are parked, as they were made."""
    return [
        *(
            StuckMoneyCard(what="payment", id=one.pk, amount_fen=one.amount_fen, since=one.created_at)
            for one in payments.parked_payments(order.pk)
        ),
        *(
            StuckMoneyCard(what="refund", id=one.pk, amount_fen=one.amount_fen, since=one.created_at)
            for one in payments.parked_refunds(order.pk)
        ),
        *(
            StuckMoneyCard(what="payout", id=one.pk, amount_fen=one.amount_fen, since=one.created_at)
            for one in withdrawals.parked_of(order.pk)
        ),
    ]
