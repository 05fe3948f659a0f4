"""Photos that belong to nothing: never used, or let go by what had them. The files go with the row."""

from datetime import datetime

from django.core.files.storage import storages
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel

import hub
from web.photos.models import SIZES, Photo

PRUNED_AT_ONCE = 200


def prune_photos(*, before: datetime) -> int:
    """Remove up to PRUNED_AT_ONCE photos that were sent, or sent again, before then and that nothing points at."""
    old = _unused().filter(created_at__lt=before).order_by("pk")
    return sum(_remove(photo_id) for photo_id in old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])


def _remove(photo_id: int) -> bool:
    with hub.atomic():
        # Looked at again under its lock: somebody may have sent it anew, or used it.
        photo = _unused().select_for_update(skip_locked=True, of=("self",)).filter(pk=photo_id).first()
        if photo is None:
            return False
        # The files first: a crash between leaves a row that the next round finds, never a file that nobody finds.
        for size in SIZES:
            storages["private"].delete(photo.path(size))
        photo.delete()
    return True


def _unused() -> QuerySet[Photo]:
    """Of no exception, message or step; whoever points at photos from a table of his own is asked without being named
    here.
    """
    unused = Photo.objects.all()
    for relation in Photo._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            users: QuerySet[Model] = relation.related_model._base_manager.all()
            unused = unused.exclude(Exists(users.filter(**{relation.field.attname: OuterRef("pk")})))
    return unused
