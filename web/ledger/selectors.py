"""Reading the ledger: balances, a worker's earnings, and the proof that it is right."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict

from django.db.models import QuerySet, Sum
from django.utils import timezone

from web.accounts.models import User
from web.ledger.models import Account, Journal, Posting
from workflows.transitions import Role


class Earning(TypedDict):
    """One line of a worker's earnings: fen, positive is owed to him."""

    order_id: int
    kind: str
    amount_fen: int
    at: datetime


def visible_to(actor: User) -> QuerySet[Posting]:
    """A worker sees what he is owed; staff of every city see all; nobody else anything."""
    if actor.is_everywhere:
        return Posting.objects.all()
    if actor.role == Role.WORKER:
        return Posting.objects.filter(account__kind=Account.WORKER_PAYABLE, account__owner=actor.pk)
    return Posting.objects.none()


def earnings_of(worker: User) -> list[Earning]:
    """A worker's earnings, newest first."""
    postings = visible_to(worker).filter(account__kind=Account.WORKER_PAYABLE, account__owner=worker.pk)
    return [
        Earning(
            order_id=posting.journal.order_id,
            kind=posting.journal.kind,
            amount_fen=-posting.amount_fen,
            at=posting.journal.at,
        )
        for posting in postings.select_related("journal").order_by("-journal__at", "-id")[:200]
    ]


def income_of(worker_ids: Iterable[int], *, days: int = 30) -> dict[int, int]:
    """Fen earned by each worker in the last `days`; absent means nothing."""
    since = timezone.now() - timedelta(days=days)
    rows = (
        Posting.objects.filter(
            account__kind=Account.WORKER_PAYABLE, account__owner__in=list(worker_ids), journal__at__gte=since
        )
        .values_list("account__owner")
        .annotate(total=Sum("amount_fen"))
    )
    return {owner: -total for owner, total in rows}


def unbalanced_journals() -> list[int]:
    """Ids of journals whose postings do not sum to zero: always empty, or something is badly wrong."""
    sums = Journal.objects.annotate(total=Sum("postings__amount_fen")).exclude(total=0)
    return list(sums.values_list("pk", flat=True))


def balance_of(worker: User) -> int:
    """Fen the platform owes a worker."""
    owed = visible_to(worker).filter(account__kind=Account.WORKER_PAYABLE, account__owner=worker.pk)
    return -(owed.aggregate(total=Sum("amount_fen"))["total"] or 0)


def unfinished_business() -> dict[int, dict[str, int]]:
    """Order id -> what is still in transit or owed back of it, by kind of account, fen: of a finished order, nothing.

    Reads every posting of these accounts: for a command, not for a request.
    """
    open_kinds = (Account.IN_TRANSIT, Account.REFUNDS_PAYABLE)
    sums = Posting.objects.filter(account__kind__in=open_kinds).order_by()
    left: dict[int, dict[str, int]] = {}
    rows = sums.values_list("journal__order_id", "account__kind").annotate(total=Sum("amount_fen")).exclude(total=0)
    for order_id, kind, total in rows:
        left.setdefault(order_id, {})[kind] = total
    return left
