"""How a login code reaches a phone, and how many may be asked for. Real vendors become further classes here."""

from collections.abc import Callable
from typing import Protocol

import structlog
from django.conf import settings

from web.accounts.phones import masked
from web.errors import DoorbellError

log = structlog.get_logger("sms")


class Sms(Protocol):
    """A way to send codes. The rates are the backend's, because it knows what a message costs."""

    @property
    def per_phone(self) -> tuple[str, ...]: ...

    @property
    def per_address(self) -> tuple[str, ...]: ...

    def send_code(self, *, phone: str, code: str) -> str | None:
        """Sends it; returns the code only where it may be shown in the answer."""


class NoSms:
    """Nothing is configured: nobody can log in by phone, and the answer says so."""

    per_phone = ("5/10 minutes",)
    per_address = ("60/minute",)

    def send_code(self, *, phone: str, code: str) -> str | None:
        """Raises DoorbellError `unavailable`."""
        log.error("no_sms_backend", setting="DOORBELL_SMS")
        raise DoorbellError("unavailable")


class SandboxSms:
    """Demo and tests: the code comes back in the answer and in the log; a whole city of people shares one address."""

    per_phone = ("30/10 minutes",)
    per_address = ("3000/minute",)

    def send_code(self, *, phone: str, code: str) -> str | None:
        """The code itself."""
        log.info("sandbox_sms", to=masked(phone), digits=code)
        return code


_BACKENDS: dict[str, Callable[[], Sms]] = {"off": NoSms, "sandbox": SandboxSms}


def backend() -> Sms:
    """The one that DOORBELL_SMS names."""
    return _BACKENDS[settings.SMS]()
