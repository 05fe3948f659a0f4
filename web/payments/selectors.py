"""Reading payments and the inbox."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.orders import selectors as orders
from web.payments.models import GatewayMessage, Payment, Refund


def visible_to(actor: User) -> QuerySet[Payment]:
    """Payments of the orders one may see; a worker sees none."""
    if actor.role == "worker":
        return Payment.objects.none()
    return Payment.objects.filter(order_id__in=orders.visible_to(actor).values("pk"))


def unhandled_messages() -> list[tuple[int, int, datetime]]:
    """(message id, payment id, the payment's due time) of inbox rows that no workflow has booked after two seconds."""
    late = timezone.now() - timedelta(seconds=2)
    rows = GatewayMessage.objects.filter(handled_at=None, kind="payment", received_at__lt=late).select_related(
        "payment"
    )
    return [(row.pk, row.payment.pk, row.payment.due_at) for row in rows[:200] if row.payment]


def is_parked(order_id: int) -> bool:
    """Whether a refund of this order is one that its gateway does not take."""
    return Refund.objects.filter(payment__order_id=order_id, needs_ops=True).exclude(state=Refund.DONE).exists()


def is_stuck(order_id: int, *, seen_to: datetime | None = None) -> bool:
    """Whether money of this order needs people: a refund that its gateway does not take, or a payment of which the
    gateway has named another amount and nothing right since. seen_to: what it named before then, people have looked at.
    """
    wrong = GatewayMessage.objects.filter(payment__order_id=order_id).exclude(handled_at=None)
    wrong = wrong.exclude(amount_fen=F("payment__amount_fen")).exclude(payment__state=Payment.PAID)
    if seen_to:
        wrong = wrong.filter(received_at__gt=seen_to)
    return is_parked(order_id) or wrong.exists()


def order_of(message_id: int) -> int:
    """The order that a message of the inbox is about. Raises GatewayMessage.DoesNotExist."""
    message = GatewayMessage.objects.exclude(payment=None).values("payment__order_id").get(pk=message_id)
    return int(message["payment__order_id"])


def payment(payment_id: int) -> Payment:
    """For the payment's workflow. Raises Payment.DoesNotExist."""
    return Payment.objects.get(pk=payment_id)


def refund(refund_id: int) -> Refund:
    """For the refund's workflow, its payment with it. Raises Refund.DoesNotExist."""
    return Refund.objects.select_related("payment").get(pk=refund_id)
