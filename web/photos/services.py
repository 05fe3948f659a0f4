"""Storing photos."""

import hashlib
import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError
from django.utils import timezone

import hub
from web.accounts.models import User
from web.photos.encoding import pictures_of
from web.photos.models import Photo


def store_photo(*, owner: User, data: bytes) -> tuple[Photo, bool]:
    """Keep a photo in its sizes; (the photo, whether it is new). The same bytes from the same person are one photo.

    Raises DoorbellError photo_too_large, photo_animated, photo_unreadable.
    """
    digest = hashlib.sha256(data).hexdigest()
    known = Photo.objects.filter(owner=owner, digest=digest).first()
    if known:
        with hub.atomic():
            # It is about to be used: its day (`pruning.py`) begins anew.
            kept = Photo.objects.filter(pk=known.pk).update(created_at=timezone.now())
        if kept:
            return known, False
    picture = pictures_of(data)
    photo = Photo(owner=owner, name=uuid.uuid4().hex, digest=digest, width=picture.width, height=picture.height)
    # The files first: a row always has its pictures. What a crash leaves between has no row and nobody finds it.
    for size, file in picture.files.items():
        storages["private"].save(photo.path(size), ContentFile(file))
    try:
        with hub.atomic():
            photo.save()
    except IntegrityError:
        # The same bytes at the same time: the other one has the row.
        for size in picture.files:
            storages["private"].delete(photo.path(size))
        return Photo.objects.get(owner=owner, digest=digest), False
    return photo, True
