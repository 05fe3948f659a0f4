"""Payouts' activities. What leaves the machine is a regular activity, what only books is a step."""

from temporalio import activity

from web.ledger import withdrawals
from web.payments.gateways import Contradiction, gateway_for, payout_number
from workflows.messages import PayoutNews


@activity.defn(no_thread_cancel_exception=True)
def move_payout(withdrawal_id: int) -> PayoutNews:
    """Ask the channel how the payout goes, and have it pay where it has never heard of it: never twice, because it
    knows our number.

    Raises Contradiction when it speaks of another amount, or of nothing after it was told.
    """
    row, number = withdrawals.withdrawal(withdrawal_id), payout_number(withdrawal_id)
    gateway = gateway_for(row.channel)
    said = gateway.query_payout(out_number=number)
    if said is None:
        gateway.pay_out(out_number=number, receiver=row.worker_id, amount_fen=row.amount_fen)
        said = gateway.query_payout(out_number=number)
    if said is None or said.amount_fen != row.amount_fen:
        raise Contradiction(f"payout {withdrawal_id}")
    return PayoutNews(said.state, said.number)


@activity.defn(no_thread_cancel_exception=True)
def record_payout(withdrawal_id: int, news: PayoutNews) -> None:
    """Book what the channel says: that it waits for the receiver, or that it has paid."""
    if news.state == "success":
        withdrawals.record_paid(withdrawal_id=withdrawal_id, gateway_no=news.number)
    else:
        withdrawals.record_waiting(withdrawal_id=withdrawal_id, gateway_no=news.number)


@activity.defn(no_thread_cancel_exception=True)
def return_payout(withdrawal_id: int, news: PayoutNews) -> None:
    """The compensation: what the channel did not pay is the worker's balance again."""
    withdrawals.record_returned(withdrawal_id=withdrawal_id, gateway_no=news.number)


@activity.defn(no_thread_cancel_exception=True)
def park_payout(withdrawal_id: int) -> None:
    """Show people that it does not move."""
    withdrawals.park_withdrawal(withdrawal_id=withdrawal_id)
