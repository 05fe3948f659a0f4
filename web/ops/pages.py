"""Pages of the back office that belong to no row."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from web.accounts.models import User
from web.catalog import demand
from web.catalog import selectors as catalog
from web.ops.hub_page import hub
from web.ops.site import actor_of
from web.ops.trail import last_changes, with_names

LOOK_BACK = timedelta(days=30)


def searched_in_vain(request: HttpRequest) -> HttpResponse:
    """零结果: what people looked for in the last 30 days and did not find; and what they found and looked at.
    Where they search too often for that, in the last of these days.
    """
    actor = _who_may(request, "catalog.view_search")
    now = timezone.now()
    city = "" if actor.is_everywhere else actor.city
    since = demand.counted_since(since=now - LOOK_BACK, until=now, city=city) if actor.city else now - LOOK_BACK
    found = catalog.searched_in_vain(since=since, until=now, city=city) if actor.city else []
    asked = demand.searched_most(since=since, until=now, city=city) if actor.city else []
    later = since if since > now - LOOK_BACK else None
    return _page(request, "ops/searched_in_vain.html", "零结果", found=found, asked=asked, later=later)


def _who_may(request: HttpRequest, permission: str) -> User:
    actor = actor_of(request)
    if not actor.has_perm(permission):
        raise PermissionDenied
    return actor


def _page(request: HttpRequest, template: str, title: str, **more: object) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | {"title": title} | more)


def changes(request: HttpRequest) -> HttpResponse:
    """改动记录: the last edits of everything, whoever made them."""
    actor = _who_may(request, "ops.view_changes")
    if not actor.is_everywhere:
        raise PermissionDenied
    return _page(request, "ops/history.html", "改动记录", changes=with_names(last_changes()))


PAGES: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("searched-in-vain/", searched_in_vain, "searched_in_vain"),
    ("changes/", changes, "changes"),
    ("hub/", hub, "hub"),
]
"""(address below /ops/, view, name)."""
