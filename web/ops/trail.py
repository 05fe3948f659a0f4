"""The trail of edits: who changed what, when and why. The database keeps it, by pghistory's triggers (`models.py`)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.db.models import AutoField, Model

import hub
from web.accounts import selectors as accounts
from web.accounts.models import User
from web.ops.labels import label_of
from web.ops.models import TRACKED
from web.ops.values import Words


@contextmanager
def edited_by(actor: User, *, reason: str) -> Iterator[None]:
    """One transaction, whose edits carry the actor and his reason. reason: no personal data."""
    with hub.atomic(), pghistory.context(actor=actor.pk, reason=reason):
        yield


@dataclass(frozen=True)
class Change:
    """One edit of one row. what: 新建, 修改, 删除. fields: (label, before, after) of what differs, in words."""

    at: datetime
    what: str
    title: str
    actor_id: int | None
    reason: str
    fields: list[tuple[str, str, str]]


WHAT = {"insert": "新建", "update": "修改", "delete": "删除"}
MOST = 200


def changes_of(row: Model) -> list[Change]:
    """The newest first: of the row, and of the rows that are parts of it."""
    changes, words = list[Change](), Words()
    for model, part in TRACKED.items():
        if model is row._meta.concrete_model:
            events = part.events.objects.filter(pgh_obj_id=row.pk)
        elif part.owner and part.owner[0] is row._meta.concrete_model:
            events = part.events.objects.filter(**{part.owner[1]: row.pk})
        else:
            continue
        changes += _read(model, events.select_related("pgh_context").order_by("pgh_id"), words)
    return sorted(changes, key=lambda change: change.at, reverse=True)[:MOST]


def last_changes() -> list[Change]:
    """The newest of all, whatever was edited."""
    found, words = list[Change](), Words()
    for model, part in TRACKED.items():
        newest = list(part.events.objects.select_related("pgh_context").order_by("-pgh_id")[:MOST])
        found += _read(model, reversed(newest), words, before=_before(part.events, newest))
    return sorted(found, key=lambda change: change.at, reverse=True)[:MOST]


def with_names(changes: Iterable[Change]) -> list[tuple[Change, str]]:
    """Each with what its actor is called; 系统 for one without."""
    found = list(changes)
    names = accounts.names_of_staff({change.actor_id for change in found if change.actor_id})
    return [(change, names.get(change.actor_id or 0, "系统")) for change in found]


def _before(model: Any, events: list[Any]) -> dict[Any, Any]:
    """What their rows were before these events, the newest first: the last earlier event of each, by its row."""
    rows = {event.pgh_obj_id for event in events if event.pgh_label == "update"}
    if not rows:
        return {}
    earlier = model.objects.filter(pgh_obj_id__in=rows, pgh_id__lt=events[-1].pgh_id)
    return {event.pgh_obj_id: event for event in earlier.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")}


def _read(
    model: type[Model], events: Iterable[Any], words: Words, before: dict[Any, Any] | None = None
) -> Iterable[Change]:
    """events: the oldest first. before: the event before them of each row that had one."""
    before = before or {}
    for event in events:
        last = before.get(event.pgh_obj_id)
        before[event.pgh_obj_id] = event
        context = event.pgh_context.metadata if event.pgh_context else {}
        yield Change(
            at=event.pgh_created_at,
            what=WHAT.get(event.pgh_label, event.pgh_label),
            title=str(model._meta.verbose_name),
            actor_id=context.get("actor"),
            reason=context.get("reason", ""),
            fields=list(_differences(model, last, event, words)) if event.pgh_label != "delete" else [],
        )


def _differences(model: type[Model], before: Any, after: Any, words: Words) -> Iterator[tuple[str, str, str]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, AutoField) or not hasattr(after, field.attname):
            continue
        old = getattr(before, field.attname, None) if before else None
        new = getattr(after, field.attname)
        if old != new and (before is not None or new not in (None, "", [], {})):
            old, new = _parts_that_differ(old, new)
            yield label_of(field.name), words.of(field, old) if before else "", words.of(field, new)


def _parts_that_differ(old: Any, new: Any) -> tuple[Any, Any]:
    """Of two objects of JSON only what is not the same in both."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old, new
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    one, other = ({name: of[name] for name in of if name in names} for of in (old, new))
    return one, other
