"""Reading payments and the inbox."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from web.accounts.models import User
from web.orders import selectors as orders
from web.payments.models import LATE, GatewayMessage, Payment, Refund
from workflows.messages import PaymentStart, RefundStart


def visible_to(actor: User) -> QuerySet[Payment]:
    """Payments of the orders one may see; a worker sees none."""
    if actor.role == "worker":
        return Payment.objects.none()
    return Payment.objects.filter(order_id__in=orders.visible_to(actor).values("pk"))


def refunds_visible_to(actor: User) -> QuerySet[Refund]:
    """Refunds of the payments one may see."""
    return Refund.objects.select_related("payment").filter(payment__in=visible_to(actor))


def start_of(payment: Payment) -> PaymentStart:
    """What its workflow is started with, by its order's terms."""
    quiet_s = orders.policies_of(orders.order_now(payment.order_id)).payment.refund_quiet_s
    return PaymentStart(payment.pk, payment.due_at, payment.purpose, quiet_s)


def unhandled_messages() -> list[tuple[int, PaymentStart]]:
    """(message id, what its payment's workflow is started with) of inbox rows that no workflow has booked after two
    seconds.
    """
    late = timezone.now() - timedelta(seconds=2)
    rows = GatewayMessage.objects.filter(handled_at=None, kind="payment", received_at__lt=late).select_related(
        "payment"
    )
    return [(row.pk, start_of(row.payment)) for row in rows[:200] if row.payment]


def parked_refunds(order_id: int) -> QuerySet[Refund]:
    """Refunds of this order that their gateway does not take."""
    return Refund.objects.filter(payment__order_id=order_id, needs_ops=True).exclude(state=Refund.DONE)


def parked_payments(order_id: int) -> QuerySet[Payment]:
    """Payments of this order of which their gateway does not say whether they were paid."""
    return Payment.objects.filter(order_id=order_id, needs_ops=True)


def is_parked(order_id: int) -> bool:
    """Whether money of this order does not move, and is tried on."""
    return parked_refunds(order_id).exists() or parked_payments(order_id).exists()


def is_stuck(order_id: int, *, seen_to: datetime | None = None) -> bool:
    """Whether money of this order needs people: what is parked, or a payment of which the gateway has named another
    amount and nothing right since. seen_to: what it named before then, people have looked at.
    """
    wrong = GatewayMessage.objects.filter(payment__order_id=order_id).exclude(handled_at=None)
    wrong = wrong.exclude(amount_fen=F("payment__amount_fen")).exclude(payment__state=Payment.PAID)
    if seen_to:
        wrong = wrong.filter(received_at__gt=seen_to)
    return is_parked(order_id) or wrong.exists()


def left_of(
    order_id: int, *, purposes: Collection[str], subject_id: int | None = None, but_proposal: int | None = None
) -> list[tuple[Payment, int]]:
    """(payment, fen of it that no refund gives back), of the order's paid payments of these purposes, newest first.

    but_proposal: a proposal whose money is booked and has had no effect yet.
    """
    paid = Payment.objects.filter(order_id=order_id, purpose__in=purposes, state=Payment.PAID)
    if subject_id is not None:
        paid = paid.filter(subject_id=subject_id)
    if but_proposal is not None:
        paid = paid.exclude(purpose=Payment.SUPPLEMENT, subject_id=but_proposal)
    paid = paid.annotate(back=Coalesce(Sum("refunds__amount_fen"), 0)).order_by("-paid_at", "-pk")
    return [(payment, payment.amount_fen - payment.back) for payment in paid]


def channel_of(order_id: int) -> str:
    """The channel that an order's customer paid by the last time; "" where he never did."""
    paid = Payment.objects.filter(order_id=order_id, state=Payment.PAID).order_by("-paid_at", "-pk")
    return paid.values_list("channel", flat=True).first() or ""


def open_refunds(order_id: int) -> list[int]:
    """Ids of the order's own refunds that are not done, the oldest first."""
    return list(_own_refunds(order_id).exclude(state=Refund.DONE).order_by("pk").values_list("pk", flat=True))


def done_refund_fen(order_id: int) -> int:
    """Fen of the order's own refunds that are done."""
    done = _own_refunds(order_id).filter(state=Refund.DONE)
    return int(done.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def returned_money(order_id: int) -> list[Refund]:
    """The refunds that give money back which never was the order's, the oldest first, their payments with them."""
    late = Refund.objects.filter(payment__order_id=order_id, key__endswith=LATE)
    return list(late.select_related("payment").order_by("pk"))


def own_refund(order_id: int, refund_id: int | None) -> Refund | None:
    """A refund of the order's own; None where it is another's, or gives late money back."""
    return _own_refunds(order_id).select_related("payment").filter(pk=refund_id or 0).first()


def _own_refunds(order_id: int) -> QuerySet[Refund]:
    # Money that came too late never was the order's: its payment's workflow gives it back.
    return Refund.objects.filter(payment__order_id=order_id).exclude(key__endswith=LATE)


def paid_tip(order_id: int, payment_id: int | None) -> Payment | None:
    """The payment of a tip of this order, if it was paid and does not go back for having come too late."""
    tips = Payment.objects.filter(order_id=order_id, purpose=Payment.TIP, state=Payment.PAID)
    return tips.exclude(refunds__key__endswith=LATE).filter(pk=payment_id or 0).first()


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


def paid_of(purpose: str, charges: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """(payment id, order id) of the payments that paid these charges (order, subject) more than ten seconds ago."""
    a_while_ago = timezone.now() - timedelta(seconds=10)
    orders_of, subjects = {order_id for order_id, _ in charges}, {subject_id for _, subject_id in charges}
    paid = Payment.objects.filter(order_id__in=orders_of, purpose=purpose, subject_id__in=subjects)
    paid = paid.filter(state=Payment.PAID, paid_at__lt=a_while_ago).exclude(refunds__key__endswith=LATE)
    return list(paid.order_by("pk").values_list("pk", "order_id"))


def waiting_refunds() -> dict[int, int]:
    """Refund id -> order id of the refunds that have not been sent for more than a minute, late money's among them."""
    a_while_ago = timezone.now() - timedelta(seconds=60)
    waiting = Refund.objects.filter(state=Refund.PENDING, created_at__lt=a_while_ago).order_by("pk")
    return dict(waiting.values_list("pk", "payment__order_id"))


def refund_start_of(refund_id: int) -> RefundStart:
    """What its workflow is started with, by its order's terms. Raises Refund.DoesNotExist."""
    order_id = refund(refund_id).payment.order_id
    return RefundStart(refund_id, orders.policies_of(orders.order_now(order_id)).payment.refund_quiet_s)


def done_refunds_of(order_ids: Collection[int]) -> dict[int, int]:
    """Refund id -> order id of these orders' own refunds that have been back for more than ten seconds."""
    a_while_ago = timezone.now() - timedelta(seconds=10)
    own = Refund.objects.filter(payment__order_id__in=order_ids).exclude(key__endswith=LATE)
    done = own.filter(state=Refund.DONE, done_at__lt=a_while_ago).order_by("pk")
    return dict(done.values_list("pk", "payment__order_id"))


def refunding(order_ids: list[int]) -> set[int]:
    """Which of these orders have money on its way back."""
    pending = Refund.objects.filter(payment__order_id__in=order_ids, state=Refund.PENDING)
    return set(pending.values_list("payment__order_id", flat=True))
