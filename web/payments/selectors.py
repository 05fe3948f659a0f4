"""Reading payments and the inbox."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
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


def payment(payment_id: int) -> Payment:
    """For the payment's workflow. Raises Payment.DoesNotExist."""
    return Payment.objects.get(pk=payment_id)


def refund(refund_id: int) -> Refund:
    """For the refund's workflow, its payment with it. Raises Refund.DoesNotExist."""
    return Refund.objects.select_related("payment").get(pk=refund_id)
