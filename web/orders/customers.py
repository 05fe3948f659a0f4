"""Reading what customers have ordered: what campaigns, coupons and points ask of them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import structlog
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from web.orders.discounts import CAMPAIGN, COUPON, POINTS
from web.orders.models import Order, OrderLine
from web.orders.sharing import parts_of

log = structlog.get_logger(__name__)

AT_ONCE = 2_000
"""Orders a query: a campaign has had tens of thousands."""


def paid_for() -> QuerySet[Order]:
    """Orders that somebody paid for, whatever became of them, those of other books too; what was free is none."""
    return Order.objects.filter(Q(payment_due__isnull=False) | Q(rework_of=None), paid_at__isnull=False)


@dataclass(frozen=True)
class Outcome:
    """Of a paid order and of one of its discounts, fen. paid_fen: its price without what went back. off_fen: what the
    discount took off; cost_fen: what of that the platform bears, as the ledger has it, once is_settled. is_first: the
    first he paid for.
    """

    paid_fen: int
    off_fen: int
    cost_fen: int
    is_settled: bool
    is_first: bool


def outcomes_of(rules: Mapping[int, str]) -> Iterator[Outcome]:
    """What these orders came to, those that nobody paid for left out. rules: by order, that of its discount's line; one
    without that line had nothing taken off.
    """
    order_ids = sorted(rules)
    for first in range(0, len(order_ids), AT_ONCE):
        yield from _outcomes(order_ids[first : first + AT_ONCE], rules)


def _outcomes(order_ids: Collection[int], rules: Mapping[int, str]) -> Iterator[Outcome]:
    before = paid_for().filter(customer=OuterRef("customer"), paid_at__lt=OuterRef("paid_at"))
    paid = Order.objects.filter(pk__in=order_ids, paid_at__isnull=False)
    rows = paid.values_list(
        "pk",
        F("total_fen") - F("refund_fen"),
        F("discount_fen") - F("discount_worker_fen"),
        Coalesce("settled_at", "ended_at"),
        ~Exists(before),
    )
    discounts = _discounts_of(order_ids)
    for order_id, paid_fen, borne_fen, settled_at, is_first in rows.order_by("pk"):
        taken, rule = discounts.get(order_id, []), rules[order_id]
        parts = parts_of(borne_fen, [(off_fen, worker_fen) for _, off_fen, worker_fen in taken])
        by_rule = {one[0]: (one[1], part) for one, part in zip(taken, parts, strict=True)}
        if rule not in by_rule:
            # One order's fault, which must not close the page of all the others.
            log.error("discount_without_line", order_id=order_id, rule=rule)
        off_fen, cost_fen = by_rule.get(rule, (0, 0))
        is_settled = settled_at is not None
        yield Outcome(paid_fen, off_fen, cost_fen if is_settled else 0, is_settled, is_first)


def _discounts_of(order_ids: Collection[int]) -> dict[int, list[tuple[str, int, int]]]:
    """By order, in their order: (rule, what it takes off, what of that the worker was to bear)."""
    is_discount = Q(rule__startswith=CAMPAIGN) | Q(rule__startswith=COUPON) | Q(rule=POINTS)
    lines = OrderLine.objects.filter(is_discount, order__in=order_ids).order_by("order", "position")
    found: dict[int, list[tuple[str, int, int]]] = {}
    for order_id, *discount in lines.values_list("order_id", "rule", -F("amount_fen"), "worker_fen"):
        found.setdefault(order_id, []).append(tuple(discount))
    return found
