"""Campaigns: what is taken off for everybody whom it fits. Money is fen."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.orders.discounts import CAMPAIGN, Discount, Reduction
from web.orders.terms import stored

DRAFT, LIVE, ENDED = "draft", "live", "ended"
STATES = {DRAFT: "草稿", LIVE: "已上线", ENDED: "已结束"}


def shown_state(state: str, until_at: datetime | None, now: datetime) -> str:
    """As people read it: what is over by its time has ended."""
    return ENDED if until_at is not None and until_at <= now else state


class Campaign(models.Model):
    """满减, 折扣 or 新客专享, of a city or (city "") of all. What it says is in its versions; `current` is in force.

    budget_fen: so much it may take off in all, null for no limit; held_fen: so much of it is taken or kept for orders.
    per_person: on so many orders a customer may have it; 0 for no limit.
    """

    OFF, PERCENT, NEWCOMER = "off", "percent", "newcomer"
    KINDS = {OFF: "满减", PERCENT: "折扣", NEWCOMER: "新客专享"}

    city = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=10, choices=list(KINDS.items()))
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=DRAFT)
    budget_fen = models.PositiveBigIntegerField(null=True, blank=True)
    held_fen = models.PositiveBigIntegerField(default=0)
    per_person = models.PositiveSmallIntegerField(default=0)
    current = models.ForeignKey(
        "CampaignVersion", on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "营销活动"
        indexes = [models.Index(fields=["city"], condition=models.Q(state="live"), name="campaign_live")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(budget_fen=None) | models.Q(held_fen__lte=models.F("budget_fen")),
                name="campaign_within_budget",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", published_at=None)
                | models.Q(state="live", published_at__isnull=False)
                | models.Q(state="ended", ended_at__isnull=False),
                name="campaign_state_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.current.name if self.current else f"活动 {self.pk}"

    def shown_state(self, now: datetime) -> str:
        """As people read it: what is over by its time has ended."""
        return shown_state(self.state, self.current.until_at if self.current else None, now)

    @property
    def left_fen(self) -> int | None:
        """What is left of its budget; None without one."""
        return None if self.budget_fen is None else self.budget_fen - self.held_fen


class CampaignVersion(models.Model):
    """What a campaign says, from its making or a change of it on: append only. An order's line names the number.

    terms: see `web.orders.discounts.Discount`. from_at, until_at: when orders have to be placed.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    introduction = models.CharField(max_length=200, blank=True)
    terms = models.JSONField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "活动版本"
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaign_version_once"),
            models.CheckConstraint(condition=models.Q(from_at__lt=models.F("until_at")), name="campaign_has_a_time"),
        ]

    @property
    def discount(self) -> Discount:
        """Its terms."""
        return stored(Discount, self.terms)

    def reduction(self, campaign: Campaign) -> Reduction:
        """As a price is reckoned with it."""
        return Reduction(
            id=campaign.pk,
            rule=f"{CAMPAIGN}{campaign.pk}",
            version=self.number,
            name=self.name,
            terms=self.discount,
            city=campaign.city,
            left_fen=campaign.left_fen,
        )


HELD, USED, RETURNED = "held", "used", "returned"


class CampaignUse(models.Model):
    """An order has a campaign's discount: held while it is unpaid, then used; returned when it came to nothing.

    nth: his nth live use of this campaign; the database keeps it single, so two orders at once cannot both be his last
    one.
    """

    STATES = {HELD: "已占用", USED: "已使用", RETURNED: "已退回"}

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="uses")
    version = models.PositiveIntegerField()
    order_id = models.BigIntegerField()
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.PositiveIntegerField()
    nth = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=HELD)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "活动使用"
        indexes = [models.Index(fields=["order_id"], name="campaign_use_of_order")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "order_id"], name="campaign_use_once"),
            models.UniqueConstraint(
                fields=["campaign", "customer", "nth"],
                condition=models.Q(nth__gt=0, state__in=("held", "used")),
                name="campaign_use_nth",
            ),
        ]
