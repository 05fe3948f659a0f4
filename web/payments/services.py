"""Money in and money back. An order's payments are locked together: of "paid", "closed" and "paid by another one" the
first to commit wins, and what came second goes back.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog
from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.ledger import services as ledger
from web.notifications.concerns import Reader
from web.orders import selectors as orders
from web.orders.telling import tell
from web.payments import selectors
from web.payments.gateways import GATEWAYS, Contradiction, Paid, gateway_for, payment_id_of, payment_number
from web.payments.models import LATE, GatewayMessage, Payment, Refund

log = structlog.get_logger(__name__)

TIP = Payment.TIP
PRICE = (Payment.ORDER, Payment.SUPPLEMENT)
"""Purposes that pay an order's price; a tip is the worker's."""


SUPPLEMENT = Payment.SUPPLEMENT
"""The purpose of what was agreed on after the order was placed."""


class Recorded(NamedTuple):
    """What a payment's news led to: `refund_id` is set when the money came too late and goes back."""

    order_id: int
    refund_id: int | None
    purpose: str = Payment.ORDER


def open_payment(
    *,
    order_id: int,
    channel: str,
    amount_fen: int,
    due_at: datetime,
    purpose: str = Payment.ORDER,
    subject_id: int = 0,
) -> Payment:
    """The open payment of a charge by a channel, made where there is none, or its time is over and there is more.

    Raises DoorbellError not_payable when money for it is booked already: the order's actor may be behind.
    """
    gateway_for(channel)
    with hub.atomic():
        charge = Payment.objects.filter(order_id=order_id, purpose=purpose, subject_id=subject_id)
        if charge.filter(state=Payment.PAID).exists():
            raise DoorbellError("not_payable")
        if due_at > timezone.now():
            # Its trade is closed at the gateway, and nobody can pay it: what still comes goes back.
            charge.filter(channel=channel, state=Payment.OPEN, due_at__lte=timezone.now()).update(state=Payment.CLOSED)
        payment, _ = Payment.objects.get_or_create(
            order_id=order_id,
            purpose=purpose,
            subject_id=subject_id,
            channel=channel,
            state=Payment.OPEN,
            defaults={"amount_fen": amount_fen, "due_at": due_at},
        )
    return payment


def close_payments(*, order_id: int, purpose: str = Payment.ORDER, subject_id: int = 0) -> Payment | None:
    """Close what is still open of a charge, in the caller's transaction, and return the payment that paid it, if one
    did.
    """
    _lock_payments(order_id)
    charge = Payment.objects.filter(order_id=order_id, purpose=purpose, subject_id=subject_id)
    charge.filter(state=Payment.OPEN).update(state=Payment.CLOSED)
    return paid_payment(order_id=order_id, purpose=purpose, subject_id=subject_id)


def close_tips(*, order_id: int) -> list[int]:
    """Close what is still open of an order's tips, in the caller's transaction; the subjects of the paid ones."""
    _lock_payments(order_id)
    tips = Payment.objects.filter(order_id=order_id, purpose=Payment.TIP)
    tips.filter(state=Payment.OPEN).update(state=Payment.CLOSED)
    paid = tips.filter(state=Payment.PAID).exclude(refunds__key__endswith=LATE)
    return list(paid.values_list("subject_id", flat=True))


def paid_payment(*, order_id: int, purpose: str = Payment.ORDER, subject_id: int = 0) -> Payment | None:
    """The payment that paid a charge; money that came late (and goes back) is not it."""
    paid = Payment.objects.filter(order_id=order_id, purpose=purpose, subject_id=subject_id, state=Payment.PAID)
    return paid.exclude(refunds__key__endswith=LATE).order_by("paid_at").first()


def receive_callback(*, channel: str, headers: Mapping[str, str], body: bytes) -> GatewayMessage:
    """Store a callback in the inbox, once per event id however often it comes.

    Raises DoorbellError bad_signature, invalid_request (unreadable), not_found (a channel or a payment that we do not
    have).
    """
    if channel not in GATEWAYS:
        raise DoorbellError("not_found")
    paid = gateway_for(channel).read_callback(headers=headers, body=body)
    payment = Payment.objects.filter(pk=payment_id_of(paid.out_number), channel=channel).first()
    if payment is None:
        raise DoorbellError("not_found")
    return _keep(paid, payment)


