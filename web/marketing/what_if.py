"""What a campaign, or other terms of cancelling, would have come to: orders that were settled are priced anew, with
it, by the very function that prices every order. Money is fen.

It supposes that people would have ordered the same. Whom a discount brings, only the campaign itself shows: `effects`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing.models import Campaign, CampaignVersion, Coupon
from web.marketing.selectors import campaigns_visible_to
from web.orders.discounts import COUPON, Discount, Facts, Reduction, discounted, is_discount
from web.orders.fees import Cancellation
from web.orders.pricing import Line
from web.orders.replaying import Bought, bought, cancelled_again
from web.orders.sharing import Shares, shares_of

DRAFT = "campaign:0"
"""The rule of the line of what is tried."""


@dataclass(frozen=True)
class Trial:
    """What is tried. city: where it would hold, "" everywhere. instead_of: a campaign that it would replace.
    budget_fen, per_person: as of a campaign.
    """

    terms: Discount
    city: str = ""
    budget_fen: int | None = None
    per_person: int = 0
    instead_of: int | None = None


@dataclass(frozen=True)
class Got:
    """An order that would have had it, and so much."""

    order_id: int
    customer_id: int
    off_fen: int
    is_first: bool


@dataclass(frozen=True)
class WhatIf:
    """orders: so many were priced again; left_out: and so many not, because money of theirs went back since.

    got: who would have had it. cost_fen: what of it the platform bears, workers_cost_fen: and workers. The changes are
    against what happened: of what customers pay, of what the platform keeps, of what workers earn.
    """

    orders: int
    left_out: int
    got: Sequence[Got]
    cost_fen: int
    workers_cost_fen: int
    customers_change_fen: int
    platform_change_fen: int
    workers_change_fen: int

    @property
    def customers(self) -> int:
        """How many people would have had it."""
        return len({one.customer_id for one in self.got})

    @property
    def new_customers(self) -> int:
        """How many of them with their first order."""
        return len({one.customer_id for one in self.got if one.is_first})


def try_campaign(
    *, actor: User, trial: Trial, since: datetime, until: datetime, service_id: int | None = None
) -> WhatIf:
    """Replay what was placed in [since, until) with it. Raises DoorbellError not_found for a campaign to be replaced
    that the actor does not see.
    """
    if trial.instead_of is not None and not campaigns_visible_to(actor).filter(pk=trial.instead_of).exists():
        raise DoorbellError("not_found")
    month = bought(actor, since=since, until=until, city=trial.city, service_id=service_id)
    then, coupons = _Then(trial.instead_of), _coupons(month.orders)
    replay = _Replay(trial)
    pairs = [(one, replay.priced(one, then.campaigns(one), coupons.get(one.order_id))) for one in month.orders]
    before = [_shares(one, [*one.lines, *one.taken]) for one, _ in pairs]
    after = [_shares(one, lines) for one, lines in pairs]
    return WhatIf(
        orders=len(month.orders),
        left_out=month.left_out,
        got=replay.got,
        cost_fen=replay.cost_fen,
        workers_cost_fen=replay.workers_cost_fen,
        customers_change_fen=_change(after, before, _paid),
        platform_change_fen=_change(after, before, _platform),
        workers_change_fen=_change(after, before, _workers),
    )


@dataclass(frozen=True)
class CancellationWhatIf:
    """orders: so many were cancelled and paid; changed: so many of them would have cost something else."""

    orders: int
    changed: int
    customers_change_fen: int
    platform_change_fen: int
    workers_change_fen: int


def try_cancellation(
    *, actor: User, terms: Cancellation, since: datetime, until: datetime, city: str = ""
) -> CancellationWhatIf:
    """What customers cancelled in [since, until), by these terms."""
    found = cancelled_again(actor, terms, since=since, until=until, city=city)
    fees = sum(one.other_fee_fen - one.fee_fen for one in found)
    workers = sum(one.other_worker_fen - one.worker_fen for one in found)
    return CancellationWhatIf(
        orders=len(found),
        changed=sum((one.fee_fen, one.worker_fen) != (one.other_fee_fen, one.other_worker_fen) for one in found),
        customers_change_fen=fees,
        platform_change_fen=fees - workers,
        workers_change_fen=workers,
    )


class _Replay:
    """Prices one order after the other, and remembers what budget and limits have left."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.left_fen = trial, trial.budget_fen
        self.times, self.newcomers = Counter[int](), set[int]()
        self.got: list[Got] = []
        self.cost_fen = self.workers_cost_fen = 0

    def priced(self, one: Bought, campaigns: Iterable[Reduction], coupon: Reduction | None) -> list[Line]:
        """Its lines, as they would have been."""
        is_new = one.is_first and one.customer_id not in self.newcomers
        facts = Facts(one.city, one.service_id, one.categories, is_new)
        lines = discounted(one.lines, facts, [*campaigns, *self._tried(one)], coupon)
        for line in lines:
            if line.rule == DRAFT:
                self._had(one, line)
        return lines

    def _tried(self, one: Bought) -> list[Reduction]:
        trial = self.trial
        if trial.per_person and self.times[one.customer_id] >= trial.per_person:
            return []
        return [Reduction(0, DRAFT, 0, "", trial.terms, trial.city, self.left_fen)]

    def _had(self, one: Bought, line: Line) -> None:
        off = -line.amount_fen
        self.got.append(Got(one.order_id, one.customer_id, off, one.is_first))
        self.times[one.customer_id] += 1
        if self.trial.terms.new_customers:
            self.newcomers.add(one.customer_id)
        if self.left_fen is not None:
            self.left_fen -= off
        self.cost_fen += off - line.worker_fen
        self.workers_cost_fen += line.worker_fen


