"""Personal data at rest: one field type over MultiFernet, and the keyed hash by which a phone is found.

`settings.FIELD_KEYS` lists the keys, newest first: new rows use the first, old rows are read with any, so a rotation
logs nobody out and loses nothing. `settings.PHONE_HASH_KEY` must never change: it is how a phone finds its user.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _box() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_KEYS))


def phone_hash(phone: str) -> str:
    """The keyed hash of an E.164 phone number."""
    return keyed_hash(phone)


def keyed_hash(text: str) -> str:
    """HMAC-SHA256, hex: equal texts hash alike, and without the key not even a code of four digits can be guessed."""
    return hmac.new(settings.PHONE_HASH_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def sealed(text: str) -> str:
    """As PostgreSQL may see it: a Fernet token."""
    return _box().encrypt(text.encode()).decode()


def opened(token: str) -> str:
    """What was sealed. Raises cryptography.fernet.InvalidToken when no key of ours wrote it."""
    return _box().decrypt(token.encode()).decode()


class _Sealed:
    """A token as it came from the database."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    def opened(self) -> str:
        return opened(self.token)


class _OpenedOnDemand(DeferredAttribute):
    """Most rows are read for other columns: only what somebody asks for is decrypted, and that once."""

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, _Sealed) and instance is not None:
            value = instance.__dict__[self.field.attname] = value.opened()
        return value

    def __set__(self, instance: models.Model, value: object) -> None:
        # With it Python asks __get__ before the instance's own dictionary.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField[str, str]):
    """Text that PostgreSQL only ever sees as a Fernet token. It cannot be filtered on, which is the point.

    Reading the attribute raises cryptography.fernet.InvalidToken when no key of ours wrote it.
    """

    descriptor_class = _OpenedOnDemand

    def get_prep_value(self, value: Any) -> Any:
        """The token to store; the empty string stays empty, so that "not given" is visible."""
        if isinstance(value, _Sealed):
            return value.token
        return sealed(str(value)) if value else value

    def from_db_value(self, value: str | None, *_: object) -> _Sealed | str | None:
        """What the attribute opens when it is read; values() and values_list() would return it as it is."""
        return _Sealed(value) if value else value
