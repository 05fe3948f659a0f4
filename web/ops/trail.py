"""The trail of edits: who changed what, when and why. The database keeps it, by pghistory's triggers (`models.py`)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from operator import attrgetter, itemgetter
from typing import Any

import pghistory
from django.apps import apps
from django.db.models import AutoField, Field, Model

import hub
from web.accounts import selectors as accounts
from web.accounts.models import User
from web.ops.models import TRACKED, parts_of
from web.ops.values import Words


@contextmanager
def edited_by(actor: User, *, reason: str) -> Iterator[None]:
    """One transaction, whose edits carry the actor and his reason. reason: no personal data."""
    with hub.atomic(), pghistory.context(actor=actor.pk, reason=reason):
        yield


@dataclass(frozen=True)
class Change:
    """One edit of one row. what: 新建, 修改, 删除. name: the row's own, if any. fields: (label, before, after)
    of what differs, in words.
    """

    at: datetime
    what: str
    title: str
    name: str
    actor_id: int | None
    reason: str
    fields: list[tuple[str, str, str]]


@dataclass(frozen=True)
class _Edit:
    """One that is not in words yet: names are asked for once it is known which edits are shown.

    differences: (column, before, after). new: there is nothing before it.
    """

    model: type[Model]
    event: Any
    differences: list[tuple[Field[Any, Any], Any, Any]]
    new: bool

    @property
    def at(self) -> datetime:
        """When it was."""
        return self.event.pgh_created_at  # type: ignore[no-any-return]

    def in_words(self, words: Words) -> Change:
        """As people read it."""
        context = self.event.pgh_context.metadata if self.event.pgh_context else {}
        return Change(
            at=self.at,
            what=WHAT.get(self.event.pgh_label, self.event.pgh_label),
            title=str(self.model._meta.verbose_name),
            name=getattr(self.event, "name", ""),
            actor_id=context.get("actor"),
            reason=context.get("reason", ""),
            fields=[
                (label, "" if self.new else before, after)
                for column in self.differences
                for label, before, after in words.difference(*column, of=self.event)
            ],
        )


WHAT = {"insert": "新建", "update": "修改", "delete": "删除"}
MOST = 200


def changes_of(row: Model) -> list[Change]:
    """The newest first: of the row, and of the rows that are parts of it."""
    model, edits = row._meta.concrete_model or type(row), list[_Edit]()
    if model not in TRACKED:
        return []
    own = TRACKED[model].events.objects.filter(pgh_obj_id=row.pk)
    for part, events in [(model, own), *_edits_of_parts(model, [row.pk])]:
        edits += _read(part, events.select_related("pgh_context").order_by("pgh_id"))
    return _newest(edits)


def _edits_of_parts(model: type[Model], rows: Any) -> Iterator[tuple[type[Model], Any]]:
    """Of these rows' parts, and of theirs. By the edits alone: rows and parts may be gone."""
    for part, owner in parts_of(model):
        events = TRACKED[part].events.objects.filter(**{f"{owner}__in": rows})
        yield part, events
        yield from _edits_of_parts(part, events.values("pgh_obj_id"))


def edited_by_staff(name: str, **columns: Any) -> set[int]:
    """Numbers of the rows that somebody of the staff has edited, or a part of them; those that are gone too.

    name: of their model, as catalog.Service. columns: what those rows have, or had, in theirs.
    """
    model = apps.get_model(name)
    found = _edited_by_staff(model)
    return found & set(TRACKED[model].events.objects.filter(**columns).values_list("pgh_obj_id", flat=True))


def _edited_by_staff(model: type[Model]) -> set[int]:
    edits = TRACKED[model].events.objects.filter(pgh_context__metadata__has_key="actor")
    found = set(edits.values_list("pgh_obj_id", flat=True))
    for part, owner in parts_of(model):
        edits = TRACKED[part].events.objects.filter(pgh_obj_id__in=_edited_by_staff(part))
        found.update(edits.values_list(owner, flat=True))
    return found


def last_changes() -> list[Change]:
    """The newest of all, whatever was edited."""
    edits, shown = list[_Edit](), _newest_by_model()
    for model, part in TRACKED.items():
        newest = list(part.events.objects.select_related("pgh_context").order_by("-pgh_id")[: shown[model]])
        edits += _read(model, reversed(newest), before=_before(part.events, newest))
    return _newest(edits)


def _newest_by_model() -> Counter[type[Model]]:
    """How many of the newest edits of all are of each model."""
    moments = list[tuple[datetime, type[Model]]]()
    for model, part in TRACKED.items():
        newest = part.events.objects.order_by("-pgh_id").values_list("pgh_created_at", flat=True)[:MOST]
        moments += [(at, model) for at in newest]
    return Counter(model for _, model in nlargest(MOST, moments, key=itemgetter(0)))


def _newest(edits: Iterable[_Edit]) -> list[Change]:
    newest, words = sorted(edits, key=attrgetter("at"), reverse=True)[:MOST], Words()
    words.learn((field, value) for edit in newest for field, *both in edit.differences for value in both)
    return [edit.in_words(words) for edit in newest]


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


def _read(model: type[Model], events: Iterable[Any], before: dict[Any, Any] | None = None) -> Iterator[_Edit]:
    """events: the oldest first. before: the event before them of each row that had one."""
    before = before or {}
    for event in events:
        last = before.get(event.pgh_obj_id)
        before[event.pgh_obj_id] = event
        differences = [] if event.pgh_label == "delete" else list(_differences(model, last, event))
        yield _Edit(model=model, event=event, differences=differences, new=last is None)


def _differences(model: type[Model], before: Any, after: Any) -> Iterator[tuple[Field[Any, Any], Any, Any]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, AutoField) or not hasattr(after, field.attname):
            continue
        old = getattr(before, field.attname, None) if before else None
        new = getattr(after, field.attname)
        if old != new and (before is not None or new not in (None, "", [], {})):
            yield field, old, new
