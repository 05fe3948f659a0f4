"""What a worker has in hand: the orders that he travels to or serves."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone

from web.orders.models import Order
from web.prepared import prepared
from workflows.transitions import IN_HAND, Phase


def of_worker(worker_id: int) -> list[tuple[int, str]]:
    """(id, phase) of the orders that a worker travels to or serves; the one that starts last in front."""
    return _in_hand(worker_id)


@prepared
def _in_hand(worker_id: int) -> QuerySet[Order, tuple[int, str]]:
    his = Order.objects.filter(worker_id=worker_id, phase__in=IN_HAND, ended_at=None)
    return his.order_by("-starts_at", "-pk").values_list("pk", "phase")


def promised_by(worker_id: int, *, among: Collection[int]) -> set[int]:
    """Which of these orders he has accepted, or was assigned, and has not finished."""
    his = Order.objects.filter(worker_id=worker_id, pk__in=among, ended_at=None)
    return set(his.values_list("pk", flat=True))


def keeping_from(order: Order, *, worker_id: int) -> int | None:
    """What keeps a worker from setting out to `order`: another that he travels to, or is at until its planned end. Its
    id; None where nothing does.

    Past that end he may go: at a door that nobody opens there is nothing he could finish.
    """
    return next(iter(_keeping(worker_id, order.pk, timezone.now())), None)


@prepared
def _keeping(worker_id: int, from_order: int, now: datetime) -> QuerySet[Order, int]:
    ends_at = ExpressionWrapper(F("starts_at") + F("duration_s") * timedelta(seconds=1), output_field=DateTimeField())
    at_work = Q(phase__in=IN_HAND) | Q(phase=Phase.EXCEPTION, exception_from__in=IN_HAND)
    others = Order.objects.filter(at_work, worker_id=worker_id, ended_at=None).exclude(pk=from_order)
    still = others.annotate(ends_at=ends_at).filter(Q(phase=Phase.EN_ROUTE) | Q(ends_at__gt=now))
    return still.order_by("pk").values_list("pk", flat=True)
