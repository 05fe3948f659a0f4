"""Phone numbers: read in whatever shape people type, kept as E.164, shown and masked in one place.

Never import phonenumbers' geocoder or carrier: each costs the process a hundred megabytes.
"""

import re
import unicodedata
from typing import Annotated

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator, Field

REGION = "CN"
COUNTRY_CODE = 86
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_CALLABLE = _MOBILE | {PhoneNumberType.FIXED_LINE}
_BETWEEN = r"[\W_]*"
_WRITTEN = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_BETWEEN})?1{_BETWEEN}[3-9](?:{_BETWEEN}\d){{9}}(?!\d)")


def _parsed(typed: str) -> PhoneNumber:
    """Raises ValueError without repeating what was typed: it may be somebody's number."""
    try:
        number = phonenumbers.parse(typed, REGION)
    except NumberParseException:
        raise ValueError("not a phone number") from None
    if number.country_code != COUNTRY_CODE or number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("not a valid number in mainland China")
    return number


def _e164(typed: str, kinds: frozenset[int], kind: str) -> str:
    number = _parsed(typed)
    if phonenumbers.number_type(number) not in kinds:
        raise ValueError(f"not a {kind} number")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def mobile(typed: str) -> str:
    """E.164 of a mainland mobile number: the only kind that an SMS reaches. Raises ValueError."""
    return _e164(typed, _MOBILE, "mobile")


def mobiles_in(text: str) -> list[tuple[int, int]]:
    """Where mobile numbers stand in it, (start, end) of each, however they are written.

    Full-width digits are digits, and whatever is neither letter nor digit may stand between them.
    """
    # One by one, for a place in what is read to be known in what was typed: ㎡ is read as two.
    read = [unicodedata.normalize("NFKC", character) for character in text]
    typed = [place for place, characters in enumerate(read) for _ in characters]
    found = _WRITTEN.finditer("".join(read))
    return [(typed[one.start()], typed[one.end() - 1] + 1) for one in found]


def holds_mobile(text: str) -> bool:
    """Whether one stands anywhere in it: such a text is kept nowhere."""
    return bool(mobiles_in(text))


def without_mobiles(text: str) -> str:
    """The text with * in the place of each, for what may be kept but for them."""
    for start, end in reversed(mobiles_in(text)):
        text = f"{text[:start]}*{text[end:]}"
    return text


def callable_number(typed: str) -> str:
    """E.164 of a mainland number with somebody at the other end, mobile or fixed. Raises ValueError."""
    return _e164(typed, _CALLABLE, "mobile or fixed line")


def shown(e164: str) -> str:
    """As people write it: +8613800138000 -> 138 0013 8000. The empty string stays empty."""
    if not e164:
        return ""
    return str(phonenumbers.format_number(phonenumbers.parse(e164, REGION), PhoneNumberFormat.NATIONAL))


def masked(e164: str) -> str:
    """+8613800138000 -> 138****8000."""
    national = e164.removeprefix(f"+{COUNTRY_CODE}")
    return f"{national[:3]}****{national[-4:]}" if national else ""


Mobile = Annotated[str, Field(max_length=24, json_schema_extra={"examples": ["13800138000"]}), AfterValidator(mobile)]
"""A mainland mobile number in a request body, E.164 once read."""

CallableNumber = Annotated[
    str, Field(max_length=24, json_schema_extra={"examples": ["13800138000"]}), AfterValidator(callable_number)
]
"""A mainland number that can be called, E.164 once read."""