def ask_gateway(*, payment_id: int) -> GatewayMessage:
    """Ask for a trade that the gateway says is paid and whose message has not come; the inbox has the answer then.

    Raises Contradiction when the gateway says now that it is not paid.
    """
    payment = Payment.objects.get(pk=payment_id)
    paid = gateway_for(payment.channel).query(out_number=payment_number(payment_id))
    if paid is None:
        raise Contradiction(f"payment {payment_id}")
    return _keep(paid, payment)


def record_payment(*, message_id: int) -> Recorded:
    """Money has come: book it, and start giving it back where the order had closed the payment meanwhile, or had been
    paid by another one.

    Idempotent. Raises DoorbellError amount_mismatch when the gateway names another amount: that message is then done
    with, because telling it again would change nothing, and people must look.
    """
    with hub.atomic():
        message = GatewayMessage.objects.select_related("payment").get(pk=message_id)
        if message.payment is None:
            raise DoorbellError("not_found")
        _lock_payments(message.payment.order_id)
        payment = Payment.objects.get(pk=message.payment.pk)
        GatewayMessage.objects.filter(pk=message_id, handled_at=None).update(handled_at=timezone.now())
        _unpark(payment)  # the gateway has said something: it is booked, or its amount is what people look at
        if message.amount_fen == payment.amount_fen:
            return _record(message, payment)
    log.error("a gateway names another amount", payment=payment.pk, message=message_id)
    raise DoorbellError("amount_mismatch")


def _record(message: GatewayMessage, payment: Payment) -> Recorded:
    refund = payment.refunds.filter(key=f"payment:{payment.pk}{LATE}").first()
    if payment.state != Payment.PAID:
        refund = _book(payment, gateway_no=message.gateway_no)
    return Recorded(payment.order_id, refund.pk if refund else None, payment.purpose)


def _book(payment: Payment, *, gateway_no: str) -> Refund | None:
    # Asked after the lock: another payment's money may have been booked while we waited for it.
    paid = Payment.objects.filter(
        order_id=payment.order_id, purpose=payment.purpose, subject_id=payment.subject_id, state=Payment.PAID
    )
    late, twice = payment.state == Payment.CLOSED or paid.exists(), paid.exclude(refunds__key__endswith=LATE).exists()
    payment.state, payment.gateway_no, payment.paid_at = Payment.PAID, gateway_no, timezone.now()
    payment.save(update_fields=["state", "gateway_no", "paid_at"])
    ledger.post_payment(
        payment_id=payment.pk, order_id=payment.order_id, channel=payment.channel, amount_fen=payment.amount_fen
    )
    return _give_back(payment, why="twice" if twice else "late") if late else None


def _give_back(payment: Payment, *, why: str) -> Refund:
    """All of it: it is not the order's. Its own workflow sends it. why: late, twice or void, for the customer."""
    ledger.post_late_payment(payment_id=payment.pk, order_id=payment.order_id, amount_fen=payment.amount_fen)
    refund = create_refund(payment=payment, amount_fen=payment.amount_fen, key=f"payment:{payment.pk}{LATE}")
    _tell(refund, why)
    return refund


def _tell(refund: Refund, what: str) -> None:
    """Tell the customer of money that is not the order's, whose actor will not: it may have ended long ago."""
    if refund.is_late_money:
        order = orders.order_now(refund.payment.order_id)
        people = {Reader.CUSTOMER: [order.customer_id]}
        tell(order, event=f"money_returned.{what}", people=people, amount_fen=refund.amount_fen)


def return_payment(*, payment_id: int) -> None:
    """Give money back that was booked in time for what then came to nothing, in the caller's transaction.

    It goes back as late money does, by its payment's workflow: the gateway's message counts as unheard again, and the
    sweep brings it there.
    """
    payment = Payment.objects.get(pk=payment_id)
    _give_back(payment, why="void")
    GatewayMessage.objects.filter(payment=payment).update(handled_at=None)


