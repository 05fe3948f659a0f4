"""Who should do an order, and who is asked."""

from django.conf import settings
from django.db import models
from django.db.models import F, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.orders.models.order import Order
from web.prepared import prepared


class Ranking(models.Model):
    """A ranking as it was: every candidate's terms, every exclusion's reason, so that it can be explained and replayed.

    candidates: [{worker_id, name, score, distance_m, travel_s, terms: [{name, value, weight, points}]}] best first;
    excluded: [{worker_id, name, reason}].
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="rankings")
    candidates = models.JSONField()
    excluded = models.JSONField()
    at = models.DateTimeField(default=timezone.now)


class Offer(models.Model):
    """An order offered to a worker until `due_at`: to him alone, or (grab) to several at once, and the first has it.

    The database keeps it so that nobody has two open offers of one order, and that one acceptance at most stands. Of an
    accepted one that its worker did not serve: RETURNED, he handed it back in time or was taken off it; FAILED, he let
    the customer down. reason then says why.
    """

    OPEN, ACCEPTED, REFUSED, LAPSED, WITHDRAWN = "open", "accepted", "refused", "lapsed", "withdrawn"
    GRABBED, RETURNED, FAILED = "grabbed", "returned", "failed"
    STATES = [
        (OPEN, "待接单"),
        (ACCEPTED, "已接单"),
        (REFUSED, "已拒单"),
        (LAPSED, "超时未接"),
        (WITHDRAWN, "已撤回"),
        (GRABBED, "已被抢"),
        (RETURNED, "已退回"),
        (FAILED, "未履约"),
    ]
    HAD = (ACCEPTED, RETURNED, FAILED)
    SOCKET, WECHAT, SMS = "socket", "wechat", "sms"
    CHANNELS = [(SOCKET, "在线"), (WECHAT, "订阅消息"), (SMS, "短信")]
    REASONS = {
        "too_far": "距离太远",
        "busy": "时间冲突",
        "unwell": "身体不适",
        "no_tools": "缺少工具",
        "other": "其他原因",
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="offers")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers")
    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, null=True)
    grab = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    channel = models.CharField(max_length=10, choices=CHANNELS, default=SOCKET, db_default=SOCKET)
    reason = models.CharField(max_length=20, blank=True)
    distance_m = models.PositiveIntegerField()
    travel_s = models.PositiveIntegerField()
    pay_fen = models.PositiveIntegerField()
    offered_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "worker"], condition=models.Q(state="open"), name="offer_one_open"
            ),
            models.UniqueConstraint(fields=["order"], condition=models.Q(state="accepted"), name="offer_one_accepted"),
        ]
        indexes = [models.Index(fields=["worker", "-id"], name="offer_of_worker")]


def open_offers_of(order_id: int) -> list[Offer]:
    """The offers of an order that wait for an answer, with their workers' names, the one that is due first in front."""
    offers = _open(order_id)
    for offer in offers:
        offer.worker = User.called(offer.worker_id, vars(offer).pop("worker_name"))
    return offers


@prepared
def _open(order_id: int) -> QuerySet[Offer]:
    offers = Offer.objects.filter(order_id=order_id, state=Offer.OPEN).order_by("due_at", "pk")
    return offers.annotate(worker_name=F("worker__display_name"))
