"""The dispatch board's page: signing in, which city, and the one document that the built page lives in."""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import condition, require_safe
from redis.exceptions import RedisError

from web.accounts import sessions
from web.accounts.api import PASSWORDS_PER_ADDRESS, PASSWORDS_PER_NAME
from web.accounts.duties import allows
from web.accounts.models import User
from web.accounts.rates import client_address
from web.catalog import selectors as catalog
from web.errors import CODES, DoorbellError
from workflows.transitions import Role

MAPS: Path = settings.BASE_DIR / "web" / "demo" / "data"
# Nothing from anywhere else, no inline script, no inline style: what is not in our own build does not run.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

ASKED_FOR = (
    *("orders.command_order", "orders.handle_alarm", "orders.write_message"),
    *("ledger.review_withdrawal", "ledger.pay_compensation"),
    *("payments.retry_payment", "payments.retry_refund", "payments.retry_payout"),
)
"""What the page's buttons ask for; what may be asked of an order now, its `allowed_actions` say."""

View = Callable[..., HttpResponseBase]


def staff_of(request: HttpRequest) -> User | None:
    """The member of staff who is signed in, or None."""
    user = request.user
    return user if isinstance(user, User) and user.is_active and user.role == Role.STAFF else None


def staff_only(view: View) -> View:
    """Sends everybody else to the sign-in page, and back afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponseBase:
        if staff_of(request) is None:
            return redirect_to_login(request.get_full_path())
        return view(request, **captured)

    return guarded


class StaffForm(AuthenticationForm):
    """Name and password. Somebody who is no staff hears the same as somebody with a wrong password."""

    error_messages = {"invalid_login": CODES["wrong_password"].message, "inactive": CODES["wrong_password"].message}

    def clean(self) -> dict[str, Any]:
        """Counts against the same limits as signing in by the API."""
        name = str(self.cleaned_data.get("username", ""))
        try:
            if self.request is not None:
                PASSWORDS_PER_ADDRESS.spend(client_address(self.request))
            PASSWORDS_PER_NAME.spend(name)
            cleaned: dict[str, Any] = super().clean()
            PASSWORDS_PER_NAME.forget(name)
        except DoorbellError as refusal:
            raise ValidationError(CODES[refusal.code].message, code=refusal.code) from None
        except RedisError:
            # Counting is what keeps guessers out: who cannot be counted is not let in.
            raise ValidationError(CODES["unavailable"].message, code="unavailable") from None
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        """Only active staff."""
        super().confirm_login_allowed(user)
        if user.role != Role.STAFF:
            raise self.get_invalid_login_error()


class Login(LoginView):
    """Django's own view with our form and our page."""

    form_class = StaffForm
    template_name = "board/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever is in already goes on."""
        if staff_of(request) is not None:
            return HttpResponseRedirect(self.get_success_url())
        return guarded_by_policy(super().dispatch(request, *args, **kwargs))

    def get_default_redirect_url(self) -> str:
        """Where to, when nobody was on the way anywhere."""
        return reverse("board:home")


class Logout(LogoutView):
    """Ends the session, by POST."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The sockets of this session close with it."""
        staff = staff_of(request)
        if staff is not None and request.session.session_key:
            sessions.end_session(user=staff, session_key=request.session.session_key)
        return super().post(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        """To the sign-in page."""
        return reverse("board:login")


@require_safe
@staff_only
def home(request: HttpRequest) -> HttpResponseBase:
    """To the board of one's own city, or of the first one."""
    city = next(iter(cities_of(request)), None)
    if city is None:
        return render(request, "board/nothing.html", status=404)
    return redirect("board:city", city=city["code"])


@require_safe
@staff_only
@ensure_csrf_cookie
def city(request: HttpRequest, *, city: str) -> HttpResponseBase:
    """The document: everything in it is drawn by the built page, from what stands in its JSON element."""
    cities = list(cities_of(request))
    name = next((served["name"] for served in cities if served["code"] == city), None)
    if name is None:
        raise Http404
    boot = {
        "city": city,
        "cities": cities,
        "user": {"id": request.user.pk, "name": str(getattr(request.user, "display_name", ""))},
        "may": [one for one in ASKED_FOR if (staff := staff_of(request)) and allows(staff, one)],
        "urls": {
            "board": reverse("board:home"),
            "login": reverse("board:login"),
            "logout": reverse("board:logout"),
            "map": reverse("board:map", kwargs={"city": city}),
        },
    }
    page = render(request, "board/board.html", {"boot": boot, "city_name": name})
    # The document carries a name: neither a proxy nor the back button may keep it.
    patch_cache_control(page, no_store=True, private=True)
    return guarded_by_policy(page)


def cities_of(request: HttpRequest) -> Iterable[dict[str, str]]:
    """The cities whose board this person may open: his own, or all."""
    staff = staff_of(request)
    for served in catalog.cities():
        if staff is not None and staff.is_in_charge_of(served.code):
            yield {"code": served.code, "name": served.name}


@require_safe
def map_json(request: HttpRequest, *, city: str) -> HttpResponseBase:
    """GeoJSON of the city's districts and waters, GCJ-02; 404 where we have none, and the page does without."""
    if staff_of(request) is None:
        return refusal("unauthenticated")
    # A slug that the URL pattern let through, and a city of ours: the name leads nowhere else.
    file = MAPS / f"{city}.geojson"
    if not file.is_file() or all(served["code"] != city for served in cities_of(request)):
        return refusal("not_found")
    return _unless_known(request, file)


def _tag(request: HttpRequest, file: Path) -> str:
    return f'"{file.stat().st_mtime_ns:x}"'


@condition(etag_func=_tag)
def _unless_known(request: HttpRequest, file: Path) -> HttpResponse:
    response = HttpResponse(file.read_bytes(), content_type="application/geo+json")
    patch_cache_control(response, private=True, max_age=3600)
    return response


def refusal(code: str) -> JsonResponse:
    """The API's error shape, for the one address here that a program reads."""
    kind = CODES[code]
    return JsonResponse({"code": code, "message": kind.message, "details": {}}, status=kind.status)


def guarded_by_policy(response: HttpResponseBase) -> HttpResponseBase:
    """With the content security policy."""
    response.headers["Content-Security-Policy"] = POLICY
    return response