def create_refund(*, payment: Payment, amount_fen: int, key: str) -> Refund:
    """A refund to be sent by its own workflow; one per payment and key, in the caller's transaction.

    Raises django.db.IntegrityError where the payment has less left: see `refund_order`.
    """
    refund, _ = Refund.objects.get_or_create(payment=payment, key=key, defaults={"amount_fen": amount_fen})
    return refund


def refund_order(
    *,
    order_id: int,
    amount_fen: int,
    key: str,
    purposes: Collection[str] = PRICE,
    subject_id: int | None = None,
    but_proposal: int | None = None,
) -> list[Refund]:
    """Give `amount_fen` (> 0) of what was paid for an order back, in the caller's transaction: spread over its payments
    of these purposes (and of this subject), the newest first, never more than each has left. but_proposal: as in
    `selectors.left_of`.

    The same key again returns the refunds that it made. The caller posts what it means to the ledger. Raises
    DoorbellError refund_too_large with details {left_fen} when so much is not left, and nothing is made.
    """
    _lock_payments(order_id)
    made = Refund.objects.filter(payment__order_id=order_id, key=key)
    if made.exists():
        return list(made.order_by("pk"))
    left = selectors.left_of(order_id, purposes=purposes, subject_id=subject_id, but_proposal=but_proposal)
    if amount_fen > sum(fen for _, fen in left):
        raise DoorbellError("refund_too_large", details={"left_fen": sum(fen for _, fen in left)})
    refunds = []
    for payment, fen in left:
        part = min(fen, amount_fen)
        amount_fen -= part
        if part:
            refunds.append(create_refund(payment=payment, amount_fen=part, key=key))
    return refunds


def record_refund(*, refund_id: int, gateway_no: str) -> int:
    """The gateway has given the money back: book it once. Returns the order's id."""
    with hub.atomic():
        refund = Refund.objects.select_for_update(of=("self",)).select_related("payment").get(pk=refund_id)
        if refund.state != Refund.DONE:
            refund.state, refund.gateway_no, refund.done_at = Refund.DONE, gateway_no, timezone.now()
            refund.needs_ops = False
            refund.save(update_fields=["state", "gateway_no", "done_at", "needs_ops"])
            ledger.post_refund(
                refund_id=refund.pk,
                order_id=refund.payment.order_id,
                channel=refund.payment.channel,
                amount_fen=refund.amount_fen,
            )
            _tell(refund, "done")
        return refund.payment.order_id


def park_refund(*, refund_id: int) -> int:
    """Mark a refund that keeps failing; its workflow goes on trying. Returns the order's id."""
    with hub.atomic():
        stuck = Refund.objects.filter(pk=refund_id, needs_ops=False).exclude(state=Refund.DONE).update(needs_ops=True)
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        if stuck:
            _tell(refund, "parked")
    return refund.payment.order_id


def park_payment(*, payment_id: int) -> int:
    """Mark one of which its gateway does not say whether it was paid; it is asked on. Returns the order's id."""
    with hub.atomic():
        Payment.objects.filter(pk=payment_id).exclude(state=Payment.PAID).update(needs_ops=True)
    return Payment.objects.get(pk=payment_id).order_id


def unpark_payment(*, payment_id: int) -> int:
    """Its gateway has closed it after all. Returns the order's id."""
    payment = Payment.objects.get(pk=payment_id)
    with hub.atomic():
        _unpark(payment)
    return payment.order_id


def _unpark(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk, needs_ops=True).update(needs_ops=False)


def _lock_payments(order_id: int) -> None:
    """All payments of an order, in one order for everybody: which of two is in time is then decided one by one."""
    list(Payment.objects.select_for_update().filter(order_id=order_id).order_by("pk"))


def _keep(paid: Paid, payment: Payment) -> GatewayMessage:
    message, _ = GatewayMessage.objects.get_or_create(
        gateway_id=paid.event_id,
        defaults={
            "channel": payment.channel,
            "kind": paid.kind,
            "payment": payment,
            "amount_fen": paid.amount_fen,
            "gateway_no": paid.number,
        },
    )
    return message
