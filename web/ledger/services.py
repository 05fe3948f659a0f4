"""Posting to the ledger: one function a business fact, each called inside the caller's transaction, each posted once.

A debit is positive, a credit negative; the database checks at commit that each journal sums to zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from web.ledger.models import Account, Journal, Posting, Withdrawal
from web.prepared import insert, insert_once, prepared

COMPENSATION, COMMISSION, IN_TRANSIT, COUPONS = (
    *(Account.COMPENSATION, Account.COMMISSION),
    *(Account.IN_TRANSIT, Account.COUPONS),
)
"""Kinds of accounts that an order's own rules bear refunds with."""


@dataclass(frozen=True)
class Where:
    """An account by what it is: kind, channel (cash only), owner (a user's id, 0 for the platform)."""

    kind: str
    channel: str = ""
    owner: int = 0


def post(*, key: str, kind: str, order_id: int, amounts_fen: Mapping[Where, int]) -> None:
    """Post one fact; a second call with the same key does nothing. Zero amounts are left out, and where all are zero
    nothing has happened.

    Raises django.db.IntegrityError at commit when the amounts do not sum to zero.
    """
    moved = {where: amount for where, amount in amounts_fen.items() if amount}
    if not moved:
        return
    journal = Journal(key=key, kind=kind, order_id=order_id)
    if not insert_once(journal):
        return
    insert([Posting(journal=journal, account=_account(where), amount_fen=amount) for where, amount in moved.items()])


def post_payment(*, payment_id: int, order_id: int, channel: str, amount_fen: int) -> None:
    """A customer has paid: the platform's cash rises, and the money is in transit until the work is done."""
    amounts = {Where(Account.CASH, channel): amount_fen, Where(Account.IN_TRANSIT): -amount_fen}
    post(key=f"payment:{payment_id}", kind="payment", order_id=order_id, amounts_fen=amounts)


def post_settlement(
    *,
    order_id: int,
    worker_id: int,
    total_fen: int,
    commission_fen: int,
    given_fen: int = 0,
    coupons_fen: int = 0,
    frozen: bool = False,
) -> None:
    """The work is done: the worker is owed his part, the platform has its commission. given_fen: what the platform pays
    him on top, at its own expense. coupons_fen: what it adds to the price for the discounts that it bears. frozen: he
    has to wait.
    """
    amounts = {
        Where(Account.IN_TRANSIT): total_fen,
        Where(Account.COMMISSION): -commission_fen,
        Where(Account.COMPENSATION): given_fen,
        Where(Account.COUPONS): coupons_fen,
        earning_of(worker_id, frozen=frozen): -(total_fen + coupons_fen - commission_fen + given_fen),
    }
    post(key=f"order:{order_id}:settled", kind="settlement", order_id=order_id, amounts_fen=amounts)


def post_release(*, order_id: int, worker_id: int) -> None:
    """What a worker earned with an order, as far as refunds have left it, is kept from him no longer."""
    frozen = Posting.objects.filter(
        journal__order_id=order_id, account__kind=Account.WORKER_FROZEN, account__owner=worker_id
    )
    amount = int(frozen.aggregate(fen=Sum("amount_fen"))["fen"] or 0)
    amounts = {earning_of(worker_id, frozen=True): -amount, earning_of(worker_id): amount}
    post(key=f"order:{order_id}:released", kind="release", order_id=order_id, amounts_fen=amounts)


def post_refund_agreed(*, decision_id: int, order_id: int, amount_fen: int, borne_fen: Mapping[Where, int]) -> None:
    """Money is promised back to a customer. borne_fen: at whose expense; the amounts sum to it, and one is negative
    that gets something back.
    """
    amounts = {**borne_fen, Where(Account.REFUNDS_PAYABLE): -amount_fen}
    post(key=f"refund-decision:{decision_id}", kind="refund_agreed", order_id=order_id, amounts_fen=amounts)


def post_price_fallen(*, order_id: int, cause: str, amount_fen: int) -> None:
    """An order that was paid costs less now: so much of what is in transit is owed back to its customer. cause: what
    has made it cheaper, once.
    """
    amounts = {Where(Account.IN_TRANSIT): amount_fen, Where(Account.REFUNDS_PAYABLE): -amount_fen}
    post(key=f"{cause}:fallen", kind="price_fallen", order_id=order_id, amounts_fen=amounts)


def post_cancellation(
    *,
    order_id: int,
    worker_id: int | None,
    total_fen: int,
    fee_fen: int,
    worker_part_fen: int,
    refund_fen: int | None = None,
    coupons_fen: int = 0,
) -> None:
    """A paid order is cancelled: the fee is shared, the rest is owed to the customer.

    total_fen: what is in transit of it. refund_fen: what is owed to the customer, where some of the rest went back
    before, at the platform's expense, which gets it then. coupons_fen: what the platform adds to what is shared.
    """
    worker_part = worker_part_fen if worker_id else 0
    owed = total_fen - fee_fen if refund_fen is None else refund_fen
    amounts = {
        Where(Account.IN_TRANSIT): total_fen,
        Where(Account.REFUNDS_PAYABLE): -owed,
        Where(Account.COMPENSATION): owed + fee_fen - total_fen,
        Where(Account.COUPONS): coupons_fen,
        Where(Account.FEES): -(fee_fen + coupons_fen - worker_part),
        Where(Account.WORKER_PAYABLE, owner=worker_id or 0): -worker_part,
    }
    post(key=f"order:{order_id}:cancelled", kind="cancellation", order_id=order_id, amounts_fen=amounts)


