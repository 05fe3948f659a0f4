"""Reading what was ordered so that it can be priced once more under other rules: orders that are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Min

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.money import share
from web.orders import selectors
from web.orders.cancelling import terms_at
from web.orders.customers import paid_for
from web.orders.discounts import is_discount
from web.orders.fees import Cancellation
from web.orders.models import Command, Order, OrderEvent, OrderLine, RefundDecision
from web.orders.pricing import PICKED, Line
from web.orders.quoting import line_of
from web.orders.terms_in_force import Bearing, Scope
from workflows.transitions import Move, Phase, Role

PERSONAL = ("request", "contact_name", "contact_phone", "place", "door", "start_code")
"""Columns that no price depends on."""


@dataclass(frozen=True)
class Bought:
    """One order. lines: of its price as it was placed, nothing taken off; taken: the lines that took something off;
    extra_fen: what came to its price, or went from it, afterwards. is_first: its customer had paid for none before.
    order: its row, without what is personal.
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
    order: Order = field(repr=False)


@dataclass(frozen=True)
class Month:
    """Orders as they were placed, oldest first. left_out: those finished of which nobody knows what they would have
    been under other rules: money of theirs went back since, or our ledger has none (imported ones, those to settle).
    """

    orders: Sequence[Bought]
    left_out: int


def bought(actor: User, *, since: datetime, until: datetime, scope: Scope) -> Month:
    """What was placed in [since, until) and is settled, of what the actor sees of the scope."""
    finished = scope.of(selectors.visible_to(actor)).filter(
        placed_at__gte=since, placed_at__lt=until, phase=Phase.COMPLETED, rework_of=None
    )
    whole = (
        finished.filter(settled_at__isnull=False, refund_fen=0).select_related(None).select_related("service__category")
    )
    # Nobody's name is read: half of the time went into unsealing them.
    whole = whole.defer(*PERSONAL).prefetch_related("lines")
    rows = list(whole.order_by("placed_at", "pk"))
    first_paid = _first_paid({row.customer_id for row in rows})
    slugs = _categories(rows)
    return Month(
        [_bought(row, slugs[row.service_id], is_first=first_paid[row.customer_id] >= row.placed_at) for row in rows],
        finished.count() - len(rows),
    )


def _bought(row: Order, categories: Sequence[str], *, is_first: bool) -> Bought:
    lines = list(row.lines.all())
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
        lines=[line_of(one, discount_fen=0) for one in placed],
        taken=[line_of(one) for one in lines if is_discount(one.rule)],
        extra_fen=sum(one.amount_fen for one in lines if _came_later(one)),
        order=row,
    )


def _came_later(line: OrderLine) -> bool:
    return line.rule.startswith("proposal:") or (line.rule == PICKED and line.amount_fen < 0)


def _first_paid(customer_ids: set[int]) -> dict[int, datetime]:
    """When each of them paid for the first time."""
    paid = paid_for().filter(customer_id__in=customer_ids)
    return dict(paid.order_by().values_list("customer_id").annotate(Min("paid_at")))


def _categories(rows: Sequence[Order]) -> dict[int, list[str]]:
    """By service: its categories' slugs, from its own up."""
    services = {row.service_id: row.service for row in rows}
    return {pk: catalog.slugs_up_from(service.category) for pk, service in services.items()}


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


def cancelled_again(
    actor: User, terms: Cancellation, *, since: datetime, until: datetime, scope: Scope
) -> list[Cancelled]:
    """What was cancelled in [since, until), of what the actor sees, by these terms where they would have been in force;
    as when it was asked. Orders of which money had gone back before are left out.
    """
    rows = selectors.visible_to(actor).filter(
        phase=Phase.CANCELLED, cancelled_by=Role.CUSTOMER, paid_at__isnull=False, rework_of=None
    )
    rows = scope.of(rows).exclude(pk__in=RefundDecision.objects.values("order_id"))
    ends = OrderEvent.objects.filter(type="cancelled", at__gte=since, at__lt=until, order__in=rows)
    asked = {end: int(end.key.removeprefix("command:")) for end in ends.select_related("order").order_by("at", "pk")}
    commands = Command.objects.in_bulk(asked.values())
    bears, found = Bearing("cancellation", scope), []
    for end, command_id in asked.items():
        command = commands.get(command_id)
        if command is None or command.move != Move.CANCEL or not bears.on(end.order):
            continue
        other = terms_at(end.order, asked_at=command.received_at, paid=True, cancellation=terms)
        part, _ = share(other.fee_fen, terms.worker_share_bp)
        found.append(
            Cancelled(
                order_id=end.order_id,
                fee_fen=end.data["fee_fen"],
                worker_fen=end.data["worker_fen"],
                other_fee_fen=other.fee_fen,
                other_worker_fen=part if other.worker_id else 0,
            )
        )
    return found
