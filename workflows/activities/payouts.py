"""Payouts' activities. What leaves the machine is a regular activity, what only books is a step."""

from temporalio import activity

from web.ledger import withdrawals
from web.orders.services import alarm_unpaid_compensation, alarm_withdrawal
from web.payments.gateways import Contradiction, gateway_for, payout_number
from workflows.messages import PayoutNews


@activity.defn(no_thread_cancel_exception=True)
def move_payout(withdrawal_id: int) -> PayoutNews:
    """Ask the channel how the payout goes, and have it pay where it has never heard of it: never twice, because it
    knows our number. Where people were shown it, they need look no more.

    Raises Contradiction when it speaks of another amount, or of nothing after it was told.
    """
    row, number = withdrawals.withdrawal(withdrawal_id), payout_number(withdrawal_id)
    gateway = gateway_for(row.channel)
    said = gateway.query_payout(out_number=number)
    if said is None:
        gateway.pay_out(out_number=number, receiver=row.payee_id, amount_fen=row.amount_fen)
        said = gateway.query_payout(out_number=number)
    if said is None or said.amount_fen != row.amount_fen:
        raise Contradiction(f"payout {withdrawal_id}")
    if row.needs_ops:
        withdrawals.unpark_withdrawal(withdrawal_id=withdrawal_id)
        _look_at_the_alarm(withdrawal_id)
    return PayoutNews(said.state, said.number)


@activity.defn(no_thread_cancel_exception=True)
def record_payout(withdrawal_id: int, news: PayoutNews) -> None:
    """Book what the channel says: that it waits for the receiver, or that it has paid."""
    if news.state == "success":
        withdrawals.record_paid(withdrawal_id=withdrawal_id, gateway_no=news.number)
    else:
        withdrawals.record_waiting(withdrawal_id=withdrawal_id, gateway_no=news.number)
    _look_at_the_alarm(withdrawal_id)


@activity.defn(no_thread_cancel_exception=True)
def return_payout(withdrawal_id: int, news: PayoutNews) -> None:
    """What undoes it: what the channel did not pay is the worker's balance, or owed to the customer, again."""
    withdrawals.record_returned(withdrawal_id=withdrawal_id, gateway_no=news.number)
    _look_at_the_alarm(withdrawal_id)


@activity.defn(no_thread_cancel_exception=True)
def park_payout(withdrawal_id: int) -> None:
    """Show people that it does not move."""
    withdrawals.park_withdrawal(withdrawal_id=withdrawal_id)
    _look_at_the_alarm(withdrawal_id)


def _look_at_the_alarm(withdrawal_id: int) -> None:
    order_id = withdrawals.withdrawal(withdrawal_id).order_id
    if order_id is None:
        alarm_withdrawal(withdrawal_id=withdrawal_id)
    else:
        alarm_unpaid_compensation(order_id=order_id)
