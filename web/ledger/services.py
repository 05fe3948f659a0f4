"""Posting to the ledger: one function a business fact, each called inside the caller's transaction, each posted once.

A debit is positive, a credit negative; the database checks at commit that each journal sums to zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from web.ledger.models import Account, Journal, Posting


@dataclass(frozen=True)
class Where:
    """An account by what it is: kind, channel (cash only), owner (a user's id, 0 for the platform)."""

    kind: str
    channel: str = ""
    owner: int = 0


def post(*, key: str, kind: str, order_id: int, amounts_fen: Mapping[Where, int]) -> None:
    """Post one fact; a second call with the same key does nothing. Zero amounts are left out.

    Raises django.db.IntegrityError at commit when the amounts do not sum to zero.
    """
    journal, fresh = Journal.objects.get_or_create(key=key, defaults={"kind": kind, "order_id": order_id})
    if not fresh:
        return
    for where, amount in amounts_fen.items():
        if amount:
            Posting.objects.create(journal=journal, account=_account(where), amount_fen=amount)


def post_payment(*, payment_id: int, order_id: int, channel: str, amount_fen: int) -> None:
    """A customer has paid: the platform's cash rises, and the money is in transit until the work is done."""
    amounts = {Where(Account.CASH, channel): amount_fen, Where(Account.IN_TRANSIT): -amount_fen}
    post(key=f"payment:{payment_id}", kind="payment", order_id=order_id, amounts_fen=amounts)


def post_settlement(*, order_id: int, worker_id: int, total_fen: int, commission_fen: int) -> None:
    """The work is done: the worker is owed his part, the platform has its commission."""
    amounts = {
        Where(Account.IN_TRANSIT): total_fen,
        Where(Account.COMMISSION): -commission_fen,
        Where(Account.WORKER_PAYABLE, owner=worker_id): -(total_fen - commission_fen),
    }
    post(key=f"order:{order_id}:settled", kind="settlement", order_id=order_id, amounts_fen=amounts)


def post_cancellation(
    *, order_id: int, worker_id: int | None, total_fen: int, fee_fen: int, worker_part_fen: int
) -> None:
    """A paid order is cancelled: the fee is shared, the rest is owed to the customer."""
    worker_part = worker_part_fen if worker_id else 0
    amounts = {
        Where(Account.IN_TRANSIT): total_fen,
        Where(Account.REFUNDS_PAYABLE): -(total_fen - fee_fen),
        Where(Account.FEES): -(fee_fen - worker_part),
        Where(Account.WORKER_PAYABLE, owner=worker_id or 0): -worker_part,
    }
    post(key=f"order:{order_id}:cancelled", kind="cancellation", order_id=order_id, amounts_fen=amounts)


def post_late_payment(*, payment_id: int, order_id: int, amount_fen: int) -> None:
    """Money came for an order that had ended, or that another payment had paid: all of it is owed back."""
    amounts = {Where(Account.IN_TRANSIT): amount_fen, Where(Account.REFUNDS_PAYABLE): -amount_fen}
    post(key=f"payment:{payment_id}:late", kind="late_payment", order_id=order_id, amounts_fen=amounts)


def post_compensation(*, order_id: int, user_id: int, rule: str, amount_fen: int, earned: bool = False) -> None:
    """The platform pays somebody because of an order: a worker earns it, a customer is owed it in his own account."""
    to = Where(Account.WORKER_PAYABLE if earned else Account.REFUNDS_PAYABLE, owner=user_id)
    amounts = {Where(Account.COMPENSATION): amount_fen, to: -amount_fen}
    key = f"order:{order_id}:compensation:{rule}:{user_id}"
    post(key=key, kind="compensation", order_id=order_id, amounts_fen=amounts)


def post_refund(*, refund_id: int, order_id: int, channel: str, amount_fen: int) -> None:
    """The gateway has given the money back."""
    amounts = {Where(Account.REFUNDS_PAYABLE): amount_fen, Where(Account.CASH, channel): -amount_fen}
    post(key=f"refund:{refund_id}", kind="refund", order_id=order_id, amounts_fen=amounts)


def _account(where: Where) -> Account:
    account, _ = Account.objects.get_or_create(kind=where.kind, channel=where.channel, owner=where.owner)
    return account
