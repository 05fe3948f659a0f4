"""Reading what was ordered so that it can be priced once more under other rules: orders that are settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Min, Q, QuerySet

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.money import share
from web.orders import selectors
from web.orders.cancelling import terms_at
from web.orders.customers import paid_for
from web.orders.discounts import is_discount
from web.orders.fees import Cancellation
from web.orders.history import RULE
from web.orders.models import Command, Order, OrderEvent, OrderLine, RefundDecision
from web.orders.pricing import PICKED, Line
from web.orders.quoting import line_of
from web.orders.terms_in_force import Bearing, Scope
from workflows.transitions import Move, Phase, Role

AT_ONCE = 1_000
"""Orders a page."""

PERSONAL = ("request", "contact_name", "contact_phone", "place", "door", "start_code")
"""Columns that no price depends on."""


@dataclass(frozen=True)
class Bought:
    """One order. lines: of its price as it was placed, nothing taken off; taken: the lines that took something off;
    extra_fen: what came to its price, or went from it, afterwards. is_first: its customer had paid for none before.
    is_imported: it is of other books, which tell its total alone; its commission nobody knows (0), and what a discount
    changes does not depend on it. order: its row, without what is personal; of its terms it has those of a price, as
    `pricing`.
    """

    order_id: int
    customer_id: int
    city: str
    service_id: int
    categories: Sequence[str]
    placed_at: datetime
    is_first: bool
    commission_bp: int
    lines: Sequence[Line]
    taken: Sequence[Line]
    extra_fen: int
    is_imported: bool
    order: Order = field(repr=False)


@dataclass(frozen=True)
class Window:
    """What is read again: orders placed in [since, until), of what the actor sees of a city ("" for all of that).
    has_ended: whoever asked is gone; asked between two pages.
    """

    actor: User
    since: datetime
    until: datetime
    city: str = ""
    has_ended: Callable[[], bool] = bool

    def orders(self, scope: Scope) -> QuerySet[Order]:
        """Those of the scope."""
        rows = scope.of(Scope(self.city).of(selectors.visible_to(self.actor)))
        return rows.filter(placed_at__gte=self.since, placed_at__lt=self.until, rework_of=None)


class Month:
    """Finished orders as they were placed, oldest first, and a page of them at a time: a large city's are more than a
    process should hold. with_imported: those of other books, too, at their total.
    """

    def __init__(self, window: Window, scope: Scope, *, with_imported: bool = False) -> None:
        self._window, self._with_imported = window, with_imported
        self._finished = window.orders(scope).filter(phase=Phase.COMPLETED)
        self.read = self.imported = 0

    @property
    def left_out(self) -> int:
        """Of those finished nobody knows what these would have been under other rules: money of theirs went back since,
        or our ledger has none (those to settle, and imported ones where they are not asked for). To be asked when all
        are read.
        """
        return max(self._finished.count() - self.read, 0)

    def pages(self) -> Iterator[Sequence[Bought]]:
        """Raises Ended."""
        known = (
            Q(settled_at__isnull=False) | ~Q(imported_from="") if self._with_imported else Q(settled_at__isnull=False)
        )
        whole = self._finished.filter(known, refund_fen=0)
        whole = whole.select_related(None).select_related("service").prefetch_related("lines")
        slugs = {pk: [one.slug for one in up] for pk, up in catalog.categories_upwards().items()}
        # Nobody's name is read: half of the time went into unsealing them. Of the terms only the price's.
        for rows in _pages(whole.defer(*PERSONAL, "policies").annotate(pricing=F("policies__pricing")), self._window):
            first_paid = _first_paid({row.customer_id for row in rows})
            self.read += len(rows)
            self.imported += sum(bool(row.imported_from) for row in rows)
            yield [
                _bought(row, slugs[row.service.category_id], is_first=first_paid[row.customer_id] >= row.placed_at)
                for row in rows
            ]


class Ended(Exception):
    """Nobody waits for it any more."""


def _pages(rows: QuerySet[Order], window: Window) -> Iterator[list[Order]]:
    ordered = rest = rows.order_by("placed_at", "pk")
    while page := list(rest[:AT_ONCE]):
        if window.has_ended():
            raise Ended
        yield page
        last = page[-1]
        rest = ordered.filter(placed_at__gte=last.placed_at).exclude(placed_at=last.placed_at, pk__lte=last.pk)


def _bought(row: Order, categories: Sequence[str], *, is_first: bool) -> Bought:
    # Whose line is what, and who bore what it has of discounts, other books do not say.
    of_total = [Line(row.service_name, 1, row.total_fen, row.total_fen, RULE)] if row.imported_from else []
    lines = [] if row.imported_from else list(row.lines.all())
    placed = [one for one in lines if not is_discount(one.rule) and not _came_later(one)]
    return Bought(
        order_id=row.pk,
        customer_id=row.customer_id,
        city=row.city,
        service_id=row.service_id,
        categories=categories,
        placed_at=row.placed_at,
        is_first=is_first,
        commission_bp=row.commission_bp or 0,
        lines=of_total or [line_of(one, discount_fen=0) for one in placed],
        taken=[line_of(one) for one in lines if is_discount(one.rule)],
        extra_fen=sum(one.amount_fen for one in lines if _came_later(one)),
        is_imported=bool(row.imported_from),
        order=row,
    )


def _came_later(line: OrderLine) -> bool:
    return line.rule.startswith("proposal:") or (line.rule == PICKED and line.amount_fen < 0)


def _first_paid(customer_ids: set[int]) -> dict[int, datetime]:
    """When each of them paid for the first time."""
    paid = paid_for().filter(customer_id__in=customer_ids)
    return dict(paid.order_by().values_list("customer_id").annotate(Min("paid_at")))


@dataclass(frozen=True)
class Cancelled:
    """A paid order that its customer cancelled: what it cost him, and what of it was the worker's; then and by other
    terms. Fen.
    """

    order_id: int
    fee_fen: int
    worker_fen: int
    other_fee_fen: int
    other_worker_fen: int


def cancelled_again(window: Window, terms: Cancellation, scope: Scope) -> Iterator[Cancelled]:
    """What its customers cancelled, by these terms where they would have been in force; as when it was asked. Orders of
    which money had gone back before are left out. Raises Ended.
    """
    rows = window.orders(scope).filter(phase=Phase.CANCELLED, cancelled_by=Role.CUSTOMER, paid_at__isnull=False)
    rows = rows.exclude(pk__in=RefundDecision.objects.values("order_id")).select_related(None).defer(*PERSONAL)
    bears = Bearing("cancellation", scope)
    for page in _pages(rows, window):
        ends = OrderEvent.objects.filter(type="cancelled", order__in=page, key__startswith="command:")
        asked = {end.order_id: (end, int(end.key.removeprefix("command:"))) for end in ends}
        commands = Command.objects.in_bulk([number for _, number in asked.values()])
        for row in page:
            end, number = asked.get(row.pk, (None, 0))
            command = commands.get(number)
            if end is not None and command is not None and command.move == Move.CANCEL and bears.on(row):
                yield _cancelled(row, end, command, terms)


def _cancelled(row: Order, end: OrderEvent, command: Command, terms: Cancellation) -> Cancelled:
    other = terms_at(row, asked_at=command.received_at, paid=True, cancellation=terms)
    part, _ = share(other.fee_fen, terms.worker_share_bp)
    return Cancelled(
        order_id=row.pk,
        fee_fen=end.data["fee_fen"],
        worker_fen=end.data["worker_fen"],
        other_fee_fen=other.fee_fen,
        other_worker_fen=part if other.worker_id else 0,
    )
