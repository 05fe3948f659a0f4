"""Trials are asked for, and worked out elsewhere: a month of a large city takes longer than a page waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from pydantic import ValidationError

import hub
from web.accounts.models import User
from web.catalog import selectors as catalog
from web.catalog.services import drafted
from web.errors import DoorbellError
from web.marketing.models import Campaign, WhatIfRun
from web.marketing.selectors import campaigns_visible_to, city_of_orders
from web.marketing.what_if import CampaignTrial, ServiceTrial, Trial, replayed
from web.orders.replaying import Window

if TYPE_CHECKING:
    from web.catalog.models import Service

MONTH = timedelta(days=30)
FAILED = "what_if_failed"


def ask_what_if(
    *, actor: User, trial: Trial, subject_id: int | None = None, name: str = "", city: str = ""
) -> WhatIfRun:
    """On what was ordered in the last 30 days, as far as the actor sees it. city: where it would hold. Who asks for the
    same before it is done gets the one that he waits for. Raises DoorbellError forbidden for who is in no city.
    """
    if not actor.city:
        raise DoorbellError("forbidden")
    now = timezone.now()
    same = {"kind": trial.kind, "subject_id": subject_id, "city": city_of_orders(actor, city), "by": actor}
    with hub.atomic():
        waiting = WhatIfRun.objects.filter(**same, trial=trial.written(), done_at=None).first()
        if waiting is not None:
            return waiting
        return WhatIfRun.objects.create(**same, trial=trial.written(), name=name, since=now - MONTH, until=now)


def try_campaign_as_written(*, actor: User, campaign_id: int) -> WhatIfRun:
    """Its newest version, in force or not. Raises DoorbellError not_found."""
    campaign = campaigns_visible_to(actor).select_related("current").filter(pk=campaign_id).first()
    if campaign is None or campaign.current is None:
        raise DoorbellError("not_found")
    return ask_what_if(
        actor=actor,
        trial=trial_of(campaign),
        subject_id=campaign.pk,
        name=campaign.current.name,
        city=campaign.city,
    )


def try_service_as_written(*, actor: User, service_id: int) -> WhatIfRun:
    """Its draft. Raises DoorbellError not_found."""
    service = catalog.written_for(actor).filter(pk=service_id).first()
    if service is None:
        raise DoorbellError("not_found")
    return ask_what_if(actor=actor, trial=trial_of_service(service), subject_id=service.pk, name=service.name)


def trial_of(campaign: Campaign) -> CampaignTrial:
    """What it says now."""
    if campaign.current is None:
        raise DoorbellError("not_found")
    return CampaignTrial(
        campaign_id=campaign.pk,
        terms=campaign.current.discount,
        city=campaign.city,
        budget_fen=campaign.budget_fen,
        per_person=campaign.per_person,
    )


def trial_of_service(service: Service) -> ServiceTrial:
    """What is written of it now."""
    return ServiceTrial(service_id=service.pk, sold=drafted(service))


def work_out(*, run_id: int, has_ended: Callable[[], bool] = bool) -> None:
    """Find and keep its result; one that is done is left as it is. has_ended: whoever started it is gone.

    Raises Ended.
    """
    run = WhatIfRun.objects.select_related("by").filter(pk=run_id, done_at=None).first()
    if run is None:
        return
    try:
        result = replayed(run.trial, Window(run.by, run.since, run.until, run.city, has_ended))
    except DoorbellError as refused:
        give_up(run_id=run_id, code=refused.code)
        return
    except ValidationError:
        # Asked for by a release whose terms were others.
        give_up(run_id=run_id)
        return
    # Whoever was first has said it: a second attempt finds the same.
    WhatIfRun.objects.filter(pk=run_id, done_at=None).update(result=result, done_at=timezone.now())


def give_up(*, run_id: int, code: str = FAILED) -> None:
    """There will be no result; one that is done is left as it is."""
    WhatIfRun.objects.filter(pk=run_id, done_at=None).update(code=code, done_at=timezone.now())
