"""What a customer's campaigns and his coupon take off the price of what he wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import timezone

from web.catalog import selectors as catalog
from web.errors import DoorbellError
from web.marketing import selectors as marketing
from web.marketing.selectors import Offered
from web.orders.discounts import Facts, Reduction, discounted, total_fen, why_not
from web.orders.pricing import Line, Price

if TYPE_CHECKING:
    from datetime import datetime

    from web.accounts.models import User
    from web.catalog.models import ServiceVersion
    from web.marketing.models import Coupon


@dataclass(frozen=True)
class Fit:
    """Whether a coupon fits. off_fen: how much less there is to pay with it; why: why it does not, a stable code."""

    coupon: Coupon
    off_fen: int
    why: str = ""


@dataclass(frozen=True)
class Deal:
    """A price with what is taken off it; campaigns: those that did. fits: his coupons, the best in front."""

    price: Price
    campaigns: Sequence[Reduction] = ()
    fits: Sequence[Fit] = ()

    @property
    def best(self) -> Coupon | None:
        """The coupon that leaves him least to pay; of equal ones the first to lapse."""
        return self.fits[0].coupon if self.fits and not self.fits[0].why else None


@dataclass(frozen=True)
class Counter:
    """Where prices of one version are made lower for one customer, at an address in a city; see `counter_for`."""

    offered: Offered
    facts: Facts
    now: datetime

    def deal(self, priced: Price, *, coupon: Coupon | None = None, judging: bool = False) -> Deal:
        """judging: say of each of his coupons whether it fits. Raises DoorbellError coupon_unusable (details {why})."""
        if not self.offered:
            return Deal(priced)
        if coupon and (why := why_not(coupon.reduction, priced.lines, self.facts)):
            raise DoorbellError("coupon_unusable", details={"why": why})
        lines = discounted(priced.lines, self.facts, self.offered.campaigns, coupon.reduction if coupon else None)
        rules = {line.rule for line in lines}
        if coupon and coupon.reduction.rule not in rules:
            raise DoorbellError("coupon_unusable", details={"why": "nothing_left"})
        return Deal(
            replace(priced, lines=lines),
            [one for one in self.offered.campaigns if one.rule in rules],
            self._fits(priced.lines) if judging else (),
        )

    def coupon(self, customer: User, coupon_id: int | None) -> Coupon | None:
        """The one of his. Raises DoorbellError not_found, coupon_unusable."""
        if coupon_id is None:
            return None
        mine = next((one for one in self.offered.coupons if one.pk == coupon_id), None)
        if mine is None:
            his = marketing.coupons_visible_to(customer).filter(pk=coupon_id).first()
            if his is None:
                raise DoorbellError("not_found")
            raise DoorbellError("coupon_unusable", details={"why": his.shown_state(self.now)})
        if mine.from_at > self.now:
            raise DoorbellError("coupon_unusable", details={"why": "not_yet"})
        return mine

    def _fits(self, lines: Sequence[Line]) -> list[Fit]:
        campaigns, fits = self.offered.campaigns, []
        without = total_fen(discounted(lines, self.facts, campaigns))
        for coupon in self.offered.coupons:
            why = "not_yet" if coupon.from_at > self.now else why_not(coupon.reduction, lines, self.facts)
            off = 0 if why else without - total_fen(discounted(lines, self.facts, campaigns, coupon.reduction))
            # It may fit, and campaigns that stand back for it be worth more.
            fits.append(Fit(coupon, max(off, 0), why or ("" if off > 0 else "campaign_is_better")))
        return sorted(fits, key=lambda fit: (bool(fit.why), -fit.off_fen, fit.coupon.until_at, fit.coupon.pk))


def counter_for(customer: User, version: ServiceVersion, *, city: str) -> Counter:
    """With all that he could take off an order now."""
    now = timezone.now()
    offered = marketing.offered_to(customer.pk, city=city, at=now)
    categories = catalog.slugs_up_from(version.service.category) if offered else []
    return Counter(offered, Facts(city, version.service_id, categories, offered.is_new), now)


def deal_for(
    customer: User,
    version: ServiceVersion,
    priced: Price,
    *,
    city: str,
    coupon_id: int | None = None,
    judging: bool = False,
) -> Deal:
    """The price of a version for a customer; see `Counter`. Raises DoorbellError not_found for a coupon that he does
    not have, coupon_unusable (details {why}).
    """
    counter = counter_for(customer, version, city=city)
    return counter.deal(priced, coupon=counter.coupon(customer, coupon_id), judging=judging)
