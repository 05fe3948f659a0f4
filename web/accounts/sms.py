"""How a login code or a notice reaches a phone, and how many codes may be asked for.

Real vendors become further classes here.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from django.conf import settings

from web.accounts.phones import masked
from web.errors import DoorbellError

log = structlog.get_logger("sms")


class Sms(Protocol):
    """A way to send codes and notices. The rates are the backend's, because it knows what a message costs."""

    @property
    def per_phone(self) -> tuple[str, ...]: ...

    @property
    def per_address(self) -> tuple[str, ...]: ...

    def send_code(self, *, phone: str, code: str) -> str | None:
        """Sends it; returns the code only where it may be shown in the answer."""

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> None:
        """Sends what happened: the vendor's template with its values, or `text` where the vendor has none.

        Raises what web.notifications.channels names.
        """


class NoSms:
    """Nothing is configured: nobody can log in by phone, and the answer says so."""

    per_phone = ("5/10 minutes",)
    per_address = ("60/minute",)

    def send_code(self, *, phone: str, code: str) -> str | None:
        """Raises DoorbellError `unavailable`."""
        log.error("no_sms_backend", setting="DOORBELL_SMS")
        raise DoorbellError("unavailable")

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> None:
        """Raises DoorbellError `unavailable`."""
        raise DoorbellError("unavailable")


class SandboxSms:
    """Demo and tests: the code comes back in the answer and in the log; a whole city of people shares one address."""

    per_phone = ("30/10 minutes",)
    per_address = ("3000/minute",)

    def send_code(self, *, phone: str, code: str) -> str | None:
        """The code itself."""
        log.info("sandbox_sms", to=masked(phone), digits=code)
        return code

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> None:
        """Into the log."""
        log.info("sandbox_sms", to=masked(phone), template=template, characters=len(text), reference=reference)


_BACKENDS: dict[str, Callable[[], Sms]] = {"off": NoSms, "sandbox": SandboxSms}


def backend() -> Sms:
    """The one that DOORBELL_SMS names."""
    return _BACKENDS[settings.SMS]()
