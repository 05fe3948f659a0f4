"""Campaigns are drafted, published, changed by a new version, and ended: by staff of their city."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

import hub
from web.accounts.models import User
from web.errors import DoorbellError, refuse_faulty
from web.marketing.models import Campaign, CampaignUse, CampaignVersion
from web.marketing.models.campaign import DRAFT, ENDED, LIVE
from web.marketing.selectors import STANDING, campaigns_visible_to
from web.marketing.services.acting import check_in_charge
from web.marketing.services.faults import Fault, odd_steps
from web.orders.discounts import Discount


@dataclass(frozen=True)
class Said:
    """What a version of a campaign says. from_at, until_at: when orders have to be placed, UTC."""

    name: str
    terms: Discount
    from_at: datetime
    until_at: datetime
    introduction: str = ""


def create_campaign(
    *,
    actor: User,
    city: str,
    kind: str,
    said: Said,
    budget_fen: int | None = None,
    per_person: int = 0,
    reason: str = "",
) -> Campaign:
    """A draft. city: "" for all of them. Raises DoorbellError forbidden, campaign_wrong (details {faults})."""
    check_in_charge(actor, city)
    _check(kind, said)
    with hub.atomic():
        campaign = Campaign.objects.create(city=city, kind=kind, budget_fen=budget_fen, per_person=per_person)
        return _say(campaign, 1, said, actor, reason)


def revise_campaign(*, actor: User, campaign_id: int, said: Said, reason: str) -> Campaign:
    """It says something else from now on; orders that have it keep what they got.

    Raises DoorbellError not_found, forbidden, campaign_wrong, campaign_ended.
    """
    with hub.atomic():
        campaign = _mine(actor, campaign_id)
        if campaign.state == ENDED or campaign.current is None:
            raise DoorbellError("campaign_ended")
        _check(campaign.kind, said)
        return _say(campaign, campaign.current.number + 1, said, actor, reason)


def publish_campaign(*, actor: User, campaign_id: int) -> Campaign:
    """It is in force as soon as its time begins; again: nothing. Raises DoorbellError not_found, forbidden,
    campaign_ended.
    """
    with hub.atomic():
        campaign = _mine(actor, campaign_id)
        now = timezone.now()
        if campaign.shown_state(now) == ENDED:
            raise DoorbellError("campaign_ended")
        if campaign.state == DRAFT:
            campaign.state, campaign.published_at = LIVE, now
            campaign.save(update_fields=["state", "published_at"])
    return campaign


def end_campaign(*, actor: User, campaign_id: int) -> Campaign:
    """No further order gets it; again: nothing. Raises DoorbellError not_found, forbidden."""
    with hub.atomic():
        campaign = _mine(actor, campaign_id)
        if campaign.state != ENDED:
            campaign.state, campaign.ended_at = ENDED, timezone.now()
            campaign.save(update_fields=["state", "ended_at"])
    return campaign


def set_limits(*, actor: User, campaign_id: int, budget_fen: int | None, per_person: int) -> Campaign:
    """It may take off so much in all, and be on so many orders of a customer from now on. Who has had more keeps them.

    Raises DoorbellError not_found, forbidden, campaign_ended, budget_too_small (details {held_fen}) where orders have
    more of it.
    """
    with hub.atomic():
        campaign = _mine(actor, campaign_id)
        if campaign.state == ENDED:
            raise DoorbellError("campaign_ended")
        if budget_fen is not None and budget_fen < campaign.held_fen:
            raise DoorbellError("budget_too_small", details={"held_fen": campaign.held_fen})
        campaign.budget_fen, campaign.per_person = budget_fen, per_person
        campaign.save(update_fields=["budget_fen", "per_person"])
    return campaign


def held_by_uses(campaign: Campaign) -> int:
    """What its orders have of it: always its `held_fen`."""
    uses = CampaignUse.objects.filter(campaign=campaign, state__in=STANDING)
    return int(uses.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _mine(actor: User, campaign_id: int) -> Campaign:
    campaign = campaigns_visible_to(actor).select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if campaign is None:
        raise DoorbellError("not_found")
    check_in_charge(actor, campaign.city)
    return campaign


def _check(kind: str, said: Said) -> None:
    refuse_faulty("campaign_wrong", _faults(kind, said))


def _faults(kind: str, said: Said) -> Iterator[Fault]:
    terms = said.terms
    if said.from_at >= said.until_at:
        yield Fault("ends_before_start", "until_at")
    if kind not in Campaign.KINDS:
        yield Fault("kind_unknown", "kind")
    if kind == Campaign.OFF and not terms.steps:
        yield Fault("steps_missing", "steps")
    if kind == Campaign.PERCENT and not terms.off_bp:
        yield Fault("percent_missing", "off_bp")
    if terms.new_customers != (kind == Campaign.NEWCOMER):
        yield Fault("new_customers", "new_customers")
    yield from odd_steps(terms)


def _say(campaign: Campaign, number: int, said: Said, by: User, reason: str) -> Campaign:
    campaign.current = CampaignVersion.objects.create(
        campaign=campaign,
        number=number,
        name=said.name,
        introduction=said.introduction,
        terms=said.terms.model_dump(mode="json"),
        from_at=said.from_at,
        until_at=said.until_at,
        by=by,
        reason=reason,
    )
    campaign.save(update_fields=["current"])
    return campaign
