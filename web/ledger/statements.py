"""Statements: a worker's day, and where the money of an order is, explained line by line."""

from datetime import date, datetime, timedelta
from typing import TypedDict

from django.db.models import Sum

from web.accounts.models import User
from web.ledger.models import Account, Journal, Posting
from web.ledger.selectors import EARNINGS, Earning, earnings_of
from web.times import midnight

PLATFORM = (Account.COMMISSION, Account.FEES, Account.COMPENSATION, Account.COUPONS)
"""Accounts whose sum is what the platform earns with an order, or loses."""


class Statement(TypedDict):
    """A worker's day in Asia/Shanghai: closing = opening + the items, newest first."""

    day: date
    opening_fen: int
    closing_fen: int
    by_kind: dict[str, int]
    items: list[Earning]


class Side(TypedDict):
    """One side of a fact. Debit positive: positive is where money came to, or who bore it."""

    account: str
    label: str
    owner: int
    amount_fen: int


class Fact(TypedDict):
    """Something that happened to an order's money; its sides sum to zero."""

    kind: str
    at: datetime
    sides: list[Side]


class OrderMoney(TypedDict):
    """All facts of an order, oldest first, and what they come to: for the platform, for workers, still in transit and
    still to be given back.
    """

    facts: list[Fact]
    platform_fen: int
    workers_fen: int
    in_transit_fen: int
    to_give_back_fen: int


def statement_of(worker: User, *, day: date) -> Statement:
    """What a worker was owed when the day began, what came and went, and what he was owed when it ended."""
    since, until = midnight(day), midnight(day + timedelta(days=1))
    items = earnings_of(worker, since=since, until=until)
    opening, by_kind = _owed_before(worker, since), dict[str, int]()
    for item in items:
        by_kind[item["kind"]] = by_kind.get(item["kind"], 0) + item["amount_fen"]
    closing = opening + sum(by_kind.values())
    return Statement(day=day, opening_fen=opening, closing_fen=closing, by_kind=by_kind, items=items)


def money_of(order_id: int) -> OrderMoney:
    """See OrderMoney; for who may see the order's whole books."""
    journals = Journal.objects.filter(order_id=order_id).prefetch_related("postings__account").order_by("pk")
    facts = [_fact(journal) for journal in journals]
    sums: dict[str, int] = {}
    for side in (side for fact in facts for side in fact["sides"]):
        sums[side["account"]] = sums.get(side["account"], 0) - side["amount_fen"]
    return OrderMoney(
        facts=facts,
        platform_fen=sum(sums.get(kind, 0) for kind in PLATFORM),
        workers_fen=sum(sums.get(kind, 0) for kind in EARNINGS),
        in_transit_fen=sums.get(Account.IN_TRANSIT, 0),
        to_give_back_fen=sums.get(Account.REFUNDS_PAYABLE, 0),
    )


def _owed_before(worker: User, moment: datetime) -> int:
    rows = Posting.objects.filter(account__kind__in=EARNINGS, account__owner=worker.pk, journal__at__lt=moment)
    return -int(rows.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _fact(journal: Journal) -> Fact:
    sides = [
        Side(
            account=posting.account.kind,
            label=posting.account.get_kind_display(),
            owner=posting.account.owner,
            amount_fen=posting.amount_fen,
        )
        for posting in journal.postings.all()
    ]
    return Fact(kind=journal.kind, at=journal.at, sides=sides)
