"""Keeps personal data out of the logs: by the name of a field, and by the look of a text."""

import datetime
import decimal
import enum
import re
import uuid
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

GONE = "[removed]"

# A field is personal when one of the words of its name is: contact_name, addressLine, refresh_token.
PERSONAL_WORDS = frozenset(
    "phone mobile tel telephone name nickname contact address addr door street email mail openid unionid "
    "token password passwd secret authorization cookie session key signature idcard card bank "
    "lng lat longitude latitude location coordinates body payload otp".split()
)
PERSONAL_FIELDS = frozenset({"sms_code", "start_code", "service_code", "id_number", "login_code"})
# Names that hold such a word and no person.
HARMLESS_FIELDS = frozenset(
    {"logger_name", "task_queue_name", "workflow_name", "activity_name", "event_name", "step_key"}
)

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# No letter may touch a number, or one in a hundred request ids (32 hexadecimal digits) would hold a "phone".
_ALONE, _END = r"(?:(?<![A-Za-z0-9.])|(?<=%2[Bb]))", r"(?![A-Za-z0-9])"
_PHONE = _ALONE + r"(?:(?:\+|00)?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}" + _END
_IDENTITY = _ALONE + r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]" + _END
_BEARER = r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
# PostgreSQL quotes the row it refused.
_ROW = r"(?m:^\s*(?:DETAIL|CONTEXT|HINT|QUERY|PARAMETERS):.*$)|Failing row contains \(.*?\)\."
_EMAIL = r"[\w.+-]+@[\w-]+\.[\w.-]*\w"
_URL_LOGIN = r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"
_PATTERNS = re.compile("|".join((_URL_LOGIN, _BEARER, _ROW, _IDENTITY, _PHONE, _EMAIL)))
# Cards begin with 3 to 6 or 9; nanoseconds of our time with 1.
_CARD = re.compile(_ALONE + r"[3-69]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?" + _END)


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A structlog processor: the same event without phone numbers, names, addresses, tokens, positions."""
    return {name: _field(name, value) for name, value in event.items()}


def _field(name: str, value: object) -> object:
    return GONE if is_personal(name) and value is not None else clean(value)


def is_personal(name: str) -> bool:
    if name in HARMLESS_FIELDS:
        return False
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & PERSONAL_WORDS) or name.lower() in PERSONAL_FIELDS


def clean(value: object) -> object:
    """`value` with personal texts cut out. Objects that are no plain data become their type's name."""
    match value:
        case None | bool() | float():
            return value
        case enum.Enum():
            return value.name
        case int():
            return GONE if _PATTERNS.fullmatch(str(value)) else value
        case str():
            return clean_text(value)
        case Mapping():
            return {str(name): _field(str(name), item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean(item) for item in value]
        case datetime.datetime() | datetime.date() | datetime.timedelta() | uuid.UUID() | decimal.Decimal():
            return str(value)
        case BaseException():
            return f"{type(value).__name__}: {clean_text(str(value))}"
        case _:
            return f"<{type(value).__name__}>"


def clean_text(text: str) -> str:
    return _CARD.sub(_without_card, _PATTERNS.sub(GONE, text))


def _without_card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    return GONE if _luhn(digits) else match[0]


def _luhn(digits: list[int]) -> bool:
    """A bank card's number carries this check; most other long numbers (ids, nanoseconds) do not."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def redacted_fields(event: Mapping[str, Any]) -> list[str]:
    """The names of the fields that `redact` empties: for tests."""
    return [name for name in event if is_personal(name)]
