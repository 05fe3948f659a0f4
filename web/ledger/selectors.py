"""Reading the ledger: balances, a worker's earnings, and the proof that it is right."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from web.accounts.models import User
from web.ledger.models import Account, Journal, Posting
from web.times import SHANGHAI, midnight
from workflows.transitions import Role

EARNINGS = (Account.WORKER_PAYABLE, Account.WORKER_FROZEN)
"""Where a worker's earnings are."""

NO_INCOME = ("withdrawal", "withdrawal_returned")
"""Kinds of facts that move what a worker has earned, and earn him nothing."""

LABELS = dict(Account.KINDS) | {
    Account.IN_TRANSIT: "用户支付",
    Account.COMMISSION: "平台佣金",
    Account.FEES: "平台所得取消费",
    Account.REFUNDS_PAYABLE: "退给用户",
    Account.COMPENSATION: "平台承担",
    Account.PAYOUTS: "提现",
    Account.COUPONS: "平台承担的优惠",
}
"""What people read for the other side of an earning."""


class Explained(TypedDict):
    """One line of why an amount is what it is; the lines sum to it."""

    label: str
    amount_fen: int


class Earning(TypedDict):
    """One line of a worker's earnings: fen, positive is owed to him. explained: why it is so much; sums to it."""

    order_id: int
    kind: str
    amount_fen: int
    at: datetime
    explained: list[Explained]


class Balance(NamedTuple):
    """What a worker is owed in all, and what of it is still kept from him; negative is what he owes."""

    owed_fen: int
    frozen_fen: int

    @property
    def free_fen(self) -> int:
        """What he may withdraw; negative where he owes."""
        return self.owed_fen - self.frozen_fen


def visible_to(actor: User) -> QuerySet[Posting]:
    """A worker sees what he is owed; staff of every city see all; nobody else anything."""
    if actor.is_everywhere:
        return Posting.objects.all()
    if actor.role == Role.WORKER:
        return Posting.objects.filter(account__kind__in=EARNINGS, account__owner=actor.pk)
    return Posting.objects.none()


def earnings_of(worker: User, *, since: datetime | None = None, until: datetime | None = None) -> list[Earning]:
    """A worker's earnings, newest first: the last 200, or those in [since, until).

    That what was frozen is let go earns nothing and is no line.
    """
    his = Q(postings__account__kind__in=EARNINGS, postings__account__owner=worker.pk)
    journals = Journal.objects.filter(his).exclude(kind="release").distinct()
    if since and until:
        journals = journals.filter(at__gte=since, at__lt=until)
    journals = journals.prefetch_related("postings__account").order_by("-at", "-pk")
    return [_earning(journal, worker.pk) for journal in (journals if since else journals[:200])]


def _earning(journal: Journal, worker_id: int) -> Earning:
    mine, others = 0, []
    for posting in journal.postings.all():
        account = posting.account
        if account.kind in EARNINGS and account.owner == worker_id:
            mine -= posting.amount_fen
        else:
            others.append(Explained(label=LABELS[account.kind], amount_fen=posting.amount_fen))
    return Earning(order_id=journal.order_id, kind=journal.kind, amount_fen=mine, at=journal.at, explained=others)


def income_of(worker_ids: Iterable[int], *, days: int = 30) -> dict[int, int]:
    """Fen earned by each worker in the last `days`; absent means nothing."""
    since = timezone.now() - timedelta(days=days)
    rows = (
        Posting.objects.filter(account__kind__in=EARNINGS, account__owner__in=list(worker_ids), journal__at__gte=since)
        .exclude(journal__kind__in=NO_INCOME)
        .values_list("account__owner")
        .annotate(total=Sum("amount_fen"))
    )
    return {owner: -total for owner, total in rows if total}


def taken_today() -> int:
    """What customers have paid since midnight in Shanghai, fen."""
    since = midnight(timezone.now().astimezone(SHANGHAI).date())
    cash = Posting.objects.filter(journal__kind="payment", journal__at__gte=since, account__kind=Account.CASH)
    return int(cash.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def journals_visible_to(actor: User) -> QuerySet[Journal]:
    """The facts, with their postings: for staff of every city, for accounts belong to none."""
    return Journal.objects.prefetch_related("postings__account") if actor.is_everywhere else Journal.objects.none()


def journals_of(order_id: int) -> list[Journal]:
    """All facts about the money of an order, the oldest first, each with its postings and their accounts."""
    journals = Journal.objects.filter(order_id=order_id).order_by("pk")
    return list(journals.prefetch_related("postings__account"))


def unbalanced_journals() -> list[int]:
    """Ids of journals whose postings do not sum to zero: always empty, or something is badly wrong."""
    sums = Journal.objects.annotate(total=Sum("postings__amount_fen")).exclude(total=0)
    return list(sums.values_list("pk", flat=True))


def balance_of(worker: User) -> int:
    """Fen the platform owes a worker, what is still kept from him included; negative where he owes the platform."""
    return balances_of(worker).owed_fen


def balances_of(worker: User) -> Balance:
    """See Balance."""
    rows = visible_to(worker).filter(account__owner=worker.pk, account__kind__in=EARNINGS)
    sums = dict(rows.values_list("account__kind").annotate(total=Sum("amount_fen")))
    return Balance(owed_fen=-sum(sums.values()), frozen_fen=-sums.get(Account.WORKER_FROZEN, 0))


def unfinished_business() -> dict[int, dict[str, int]]:
    """Order id -> what is still in transit or owed back of it, by kind of account, fen: of a finished order, nothing.

    What is owed to a customer by name (a compensation) is not the order's any more. Reads every posting of these
    accounts: for a command, not for a request.
    """
    open_kinds = (Account.IN_TRANSIT, Account.REFUNDS_PAYABLE)
    sums = Posting.objects.filter(account__kind__in=open_kinds, account__owner=0).order_by()
    left: dict[int, dict[str, int]] = {}
    rows = sums.values_list("journal__order_id", "account__kind").annotate(total=Sum("amount_fen")).exclude(total=0)
    for order_id, kind, total in rows:
        left.setdefault(order_id, {})[kind] = total
    return left
