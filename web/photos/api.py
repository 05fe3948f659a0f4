"""Sending photos, and the pictures behind signed links."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from ninja import Query, Router, Status

from web.accounts.auth import SIGNED_IN, SignedRequest, require
from web.accounts.duties import check_allowed
from web.accounts.rates import RateLimit
from web.errors import DoorbellError
from web.openapi import refusals
from web.photos import pictures, selectors, services
from web.photos.encoding import BYTES_MAX
from web.photos.schemas import PhotoCard, PictureCard
from web.schemas import Id
from workflows.transitions import Role

router = Router(auth=SIGNED_IN)

PHOTOS = RateLimit("photos", "30/minute", "300/day")
RAW = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
BINARY = {"schema": {"type": "string", "format": "binary"}}
SENT: dict[str, Any] = {
    # The form is left out: one that is broken Daphne answers itself, with an empty 400.
    "requestBody": {"required": True, "content": dict.fromkeys(RAW, BINARY)},
    **refusals("photo_too_large", "photo_animated", "photo_unreadable", "unsupported_media_type"),
}
SHOWN: dict[str, Any] = {"responses": {200: {"description": "The picture", "content": {"image/webp": BINARY}}}}


@router.post("/photos", response={200: PhotoCard, 201: PhotoCard}, openapi_extra=SENT)
def send_photo(request: SignedRequest) -> Status[PhotoCard]:
    """A JPEG, PNG or WebP of at most 10 MB, as the body or as `file` of a form; what it is, its content says.

    It is mine alone until an exception, a message or a step has it. 200 instead of 201 when I had sent it before.
    """
    PHOTOS.spend(str(request.auth.pk))
    photo, fresh = services.store_photo(owner=request.auth, data=_sent(request))
    return Status(201 if fresh else 200, selectors.photo_card(photo))


@router.post("/pictures", response=PictureCard, auth=require(Role.STAFF), openapi_extra=SENT)
def send_picture(request: SignedRequest) -> PictureCard:
    """A picture of the platform's own, which everybody may see: for a service, a category, a banner. As for photos."""
    check_allowed(request.auth, "photos.add_picture")
    PHOTOS.spend(str(request.auth.pk))
    return PictureCard.of(pictures.upload_picture(by=request.auth, data=_sent(request)))


@router.get("/photos/{photo_id}/{size}", auth=None, openapi_extra=SHOWN | refusals("link_expired"))
def get_picture(request: HttpRequest, photo_id: Id, size: Literal["large", "small"], sig: Query[str]) -> HttpResponse:
    """The picture behind a link that some answer had; the link is the proof that its reader may see it."""
    picture = selectors.file_behind(photo_id=photo_id, size=size, sig=sig)
    headers = {"Cache-Control": f"private, max-age={selectors.LINK_S}", "Content-Disposition": "inline"}
    return HttpResponse(picture, content_type="image/webp", headers=headers)


def _sent(request: HttpRequest) -> bytes:
    """At most a byte more than is allowed: whoever looks at it refuses that."""
    if request.content_type in RAW:
        try:
            return request.read(BYTES_MAX + 1)
        except UnreadablePostError:
            raise DoorbellError("photo_unreadable") from None
    if request.content_type == "multipart/form-data":
        file = request.FILES.get("file")
        if file is None:
            raise DoorbellError("photo_unreadable")
        return bytes(file.read(BYTES_MAX + 1))
    raise DoorbellError("unsupported_media_type", message="请求类型必须是图片或 multipart/form-data")