def post_coupons_corrected(*, order_id: int, amount_fen: int) -> None:
    """What is posted as the cost of an order's discounts was none, for they were given back: the platform has made the
    customer a present of it.
    """
    amounts = {Where(Account.COMPENSATION): amount_fen, Where(Account.COUPONS): -amount_fen}
    key = f"order:{order_id}:coupons_corrected"
    post(key=key, kind="coupons_corrected", order_id=order_id, amounts_fen=amounts)


def post_late_payment(*, payment_id: int, order_id: int, amount_fen: int) -> None:
    """Money came for an order that had ended, or that another payment had paid: all of it is owed back."""
    amounts = {Where(Account.IN_TRANSIT): amount_fen, Where(Account.REFUNDS_PAYABLE): -amount_fen}
    post(key=f"payment:{payment_id}:late", kind="late_payment", order_id=order_id, amounts_fen=amounts)


def post_compensation(
    *, compensation_id: int, order_id: int, user_id: int, amount_fen: int, earned: bool = False
) -> None:
    """The platform pays somebody because of an order: a worker earns it, a customer is owed it in his own account."""
    to = earning_of(user_id) if earned else owed_to(user_id)
    amounts = {Where(Account.COMPENSATION): amount_fen, to: -amount_fen}
    post(key=f"compensation:{compensation_id}", kind="compensation", order_id=order_id, amounts_fen=amounts)


def post_refund(*, refund_id: int, order_id: int, channel: str, amount_fen: int) -> None:
    """The gateway has given the money back."""
    amounts = {Where(Account.REFUNDS_PAYABLE): amount_fen, Where(Account.CASH, channel): -amount_fen}
    post(key=f"refund:{refund_id}", kind="refund", order_id=order_id, amounts_fen=amounts)


def post_tip(*, tip_id: int, order_id: int, worker_id: int, amount_fen: int) -> None:
    """A tip was paid: it is the worker's, whole, and not kept from him."""
    amounts = {Where(Account.IN_TRANSIT): amount_fen, earning_of(worker_id): -amount_fen}
    post(key=f"tip:{tip_id}", kind="tip", order_id=order_id, amounts_fen=amounts)


def post_withdrawal(row: Withdrawal) -> None:
    """What somebody is owed leaves where it is (a worker's balance, what a customer is owed) and is on its way."""
    _post_withdrawal(row, "asked", "withdrawal", {_owed_before(row): row.amount_fen, _on_its_way(row): -row.amount_fen})


def post_withdrawal_paid(row: Withdrawal) -> None:
    """The channel has paid it."""
    amounts = {_on_its_way(row): row.amount_fen, Where(Account.CASH, row.channel): -row.amount_fen}
    _post_withdrawal(row, "paid", "withdrawal_paid", amounts)


def post_withdrawal_returned(row: Withdrawal) -> None:
    """It was declined, or the channel did not pay: it is owed as before."""
    amounts = {_on_its_way(row): row.amount_fen, _owed_before(row): -row.amount_fen}
    _post_withdrawal(row, "returned", "withdrawal_returned", amounts)


def _post_withdrawal(row: Withdrawal, what: str, kind: str, amounts_fen: Mapping[Where, int]) -> None:
    post(key=f"withdrawal:{row.pk}:{what}", kind=kind, order_id=row.order_id or 0, amounts_fen=amounts_fen)


def _on_its_way(row: Withdrawal) -> Where:
    return Where(Account.PAYOUTS, owner=row.payee_id)


def _owed_before(row: Withdrawal) -> Where:
    return owed_to(row.payee_id) if row.compensation_id else earning_of(row.payee_id)


def owed_to(customer_id: int) -> Where:
    """Where a customer's compensation is until it is paid out to him."""
    return Where(Account.REFUNDS_PAYABLE, owner=customer_id)


def earning_of(worker_id: int, *, frozen: bool = False) -> Where:
    """Where a worker's earnings are: his to withdraw, or kept for some days."""
    return Where(Account.WORKER_FROZEN if frozen else Account.WORKER_PAYABLE, owner=worker_id)


def _account(where: Where) -> Account:
    for account in _known(where.kind, where.channel, where.owner):
        return account
    account, _ = Account.objects.get_or_create(kind=where.kind, channel=where.channel, owner=where.owner)
    return account


@prepared
def _known(kind: str, channel: str, owner: int) -> QuerySet[Account]:
    return Account.objects.filter(kind=kind, channel=channel, owner=owner)
