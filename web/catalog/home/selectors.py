"""Reading home pages: what is drafted, and what people see."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from pydantic import ValidationError

from web.accounts.scope import of_his_city, of_his_city_or_all
from web.catalog.home.parts import DEFAULT, Part
from web.catalog.models import HomeLayout, HomeVersion, Season
from web.errors import DoorbellError

if TYPE_CHECKING:
    from web.accounts.models import User

log = logging.getLogger("home")


def visible_to(actor: User) -> QuerySet[HomeLayout]:
    """Staff see their city's page, those of every city all; nobody else sees a draft."""
    return of_his_city(HomeLayout.objects.select_related("published").order_by("city"), actor)


def versions_visible_to(actor: User) -> QuerySet[HomeVersion]:
    """The versions of those pages, the newest first."""
    return HomeVersion.objects.filter(layout__in=visible_to(actor)).select_related("layout", "published_by")


def seasons_visible_to(actor: User) -> QuerySet[Season]:
    """Staff see their city's rows and those of every city."""
    return of_his_city_or_all(Season.objects.all(), actor)


def drafted(layout: HomeLayout) -> list[Part]:
    """The draft of a page, in its order."""
    return [row.part for row in layout.parts.all()]


def published_in(city: str) -> HomeVersion | None:
    """What a city's people see: its own page, else that of all cities; None where neither is published."""
    layouts = HomeLayout.objects.filter(city__in={city, ""}).exclude(published=None)
    # Its own sorts after "".
    layout = layouts.select_related("published").order_by("-city").first()
    return layout.published if layout else None


def parts_in(city: str) -> tuple[int, list[Part]]:
    """(the version's number, its parts) of what a city's people see; 0 and a sensible page where none is published."""
    version = published_in(city)
    if version is None:
        return 0, DEFAULT
    try:
        return version.number, version.shown
    except ValidationError:
        # Of another release, perhaps: people see a plain page, and no error.
        log.exception("home page version:%s cannot be read", version.pk)
        return 0, DEFAULT


def draft_for(actor: User, city: str, *, own: bool = True) -> tuple[int, list[Part]]:
    """(its revision, its parts) of what a city's people would see, were it published: its own draft; where it has none,
    or not own, that of all cities; else the default. Raises DoorbellError not_found for somebody else's city.
    """
    if not (actor.is_everywhere or actor.is_in_charge_of(city)):
        raise DoorbellError("not_found")
    layouts = {layout.city: layout for layout in HomeLayout.objects.filter(city__in={city, ""})}
    for name in (city, "") if own else ("",):
        if name in layouts and (found := drafted(layouts[name])):
            return layouts[name].revision, found
    return 0, DEFAULT
