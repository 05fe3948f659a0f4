"""How a login code or a notice reaches a phone, and how many codes may be asked for. Each vendor has a module."""

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

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> str:
        """Sends what happened: the vendor's template with its values, or `text` where the vendor has none. The
        vendor's number of it, "" where it gives none.

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

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> str:
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

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> str:
        """Into the log."""
        log.info("sandbox_sms", to=masked(phone), template=template, characters=len(text), reference=reference)
        return ""


def _tencent() -> Sms:
    # Its SDK is for who uses it.
    from web.accounts.tencent import TencentSms

    return TencentSms()


_BACKENDS: dict[str, Callable[[], Sms]] = {"off": NoSms, "sandbox": SandboxSms, "tencent": _tencent}


def backend() -> Sms:
    """The one that DOORBELL_SMS names."""
    return _BACKENDS[settings.SMS]()
