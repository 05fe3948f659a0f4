"""Reading compensations: what the platform pays because of an order, and how far that has got."""

from web.accounts.models import User
from web.ledger import withdrawals
from web.orders.models import Compensation, Order
from web.orders.schemas import CompensationCard
from workflows.transitions import Role

EARNED, OWED = "earned", "owed"
NAMES = {EARNED: "已计入收入", OWED: "待支付"}
"""What is said where no payout says more."""


def unpaid(order: Order) -> list[Compensation]:
    """What its customer is owed and does not have."""
    his = list(Compensation.objects.filter(order=order, user_id=order.customer_id).order_by("pk"))
    payouts = withdrawals.compensated(one.pk for one in his)
    return [one for one in his if one.pk not in payouts or not payouts[one.pk].is_paid]


def cards_of(actor: User, order: Order) -> list[CompensationCard]:
    """What the platform pays because of this order: to oneself, and to staff all of it."""
    rows = Compensation.objects.filter(order=order).order_by("pk")
    shown = list(rows if actor.role == Role.STAFF else rows.filter(user=actor))
    payouts = withdrawals.compensated(one.pk for one in shown)
    cards = []
    for one in shown:
        payout = payouts.get(one.pk)
        state = OWED if one.user_id == order.customer_id else EARNED
        cards.append(
            CompensationCard(
                id=one.pk,
                rule=one.rule,
                name=Compensation.RULES[one.rule],
                amount_fen=one.amount_fen,
                at=one.at,
                state=payout.state if payout else state,
                label=payout.label if payout else NAMES[state],
                needs_ops=payout is not None and payout.needs_ops,
                payout_id=payout.pk if payout else None,
            )
        )
    return cards
