"""Reading what customers have ordered: what campaigns, coupons and points ask of them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from web.orders.discounts import CAMPAIGN, COUPON, POINTS
from web.orders.models import Order


def paid_for() -> QuerySet[Order]:
    """Orders that somebody paid for, whatever became of them, those of other books too; what was free is none."""
    return Order.objects.filter(Q(payment_due__isnull=False) | Q(rework_of=None), paid_at__isnull=False)


def has_paid(customer_id: int) -> bool:
    """Whether he ever paid for an order."""
    return paid_for().filter(customer_id=customer_id).exists()


@dataclass(frozen=True)
class Outcome:
    """Of a paid order, fen. paid_fen: its price without what went back. taken_off_fen: what its discounts took off;
    borne_fen: what of them the platform bears, once it is settled. is_first: the first he paid for.
    """

    order_id: int
    paid_fen: int
    taken_off_fen: int
    borne_fen: int
    is_first: bool


def outcomes_of(order_ids: Collection[int]) -> list[Outcome]:
    """What these orders came to, those that nobody paid for left out."""
    before = paid_for().filter(customer=OuterRef("customer"), paid_at__lt=OuterRef("paid_at"))
    discount = Q(lines__rule__startswith=CAMPAIGN) | Q(lines__rule__startswith=COUPON) | Q(lines__rule=POINTS)
    orders = Order.objects.filter(pk__in=order_ids, paid_at__isnull=False).annotate(
        had_paid=Exists(before),
        off=-Sum("lines__amount_fen", filter=discount, default=0),
        borne=F("discount_fen") - F("discount_worker_fen"),
    )
    return [
        Outcome(
            order_id=row.pk,
            paid_fen=row.total_fen - row.refund_fen,
            taken_off_fen=row.off,
            borne_fen=row.borne if row.settled_at or row.ended_at else 0,
            is_first=not row.had_paid,
        )
        for row in orders.order_by("pk")
    ]
