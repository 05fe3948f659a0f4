"""What a page has shown of a row: so that nobody writes over, or publishes, what he has not seen."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.crypto import salted_hmac

from web.ops.models import TRACKED, parts_of


def seen_of(row: Model | None) -> str:
    """What the row and its parts say in the database now, as a hash: another one once any of it says something else.

    To be read before what is shown: what a colleague commits in between is then refused, and not written over.
    Keyed: it stands in the page, and a plain hash of a name tells the name to whoever tries some.
    """
    model = row._meta.concrete_model if row is not None else None
    if row is None or model not in TRACKED:
        return ""
    said = list(_said(model, model._base_manager.filter(pk=row.pk)))
    return salted_hmac("web.ops.seen", json.dumps(said, default=str), algorithm="sha256").hexdigest()


def columns_seen(model: type[Model]) -> list[str]:
    """Those whose edits are kept, and personal ones that forms show: not what orders and people move all day."""
    tracked = TRACKED[model]
    kept = {field.attname for field in tracked.events._meta.concrete_fields} | set(tracked.personal)
    return [field.attname for field in model._meta.concrete_fields if field.attname in kept]


def _said(model: type[Model], rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """A list for the rows, and one for each kind of parts of them, and of parts of those."""
    columns, found = columns_seen(model), list(rows.order_by("pk"))
    yield [[row.pk, *(getattr(row, column) for column in columns)] for row in found]
    for part, owner in parts_of(model):
        yield from _said(part, part._base_manager.filter(**{f"{owner}__in": [row.pk for row in found]}))
