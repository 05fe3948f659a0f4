"""Signing in to the back office: name and password against our own limits, then a code of the second factor."""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm as ChangePassword
from allauth.account.forms import LoginForm as PasswordForm
from allauth.account.forms import ReauthenticateForm as ReauthenticatePassword
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from web.accounts.api import PASSWORDS_PER_ADDRESS, PASSWORDS_PER_NAME
from web.accounts.encryption import opened, sealed
from web.accounts.models import User
from web.accounts.rates import client_address
from web.errors import CODES, DoorbellError

FORGOTTEN = "忘记密码请联系主管重设"


class StaffAdapter(DefaultAccountAdapter):
    """Nobody signs up here, and nobody is mailed: a manager makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere here: behind a proxy, whom the proxy saw."""
        return client_address(request)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Staff have no mail address."""


class LoginForm(PasswordForm):
    """Somebody who is no staff hears the same as somebody with a wrong password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nobody gets a mail with a new password: a manager sets one.
        self.fields["password"].help_text = FORGOTTEN

    def clean(self) -> dict[str, Any]:
        """Counts against the same limits as the board and the API."""
        name = str(self.cleaned_data.get("login", ""))
        try:
            PASSWORDS_PER_ADDRESS.spend(client_address(self.request))
            PASSWORDS_PER_NAME.spend(name)
            cleaned: dict[str, Any] = super().clean()
            user = getattr(self, "user", None)
            if user is not None and not user.is_staff:
                raise ValidationError(CODES["wrong_password"].message, code="wrong_password")
            PASSWORDS_PER_NAME.forget(name)
        except DoorbellError as refusal:
            raise ValidationError(CODES[refusal.code].message, code=refusal.code) from None
        except RedisError:
            # Counting is what keeps guessers out: who cannot be counted is not let in.
            raise ValidationError(CODES["unavailable"].message, code="unavailable") from None
        return cleaned


class NoMail:
    """Who has forgotten his password has no mail to ask for: he asks whoever made his account."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password", "oldpassword"):
            if name in self.fields:
                self.fields[name].help_text = FORGOTTEN


class PasswordAgainForm(NoMail, ReauthenticatePassword):
    """His password, of somebody who is in."""


class PasswordChangeForm(NoMail, ChangePassword):
    """Another password."""


class SecondFactor(DefaultMFAAdapter):
    """Secrets are sealed as personal data is."""

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret."""
        return opened(encrypted_text)


class ShownInTheSandbox:
    """Where no real SMS are sent either (demo, tests), the page shows the code."""

    user: User
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.SMS == "sandbox" and (code := current_code(self.user)):
            self.fields["code"].help_text = f"演示环境：现在的验证码是 {code}"


class CodeForm(ShownInTheSandbox, AuthenticateForm):
    """The code, at sign-in."""


class CodeAgainForm(ShownInTheSandbox, ReauthenticateForm):
    """The code, of somebody who is in with his password alone, or whose last one is long ago."""


class SetUp(ActivateTOTPView):
    """Sets up a second factor: the code that proves it opens the back office, too."""

    def form_valid(self, form: Any) -> HttpResponse:
        """As at sign-in."""
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return cast("HttpResponse", response)


def current_code(user: User) -> str | None:
    """What his authenticator shows now; None for who has none."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if row is None:
        return None
    secret = opened(row.data["secret"])
    return cast("str", format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1])))


def has_second_factor(user: User) -> bool:
    """Whether he has set one up."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with one: a session of the board's, with a password alone, is none."""
    user = cast("User", request.user)
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def put_second_factor(*, user: User, secret: str) -> None:
    """Set up for him, in place of any before; secret: base32. For seeds: people set up their own."""
    Authenticator.objects.update_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": sealed(secret)}}
    )


def forget_second_factor(user: User) -> None:
    """All of it, recovery codes too: he sets up another at his next sign-in."""
    Authenticator.objects.filter(user=user).delete()
