"""What can be tried, as data, and what it comes to."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from web.accounts.models import User
from web.catalog.content import Content
from web.marketing.what_if.campaigns import Draft, try_campaign
from web.marketing.what_if.terms import try_cancellation, try_prices
from web.orders.discounts import Discount
from web.orders.fees import Cancellation
from web.orders.priced_again import Prices
from web.orders.pricing import Pricing
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

    def tried(self, actor: User, since: datetime, until: datetime) -> dict[str, Any]:
        """Raises DoorbellError not_found for a campaign that the actor does not see."""
        draft = Draft(self.terms, self.city, self.budget_fen, self.per_person, self.campaign_id)
        return try_campaign(actor=actor, draft=draft, since=since, until=until).counted()


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

    def tried(self, actor: User, since: datetime, until: datetime) -> dict[str, Any]:
        """On what customers cancelled."""
        return asdict(try_cancellation(actor=actor, terms=self.terms, scope=self.scope, since=since, until=until))


class PricingTrial(_OfTerms):
    """Other terms of a price: 上门费 and surcharges."""

    kind: Literal["pricing"] = "pricing"
    terms: Pricing

    def tried(self, actor: User, since: datetime, until: datetime) -> dict[str, Any]:
        """On what was bought where they would hold."""
        prices = Prices(terms=self.terms)
        return asdict(try_prices(actor=actor, prices=prices, scope=self.scope, since=since, until=until))


class ServiceTrial(_Trial):
    """A service as it is written, in place of the versions that were bought."""

    kind: Literal["service"] = "service"
    service_id: int
    sold: Content

    def tried(self, actor: User, since: datetime, until: datetime) -> dict[str, Any]:
        """On what was bought of it."""
        scope, prices = Scope(service_id=self.service_id), Prices(sold=self.sold)
        return asdict(try_prices(actor=actor, prices=prices, scope=scope, since=since, until=until))


Trial = CampaignTrial | CancellationTrial | PricingTrial | ServiceTrial
_READ: TypeAdapter[Trial] = TypeAdapter(Annotated[Trial, Field(discriminator="kind")])


def replayed(said: Any, *, actor: User, since: datetime, until: datetime) -> dict[str, Any]:
    """What a trial (as JSON) comes to on the orders of [since, until) that the actor sees: JSON, a number each.

    Raises DoorbellError not_found for what the actor does not see any more.
    """
    return _READ.validate_python(said).tried(actor, since, until)