class _Then:
    """The campaigns that were in force when an order was placed."""

    def __init__(self, instead_of: int | None) -> None:
        live = Campaign.objects.exclude(Q(published_at=None) | Q(pk=instead_of or 0)).order_by("pk")
        self.live = list(live)
        self.versions: Mapping[int, list[CampaignVersion]] = {one.pk: [] for one in self.live}
        for version in CampaignVersion.objects.filter(campaign__in=self.live).order_by("number"):
            self.versions[version.campaign_id].append(version)

    def campaigns(self, one: Bought) -> list[Reduction]:
        """As their versions of then said. What was scarce only he had who had it."""
        had = {line.rule for line in one.taken}
        found = []
        for campaign in self.live:
            said = self._said(campaign, one.placed_at)
            reduction = replace(said.reduction(campaign), left_fen=None) if said else None
            scarce = campaign.budget_fen is not None or campaign.per_person or (said and said.discount.new_customers)
            if reduction and (not scarce or reduction.rule in had):
                found.append(reduction)
        return found

    def _said(self, campaign: Campaign, at: datetime) -> CampaignVersion | None:
        ended = campaign.ended_at is not None and campaign.ended_at <= at
        if campaign.published_at is None or campaign.published_at > at or ended:
            return None
        said = [one for one in self.versions[campaign.pk] if one.at <= at]
        return said[-1] if said and said[-1].from_at <= at < said[-1].until_at else None


def _coupons(orders: Iterable[Bought]) -> dict[int, Reduction]:
    """By order: the coupon that it has."""
    taken = [(one.order_id, line.rule) for one in orders for line in one.taken if line.rule.startswith(COUPON)]
    used = {int(rule.removeprefix(COUPON)): order_id for order_id, rule in taken}
    rows = Coupon.objects.select_related("kind").filter(pk__in=used)
    return {used[row.pk]: row.reduction for row in rows}


def _shares(one: Bought, lines: Sequence[Line]) -> Shares:
    price = sum(line.amount_fen for line in lines) + one.extra_fen
    off = -sum(line.amount_fen for line in lines if is_discount(line.rule))
    by_worker = sum(line.worker_fen for line in lines)
    return shares_of(price, one.commission_bp, discount_fen=off, by_worker_fen=by_worker)


def _change(after: Sequence[Shares], before: Sequence[Shares], of: Callable[[Shares], int]) -> int:
    return sum(map(of, after)) - sum(map(of, before))


def _paid(one: Shares) -> int:
    return one.commission_fen + one.worker_fen - one.coupons_fen


def _platform(one: Shares) -> int:
    return one.commission_fen - one.coupons_fen


def _workers(one: Shares) -> int:
    return one.worker_fen
