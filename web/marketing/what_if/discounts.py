"""What was taken off orders when they were placed: their campaigns, coupons and points, as they were then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Q

from web.marketing.models import Campaign, CampaignVersion, Coupon, PointsRule
from web.marketing.points import FEN_PER_YUAN, Points
from web.orders.discounts import COUPON, POINTS, Facts, Reduction, discounted, taken_off, total_fen
from web.orders.pricing import Line
from web.orders.replaying import Bought
from web.orders.terms import stored


class Then:
    """Takes off the price of orders what was taken off then, as far as it fits. without: a campaign there is not."""

    def __init__(self, *, without: int | None = None) -> None:
        self._campaigns = list(Campaign.objects.exclude(Q(published_at=None) | Q(pk=without or 0)).order_by("pk"))
        self._versions: Mapping[int, list[CampaignVersion]] = {one.pk: [] for one in self._campaigns}
        self._reductions: dict[int, Reduction] = {}
        for version in CampaignVersion.objects.filter(campaign__in=self._campaigns).order_by("number"):
            self._versions[version.campaign_id].append(version)
        self._coupons: Mapping[int, Reduction] = {}
        self._rules: dict[int, Points] = {}

    def read(self, page: Sequence[Bought]) -> None:
        """What these had; the page before is forgotten."""
        self._coupons = _coupons(page)
        numbers = {line.rule_version for one in page for line in one.taken if line.rule == POINTS}
        rows = PointsRule.objects.in_bulk(numbers - self._rules.keys())
        self._rules |= {number: stored(Points, row.data) for number, row in rows.items()}

    def taken(
        self, one: Bought, lines: Sequence[Line], *, tried: Iterable[Reduction] = (), is_new: bool | None = None
    ) -> list[Line]:
        """These lines of the order with its discounts. tried: campaigns beside those of then. is_new: whether its
        customer is new; as he was where nothing is said.
        """
        facts = Facts(one.city, one.service_id, one.categories, one.is_first if is_new is None else is_new)
        coupon = self._coupons.get(one.order_id)
        made = discounted(lines, facts, [*self._of_then(one), *tried], coupon)
        for line in one.taken:
            made = self._with_points(made, line) if line.rule == POINTS else made
        return made

    def _with_points(self, lines: list[Line], paid: Line) -> list[Line]:
        """As many of his points as the rules of then take for that price."""
        rule = self._rules.get(paid.rule_version)
        if rule is None:
            return taken_off(lines, paid)
        points = -paid.amount_fen * rule.per_yuan // FEN_PER_YUAN
        fen = rule.worth_fen(rule.most_for(total_fen(lines), balance=points))
        return taken_off(lines, replace(paid, unit_price_fen=-fen, amount_fen=-fen)) if fen else lines

    def _of_then(self, one: Bought) -> Iterable[Reduction]:
        """Campaigns as their versions of then said. What was scarce only he had who had it; what was bought elsewhere
        had none of ours.
        """
        if one.is_imported:
            return
        had = {line.rule for line in one.taken}
        for campaign in self._campaigns:
            said = self._said(campaign, one)
            if said is None:
                continue
            reduction = self._reduction(campaign, said)
            scarce = campaign.budget_fen is not None or campaign.per_person or reduction.terms.new_customers
            if not scarce or reduction.rule in had:
                yield reduction

    def _reduction(self, campaign: Campaign, said: CampaignVersion) -> Reduction:
        """Made once: a month has many orders, and a version is read slowly."""
        if said.pk not in self._reductions:
            self._reductions[said.pk] = replace(said.reduction(campaign), left_fen=None)
        return self._reductions[said.pk]

    def _said(self, campaign: Campaign, one: Bought) -> CampaignVersion | None:
        at = one.placed_at
        ended = campaign.ended_at is not None and campaign.ended_at <= at
        if campaign.published_at is None or campaign.published_at > at or ended:
            return None
        said = [version for version in self._versions[campaign.pk] if version.at <= at]
        return said[-1] if said and said[-1].from_at <= at < said[-1].until_at else None


def _coupons(orders: Iterable[Bought]) -> dict[int, Reduction]:
    """By order: the coupon that it has."""
    taken = [(one.order_id, line.rule) for one in orders for line in one.taken if line.rule.startswith(COUPON)]
    used = {int(rule.removeprefix(COUPON)): order_id for order_id, rule in taken}
    rows = Coupon.objects.select_related("kind").filter(pk__in=used)
    return {used[row.pk]: row.reduction for row in rows}
