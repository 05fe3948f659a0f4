"""Filters of the back office's lists."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter

from web.catalog import selectors as catalog
from web.ops.site import actor_of
from web.times import midnight


def offers(filters: Iterable[Any], linked: Iterable[str], column: str) -> bool:
    """Whether a page's list may be asked for that column: by one of its filters, or by a link of another page. Any
    other one could be guessed letter by letter, a password's hash or the code at the door.
    """
    names = set(linked)
    for one in filters:
        name = one[0] if isinstance(one, list | tuple) else one
        names.add(name.split("__")[0] if isinstance(name, str) else name.parameter_name)
    return column in names


class Days(RangeDateFilter):
    """From one day to another, both whole, as days are counted in Shanghai."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Unfold's compares moments with days, and reads no date as its own calendar writes it here."""
        first, last = (self._day(request, end) for end in ("from", "to"))
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": midnight(first)})
        if last is not None and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": midnight(last) + timedelta(days=1)})
        return queryset

    def _day(self, request: HttpRequest, end: str) -> date | None:
        said = self.used_parameters.get(f"{self.field_path}_{end}")
        try:
            return cast("date | None", forms.DateField(required=False).clean(said))
        except ValidationError:
            messages.warning(request, f"“{self.title}”的日期没有看懂，没有按它筛选")
            return None


def in_shanghai(one: Any) -> Any:
    """A page's filter; one of Unfold's for days becomes ours."""
    return (one[0], Days) if isinstance(one, tuple | list) and one[1] is RangeDateFilter else one


class InCity(SimpleListFilter):
    """Of one city: for staff of several."""

    title = "城市"
    parameter_name = "city"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Those of the reader."""
        actor = actor_of(request)
        return [(city.code, city.name) for city in catalog.cities() if actor.is_in_charge_of(city.code)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The column may be a code or a key: both compare alike."""
        return queryset.filter(city=self.value()) if self.value() else queryset


class OnShelf(SimpleListFilter):
    """草稿, 在售, 未上架."""

    title = "状态"
    parameter_name = "state"
    DRAFT, SOLD, OFF = "draft", "sold", "off"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """As people say it."""
        return [(self.DRAFT, "草稿"), (self.SOLD, "在售"), (self.OFF, "已发布未上架")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Now."""
        now = timezone.now()
        running = Q(shelvings__from_at__lte=now) & (Q(shelvings__until_at=None) | Q(shelvings__until_at__gt=now))
        if self.value() == self.DRAFT:
            return queryset.filter(published=None)
        if self.value() == self.SOLD:
            return queryset.filter(running, published__isnull=False).distinct()
        if self.value() == self.OFF:
            return queryset.exclude(published=None).exclude(pk__in=queryset.filter(running).values("pk"))
        return queryset
