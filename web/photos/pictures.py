"""The platform's own pictures: uploaded by staff, seen by everybody, named by what is in them.

A row that shows one says `picture:{name}` (`PublicPicture`), or a path below /static/ for what came with the code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.templatetags.static import static
from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.photos.encoding import pictures_of
from web.photos.models import PICTURE, PICTURE_SIZES, PublicPicture, picture_path

if TYPE_CHECKING:
    from web.accounts.models import User

PRUNED_AT_ONCE = 200
NAMED = re.compile(rf"{PICTURE}([0-9a-f]{{32}})")


def upload_picture(*, by: User | None, data: bytes) -> PublicPicture:
    """Keep a picture in its sizes; the same bytes again are the same picture. by: staff; None for a seed.

    It goes again after a day unless some row has taken it up (`take_up`). Raises DoorbellError forbidden,
    photo_too_large, photo_animated, photo_unreadable.
    """
    if by and not (by.is_staff and by.city):
        raise DoorbellError("forbidden")
    digest = hashlib.sha256(data).hexdigest()
    known = PublicPicture.objects.filter(digest=digest).first()
    if known and _has_files(known.name) and _touched([known.name]):
        return known
    picture = pictures_of(data, sizes=PICTURE_SIZES)
    name = hashlib.sha256(b"".join(picture.files[size] for size in PICTURE_SIZES)).hexdigest()[:32]
    with hub.atomic():
        # The row first, and its lock with it: a pruning of the same name cannot take the files that are written now.
        row, _ = PublicPicture.objects.update_or_create(
            name=name,
            defaults={"digest": digest, "used_at": timezone.now()},
            create_defaults={
                "digest": digest,
                "uploaded_by": by,
                "width": picture.width,
                "height": picture.height,
            },
        )
        for size, file in picture.files.items():
            path = picture_path(name, size)
            if not storages["public"].exists(path):
                storages["public"].save(path, ContentFile(file))
    return row


def take_up(values: Collection[str]) -> None:
    """These are shown from now on, by rows that the caller's transaction writes: no pruning takes them meanwhile.

    values: as rows have them. Raises DoorbellError photo_unknown, also for a path below /static/ where nothing is.
    """
    names = {_name_of(value) for value in values if value.startswith(PICTURE)}
    paths = {value for value in values if value and not value.startswith(PICTURE)}
    if not all(map(_came_with_the_code, paths)) or (names and not _touched(names)):
        raise DoorbellError("photo_unknown")


def unknown_pictures(values: Collection[str]) -> list[str]:
    """Those of them that name a picture, or a path below /static/, which is not there, each once, in their order."""
    said = dict.fromkeys(value for value in values if value)
    names = {value: found[1] for value in said if (found := NAMED.fullmatch(value))}
    known = set(PublicPicture.objects.filter(name__in=names.values()).values_list("name", flat=True)) if names else {}

    def is_there(value: str) -> bool:
        return names.get(value) in known if value.startswith(PICTURE) else _came_with_the_code(value)

    return [value for value in said if not is_there(value)]


def address_of(value: str) -> str | None:
    """The URL of what a row shows, a picture's in its largest size; None for nothing."""
    if not value:
        return None
    return next(iter(sizes_of(value).values())) if value.startswith(PICTURE) else static(value)


def sizes_of(value: str) -> dict[str, str]:
    """The longest side in pixels, at most -> URL, the largest first: for `srcset`. Empty for a path below /static/.

    No query: names say where the files are.
    """
    if not value.startswith(PICTURE):
        return {}
    name = _name_of(value)
    return {size: storages["public"].url(picture_path(name, size)) for size in PICTURE_SIZES}


def prune_pictures(*, before: datetime, is_used: Callable[[str], bool]) -> int:
    """Remove up to PRUNED_AT_ONCE pictures that were uploaded, or taken up, last before then and that no row shows.

    is_used: whether any does, of what rows say.
    """
    old = PublicPicture.objects.filter(used_at__lt=before).order_by("pk")
    unused = [row.pk for row in old.iterator() if not is_used(str(row))]
    return sum(_remove(pk, before=before, is_used=is_used) for pk in unused[:PRUNED_AT_ONCE])


def _remove(pk: int, *, before: datetime, is_used: Callable[[str], bool]) -> bool:
    with hub.atomic():
        # Looked at again under its lock: whoever takes it up writes its row first.
        rows = PublicPicture.objects.select_for_update(skip_locked=True)
        picture = rows.filter(pk=pk, used_at__lt=before).first()
        if picture is None or is_used(str(picture)):
            return False
        # The files first: a crash between leaves a row that the next round finds, never a file that nobody finds.
        for size in PICTURE_SIZES:
            storages["public"].delete(picture_path(picture.name, size))
        picture.delete()
    return True


def _has_files(name: str) -> bool:
    """Not where a pruning was killed half-way."""
    return all(storages["public"].exists(picture_path(name, size)) for size in PICTURE_SIZES)


def _came_with_the_code(path: str) -> bool:
    """Where an app has it, or where all of them were collected. No folder is a picture."""
    try:
        found = finders.find(path) or storages["staticfiles"].path(path)
    except SuspiciousFileOperation:
        # A path that leaves its folder.
        return False
    return Path(found).is_file()


def _touched(names: Collection[str]) -> bool:
    """Their day begins anew; whether all were there."""
    with hub.atomic():
        return PublicPicture.objects.filter(name__in=names).update(used_at=timezone.now()) == len(names)


def _name_of(value: str) -> str:
    """Raises DoorbellError photo_unknown for what can be none."""
    found = NAMED.fullmatch(value)
    if found is None:
        raise DoorbellError("photo_unknown")
    return found[1]
