"""What can be tried, as data, and what it comes to."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from web.catalog.content import Content
from web.marketing.what_if.campaigns import Draft, try_campaign
from web.marketing.what_if.terms import try_cancellation, try_prices
from web.orders.discounts import Discount
from web.orders.fees import Cancellation
from web.orders.priced_again import Prices
from web.orders.pricing import Pricing
from web.orders.replaying import Window
from web.orders.terms import Terms
from web.orders.terms_in_force import Scope


class _Trial(Terms):
    def written(self) -> dict[str, Any]:
        """As JSON: what was said of it."""
        return self.model_dump(mode="json", exclude_unset=True) | {"kind": getattr(self, "kind", "")}


class CampaignTrial(_Trial):
    """A campaign. city: where it would hold, "" everywhere. campaign_id: the one whose content it is; where it is in
    force already, the trial stands in its place.
    """

    kind: Literal["campaign"] = "campaign"
    campaign_id: int
    terms: Discount
    city: str = ""
    budget_fen: int | None = None
    per_person: int = 0

    def tried(self, window: Window) -> dict[str, Any]:
        """Raises DoorbellError not_found for a campaign that the actor does not see."""
        draft = Draft(self.terms, self.city, self.budget_fen, self.per_person, self.campaign_id)
        return try_campaign(window, draft).counted()


class _OfTerms(_Trial):
    """Terms for a city ("" for all), of one service or of all."""

    city: str = ""
    service_id: int | None = None

    @property
    def scope(self) -> Scope:
        """Where they would hold."""
        return Scope(self.city, self.service_id)


class CancellationTrial(_OfTerms):
    """Other terms of cancelling."""

    kind: Literal["cancellation"] = "cancellation"
    terms: Cancellation

    def tried(self, window: Window) -> dict[str, Any]:
        """On what customers cancelled."""
        return asdict(try_cancellation(window, self.terms, self.scope))


class PricingTrial(_OfTerms):
    """Other terms of a price: 上门费 and surcharges."""

    kind: Literal["pricing"] = "pricing"
    terms: Pricing

    def tried(self, window: Window) -> dict[str, Any]:
        """On what was bought where they would hold."""
        return asdict(try_prices(window, Prices(terms=self.terms), self.scope))


class ServiceTrial(_Trial):
    """A service as it is written, in place of the versions that were bought."""

    kind: Literal["service"] = "service"
    service_id: int
    sold: Content

    def tried(self, window: Window) -> dict[str, Any]:
        """On what was bought of it."""
        return asdict(try_prices(window, Prices(sold=self.sold), Scope(service_id=self.service_id)))


Trial = CampaignTrial | CancellationTrial | PricingTrial | ServiceTrial
_READ: TypeAdapter[Trial] = TypeAdapter(Annotated[Trial, Field(discriminator="kind")])


def replayed(said: Any, window: Window) -> dict[str, Any]:
    """What a trial (as JSON) comes to on these orders: JSON, a number each.

    Raises DoorbellError not_found for what the actor does not see any more, Ended, pydantic.ValidationError.
    """
    return _READ.validate_python(said).tried(window)
