"""The platform pays because a promise could not be kept: posted to the ledger, shown to whom it is for and to staff.

A customer's goes to his wallet, by the channel that he paid by. The board's alarm stands until it is there.
"""

from datetime import timedelta

from django.utils import timezone

import hub
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger import services as ledger
from web.ledger import withdrawals
from web.notifications.concerns import Reader
from web.orders import selectors
from web.orders.compensations import unpaid
from web.orders.models import Alarm, Compensation, Order
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Refused, Step
from web.orders.telling import tell
from web.payments import selectors as payments


def compensate_customer(step: Step, *, rule: str, amount_fen: int) -> None:
    """Owe the customer so much, once per rule and step, in the step's transaction, and have it paid out: the sweep
    starts the payout. One who never paid anything has no wallet that we know: people pay him.
    """
    order = step.order
    owed = _note(step, order.customer_id, rule, amount_fen)
    if owed is None:
        return
    ledger.post_compensation(
        compensation_id=owed.pk, order_id=order.pk, user_id=order.customer_id, amount_fen=amount_fen
    )
    # A free return visit has no payment of its own: the customer is paid by the way he paid for the first.
    channel = payments.channel_of(order.rework_of_id if order.is_free and order.rework_of_id else order.pk)
    if channel:
        _pay_out(owed, channel)
    tell(order, event="compensation.owed", people={Reader.CUSTOMER: [order.customer_id]}, amount_fen=amount_fen)
    _raise(order)


def compensate_worker(step: Step, *, rule: str, amount_fen: int, worker_id: int | None) -> None:
    """Give a worker of the order's so much, once per rule and step, among his earnings. Refused not_allowed where there
    is none.
    """
    order = step.order
    if amount_fen and worker_id is None:
        raise Refused("not_allowed")
    given = _note(step, worker_id, rule, amount_fen) if worker_id else None
    if given:
        ledger.post_compensation(
            compensation_id=given.pk, order_id=order.pk, user_id=given.user_id, amount_fen=amount_fen, earned=True
        )
        tell(order, event="compensation.earned", people={Reader.WORKER: [given.user_id]}, amount_fen=amount_fen)


def pay_again(*, staff: User, compensation_id: int, channel: str) -> int:
    """Have one that is owed paid out, where no payout is under way; the payout's id.

    Raises DoorbellError forbidden, not_found, payout_open, compensation_paid.
    """
    with hub.atomic():
        return _pay_out(_owed(staff, compensation_id), channel)


def record_paid_otherwise(*, staff: User, compensation_id: int, note: str) -> Compensation:
    """Staff have paid it by other means, and say how; the alarm is over where nothing else is owed.

    Raises DoorbellError forbidden, not_found, payout_open (its payout may still succeed), compensation_paid.
    """
    with hub.atomic():
        owed = _owed(staff, compensation_id)
        withdrawals.record_otherwise(
            staff=staff,
            compensation_id=owed.pk,
            order_id=owed.order_id,
            customer_id=owed.user_id,
            amount_fen=owed.amount_fen,
            note=note,
        )
        alarm_unpaid_compensation(order_id=owed.order_id)
        return owed


def alarm_unpaid_compensation(*, order_id: int) -> None:
    """Have the board's alarm say whether the order's customer is still owed: asks the rows anew, as often as one
    likes.
    """
    with hub.atomic():
        # One at a time, and asked under the lock: of two that are paid at once, the last one to come sees both.
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        if unpaid(order):
            _raise(order)
        else:
            clear_alarms(order, kinds=[Alarm.COMPENSATION_DUE])


def _raise(order: Order) -> None:
    due_at = timezone.now() + timedelta(seconds=selectors.policies_of(order).no_show.pay_within_s)
    raise_alarm(order, kind=Alarm.COMPENSATION_DUE, due_at=due_at)


def _pay_out(owed: Compensation, channel: str) -> int:
    payout = withdrawals.pay_compensation(
        compensation_id=owed.pk,
        order_id=owed.order_id,
        customer_id=owed.user_id,
        amount_fen=owed.amount_fen,
        channel=channel,
    )
    return payout.pk


def _owed(staff: User, compensation_id: int) -> Compensation:
    """Locked, of an order that they may see, for whose duty it is to pay; a worker's is among his earnings and not
    found here.
    """
    check_allowed(staff, "ledger.pay_compensation")
    locked = Compensation.objects.select_for_update(of=("self",)).filter(order__in=selectors.visible_to(staff))
    owed = locked.filter(pk=compensation_id, user__role="customer").first()
    if owed is None:
        raise DoorbellError("not_found")
    return owed


def _note(step: Step, user_id: int, rule: str, amount_fen: int) -> Compensation | None:
    """The row; None where it was noted before, or is of nothing."""
    if amount_fen == 0:
        return None
    noted, fresh = Compensation.objects.get_or_create(
        order=step.order,
        user_id=user_id,
        rule=rule,
        key=step.request.key,
        defaults={"amount_fen": amount_fen, "at": step.now},
    )
    return noted if fresh else None
