"""Tips: offered by the customer after the work, paid by a payment of their own, and the worker's whole."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.ledger import services as ledger
from web.orders import selectors
from web.orders.models import Order, Tip
from web.orders.services.change import Change, NotYet, Refused, Step
from web.payments import selectors as payments_now
from web.payments import services as payments

if TYPE_CHECKING:
    from web.payments.models import Payment


def tip(step: Step) -> Change:
    """The customer offers something on top; it is paid next."""
    amount, terms = int(step.command.choice["amount_fen"]), step.policies.tipping
    if not terms.min_fen <= amount <= terms.max_fen:
        raise Refused("tip_amount", details={"min_fen": terms.min_fen, "max_fen": terms.max_fen})
    offered = Tip.objects.create(order=step.order, amount_fen=amount, offered_at=step.now)
    return Change("tip_offered", data={"tip_id": offered.pk, "amount_fen": amount})


def request_tip_payment(*, order: Order, channel: str) -> "Payment":
    """The payment of the tip that was offered last. Raises DoorbellError not_payable where none waits for it."""
    with hub.atomic():
        # Locked, so that it cannot open while the order closes.
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        offered = locked.tips.order_by("-pk").first()
        if offered is None or offered.paid_at or locked.ended_at:
            raise DoorbellError("not_payable")
        return payments.open_payment(
            order_id=locked.pk,
            channel=channel,
            amount_fen=offered.amount_fen,
            due_at=_due(locked),
            purpose=payments.TIP,
            subject_id=offered.pk,
        )


def tipped(step: Step) -> Change:
    """The tip was paid: all of it is the worker's at once."""
    order = step.order
    payment = payments_now.paid_tip(order.pk, step.request.reference)
    paid = payment and order.tips.filter(pk=payment.subject_id, paid_at=None).first()
    if not paid or order.worker_id is None:
        raise Refused("not_allowed")
    paid.paid_at = step.now
    paid.save(update_fields=["paid_at"])
    ledger.post_tip(tip_id=paid.pk, order_id=order.pk, worker_id=order.worker_id, amount_fen=paid.amount_fen)
    return Change("tipped", data={"tip_id": paid.pk, "amount_fen": paid.amount_fen})


def end_tips(order: Order) -> None:
    """No tip is paid any more: what comes now goes back. Raises NotYet where one was paid that the order has not heard
    of.
    """
    paid = payments.close_tips(order_id=order.pk)
    if order.tips.filter(pk__in=paid, paid_at=None).exists():
        raise NotYet


def _due(order: Order) -> datetime:
    due = timezone.now() + timedelta(seconds=selectors.policies_of(order).tipping.window_s)
    return min(due, order.review_until) if order.review_until else due
