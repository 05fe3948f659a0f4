"""What the doctor looks at on this machine: settings, secrets, folders, pages, time zones."""

import os
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from config import secrets
from config.doctor.fault import Fault

MIN_FREE_BYTES = 1 << 30
ZONES = (settings.TIME_ZONE,)


async def configuration() -> str:
    environment = settings.ENVIRONMENT
    if environment.debug and not environment.plain_http:
        cure = "unset DOORBELL_DEBUG: it shows code and data"
        raise Fault("debug_in_public", "DOORBELL_DEBUG is on where HTTPS is served", cure)
    if not environment.plain_http and (environment.sms == "sandbox" or environment.payment_sandbox):
        cure = "unset DOORBELL_SMS and DOORBELL_PAYMENT_SANDBOX"
        raise Fault("sandbox_in_public", "a sandbox is on where HTTPS is served", cure)
    return f"{len(environment.model_fields_set)} variables set, all known"


async def secrets_file() -> str:
    home: Path = settings.ENVIRONMENT.home
    path = home / secrets.FILE_NAME
    try:
        found = secrets.read(home)
    except secrets.SecretsError as error:
        if path.exists() and path.stat().st_mode & 0o077:
            raise Fault(
                "secrets_open", str(error), f"chmod 600 {path}; who has read it may sign in as anybody"
            ) from None
        cure = f"restore {path} from the backup (mode 0600); on a first start it is written by itself"
        raise Fault("secrets_unreadable", str(error), cure) from None
    return f"0600, {len(found.jwt_keys)} token keys, {len(found.field_keys)} field keys"


async def disk() -> str:
    home: Path = settings.ENVIRONMENT.home
    _check_writable(home)
    free = shutil.disk_usage(home).free
    if free < MIN_FREE_BYTES:
        cure = "free some space: PostgreSQL stops when its disk is full"
        raise Fault("disk_full", f"{free >> 20} MB free on {home}", cure)
    return f"{free >> 30} GB free on {home}"


async def photos() -> str:
    for alias in ("private", "public"):
        storage = storages[alias]
        if isinstance(storage, FileSystemStorage):
            _check_writable(_nearest(Path(storage.location)))
    return "can be kept"


def _nearest(folder: Path) -> Path:
    """It is made with its first photo: until then what counts is where."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _check_writable(folder: Path) -> None:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        cure = f"make it a folder of the user that runs Doorbell: mkdir -p {folder}; chown … {folder}"
        raise Fault("folder_not_writable", f"{folder} is not a writable folder", cure)


async def time_zones() -> str:
    for zone in ZONES:
        try:
            ZoneInfo(zone)
        except ZoneInfoNotFoundError:
            cure = "install the system's package tzdata, or pip install tzdata"
            raise Fault("time_zone_unknown", f"Python does not know {zone}", cure) from None
    return ", ".join(ZONES)


async def pages() -> str:
    built = settings.BASE_DIR / "web/board/static/board/dist/manifest.json"
    gathered = settings.STATIC_ROOT / "board/dist/manifest.json"
    if not built.exists() and not gathered.exists():
        raise Fault("pages_not_built", "the board is not built", "make setup, then manage.py collectstatic")
    return "built"
