"""The back office's site: who may open it, its home page, and what its pages have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.views import logout as leave
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from unfold.sites import UnfoldAdminSite

from web.accounts.models import User
from web.ops import unanswered
from web.ops.signing_in import has_second_factor, passed_second_factor

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing from anywhere else. Unfold's pages are drawn by Alpine, which evaluates what stands in their attributes."""

View = Callable[..., HttpResponseBase]


def actor_of(request: HttpRequest) -> User:
    """Who asks; on pages that `OpsSite.admin_view` guards."""
    return cast("User", request.user)


class OpsSite(UnfoldAdminSite):
    """For active staff whose session was opened with a second factor."""

    site_url = "/board/"
    index_title = "今日"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Our own pages alone: what libraries bring saves rows by itself, and asks no city."""
        if admin_class is not None and admin_class.__module__.startswith("web."):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """What each page allows, its permissions and its selectors say."""
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_staff and passed_second_factor(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Nothing of it is kept by anybody's cache, and nothing from outside runs in it."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if "%00" in request.get_full_path():
                    # No text in the database has one, and it falls over being asked: no page and no list does.
                    raise SuspiciousOperation("NUL in an address")
                response = guarded(request, *args, **kwargs)
            except unanswered.KINDS as refusal:
                response = unanswered.answer(request, refusal)
            response.headers.setdefault("Content-Security-Policy", POLICY)
            patch_cache_control(response, no_store=True, private=True)
            return cast("HttpResponseBase", response)

        return answer

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """To allauth's sign-in. Who is in already and yet not let in here lacks his second factor: he sets one up, or
        shows it.
        """
        wanted = request.GET.get("next", "")
        query = urlencode({"next": wanted if wanted.startswith("/ops/") else reverse("admin:index")})
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return redirect(f"{reverse('account_login')}?{query}")
        if not user.is_staff:
            raise PermissionDenied
        if passed_second_factor(request):
            return redirect(reverse("admin:index"))
        return redirect(f"{reverse('mfa_reauthenticate' if has_second_factor(user) else 'mfa_activate_totp')}?{query}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """By allauth's page, which asks whoever only followed a link."""
        return cast("HttpResponse", leave(request))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """By allauth's page: Django's own would ask for no limit of tries."""
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern]:
        """The pages that belong to no row come first."""
        from web.ops import pages

        return [
            *(path(address, self.admin_view(view), name=name) for address, view, name in pages.PAGES),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The day's figures and what needs a person."""
        from web.ops import home

        page = super().index(request, {**home.context(actor_of(request)), **(extra_context or {})})
        return cast("TemplateResponse", page)
