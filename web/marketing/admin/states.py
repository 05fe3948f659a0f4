"""States of campaigns and of batches of coupons, as they are now: what is over by its time has ended."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from web.marketing.models.campaign import DRAFT, ENDED, LIVE, STATES

COLOURS = {STATES[DRAFT]: "info", STATES[LIVE]: "success", STATES[ENDED]: "warning"}
"""Of what the list says."""


class OfState(SimpleListFilter):
    """By the state that is shown. until_at: the column with the end of its time."""

    title = "状态"
    parameter_name = "state"
    until_at = "until_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """As people say it."""
        return STATES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Now."""
        ended = Q(state=ENDED) | Q(**{f"{self.until_at}__lte": timezone.now()})
        if self.value() == ENDED:
            return queryset.filter(ended)
        return queryset.filter(state=self.value()).exclude(ended) if self.value() in STATES else queryset


class OfCampaignState(OfState):
    """A campaign's time is what its newest version says."""

    until_at = "current__until_at"
