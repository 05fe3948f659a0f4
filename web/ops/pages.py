"""Pages of the back office that belong to no row."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.ops.site import actor_of

LOOK_BACK = timedelta(days=30)


def searched_in_vain(request: HttpRequest) -> HttpResponse:
    """零结果: what people looked for in the last 30 days and did not find."""
    actor = _who_may(request, "catalog.view_search")
    now = timezone.now()
    city = "" if actor.is_everywhere else actor.city
    found = catalog.searched_in_vain(since=now - LOOK_BACK, until=now, city=city) if actor.city else []
    return _page(request, "ops/searched_in_vain.html", "零结果", found=found)


def _who_may(request: HttpRequest, permission: str) -> User:
    actor = actor_of(request)
    if not actor.has_perm(permission):
        raise PermissionDenied
    return actor


def _page(request: HttpRequest, template: str, title: str, **more: object) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | {"title": title} | more)


PAGES: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("searched-in-vain/", searched_in_vain, "searched_in_vain"),
]
"""(address below /ops/, view, name)."""
