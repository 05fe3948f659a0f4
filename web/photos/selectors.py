"""Reading photos: links that are good for a few minutes, and what is behind them.

Whoever makes a link has asked whether its reader may see the photo; whoever has it needs nothing else, because an `img`
can send no token. A link names the photo and the size, and nobody.
"""

from collections.abc import Iterable

from django.core import signing
from django.core.files.storage import storages

from web.errors import DoorbellError
from web.photos.models import SIZES, Photo
from web.photos.schemas import PhotoCard

LINK_S = 300
"""So long a link is good."""

_signer = signing.TimestampSigner(salt="photos.link")


def photos_of_owner(owner_id: int, photo_ids: Iterable[int]) -> list[Photo]:
    """His photos of these ids, in the order of the ids. Raises DoorbellError photo_unknown where one is not his."""
    wanted = list(dict.fromkeys(photo_ids))
    found = Photo.objects.filter(owner_id=owner_id).in_bulk(wanted)
    if len(found) < len(wanted):
        raise DoorbellError("photo_unknown")
    return [found[photo_id] for photo_id in wanted]


def photo_card(photo: Photo) -> PhotoCard:
    """A photo with links, for one who may see it: the caller has asked."""
    links = {size: _link(photo, size) for size in SIZES}
    return PhotoCard(id=photo.pk, width=photo.width, height=photo.height, large=links["large"], small=links["small"])


def file_behind(*, photo_id: int, size: str, sig: str) -> bytes:
    """The picture behind a link. Raises DoorbellError link_expired for one that is too old or not of ours."""
    try:
        _signer.unsign(f"{_named(photo_id, size)}:{sig}", max_age=LINK_S)
    except signing.BadSignature:
        raise DoorbellError("link_expired") from None
    photo = Photo.objects.get(pk=photo_id)
    with storages["private"].open(photo.path(size)) as file:
        picture: bytes = file.read()
        return picture


def _link(photo: Photo, size: str) -> str:
    _, _, sig = _signer.sign(_named(photo.pk, size)).partition(":")
    return f"/api/photos/{photo.pk}/{size}?sig={sig}"


def _named(photo_id: int, size: str) -> str:
    return f"{photo_id}/{size}"
