"""The installation's own secrets: made once, kept in one file that only its owner reads, never overwritten."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE_NAME = "secrets.json"
Keys = tuple[str, ...]


class SecretsError(Exception):
    """The file of secrets is missing, unreadable, readable by others, or not what we wrote. Never carries a value."""


class Secrets(BaseModel):
    """Key lists are newest first: the first key signs or encrypts, all of them verify or decrypt."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    django_key: str = Field(min_length=32, repr=False)
    django_old_key: str | None = Field(default=None, min_length=32, repr=False)
    jwt_keys: Keys = Field(min_length=1, repr=False)
    hub_keys: Keys = Field(min_length=1, repr=False)
    field_keys: Keys = Field(min_length=1, repr=False)
    phone_hash_key: str = Field(min_length=32, repr=False)
    gateway_key: str = Field(min_length=32, repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(
            django_key=new_key(),
            jwt_keys=(new_key(),),
            hub_keys=(new_key(),),
            field_keys=(new_field_key(),),
            phone_hash_key=new_key(),
            gateway_key=new_key(),
        )


def new_key() -> str:
    """384 random bits as text: enough for HS256 and Django's signer."""
    return secrets.token_urlsafe(48)


def new_field_key() -> str:
    """A Fernet key, for personal data at rest."""
    return Fernet.generate_key().decode()


def load_or_create(home: Path) -> Secrets:
    """The secrets under `home`; the first process to ask writes them. Raises SecretsError."""
    if not (home / FILE_NAME).exists():
        _write_once(home)
    return read(home)


def read(home: Path) -> Secrets:
    """The secrets under `home`. Raises SecretsError, naming the field that is wrong and never its value."""
    path = home / FILE_NAME
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretsError(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise SecretsError(f"{path}: others may read it (mode {mode:04o}): chmod 600 {path}")
    try:
        return Secrets.model_validate_json(text)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) or "not JSON" for item in error.errors(include_input=False))
        raise SecretsError(f"{path}: not usable: {wrong}") from None


def _write_once(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    temporary = _written_aside(home, Secrets.generate())
    try:
        # link() refuses an existing name: of two first processes, the second adopts the first one's secrets.
        os.link(temporary, home / FILE_NAME)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def replace(home: Path, new: Secrets) -> None:
    """Put `new` in the place of the present file, in one step. Only for rotation: the keys in use now must stay."""
    old = read(home)
    for field in ("jwt_keys", "hub_keys", "field_keys"):
        if getattr(old, field)[0] not in getattr(new, field):
            raise SecretsError(f"{field}: the key now in use must stay in the list")
    if old.phone_hash_key != new.phone_hash_key:
        raise SecretsError("phone_hash_key: it is how a phone finds its user, and never changes")
    os.replace(_written_aside(home, new), home / FILE_NAME)


def _written_aside(home: Path, content: Secrets) -> Path:
    handle, name = tempfile.mkstemp(dir=home, prefix=".secrets-")  # mkstemp makes it 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content.model_dump(), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
