"""Writing a home page: its draft part by part, and publishing it.

by: the member of staff who writes; in charge of the city, of every city for city "" (the page of all cities that have
none of their own), else DoorbellError forbidden. None: a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone
from pydantic import ValidationError

import hub
from web.catalog import selectors as catalog
from web.catalog.home import faults, parts, selectors
from web.catalog.home.parts import Part
from web.catalog.models import HomeLayout, HomePart, HomeVersion
from web.errors import DoorbellError, refuse_faulty
from web.photos.pictures import take_up

if TYPE_CHECKING:
    from web.accounts.models import User

PARTS_MAX = 50


def put_part(*, by: User | None, city: str, part: Part, position: int | None = None) -> HomePart:
    """Write a part into the draft: the one whose row `part.id` is, or a new one.

    position: from 1; None: where it is, a new one last. Raises DoorbellError forbidden, not_found, photo_unknown,
    home_full.
    """
    with hub.atomic():
        layout = _locked(city, by)
        take_up(part.pictures)
        rows = list(layout.parts.all())
        row = next((one for one in rows if one.pk == part.id), None)
        if row is None:
            if part.id:
                raise DoorbellError("not_found")
            if len(rows) >= PARTS_MAX:
                raise DoorbellError("home_full")
            row = HomePart(layout=layout, position=max((one.position for one in rows), default=0) + 1)
            rows.append(row)
        for name, value in _columns(part).items():
            setattr(row, name, value)
        row.save()
        if position is not None:
            _place(rows, row, position)
        _changed(layout)
    return row


def move_part(*, by: User | None, part_id: int, position: int) -> None:
    """Put a part of a draft elsewhere; position: from 1. Raises DoorbellError forbidden, not_found."""
    with hub.atomic():
        layout, row = _locked_with(part_id, by)
        _place(list(layout.parts.all()), row, position)
        _changed(layout)


def remove_part(*, by: User | None, part_id: int) -> None:
    """Take a part out of the draft. Raises DoorbellError forbidden, not_found."""
    with hub.atomic():
        layout, row = _locked_with(part_id, by)
        row.delete()
        _changed(layout)


def put_layout(*, by: User | None, city: str, wanted: Sequence[Part]) -> HomeLayout:
    """The draft is these parts, in place of those before: what is as it was stays the same row.

    Raises DoorbellError forbidden, not_found, photo_unknown.
    """
    with hub.atomic():
        layout = _locked(city, by)
        rows = list(layout.parts.all())
        if _say(rows, wanted):
            return layout
        take_up([picture for part in wanted for picture in part.pictures])
        known = {row.pk: row for row in rows}
        kept = list[int]()
        for position, part in enumerate(wanted, start=1):
            row = known.pop(part.id, None) or HomePart(layout=layout)
            for name, value in _columns(part).items():
                setattr(row, name, value)
            row.position = position
            row.save()
            kept.append(row.pk)
        layout.parts.exclude(pk__in=kept).delete()
        _changed(layout)
    return layout


def _say(rows: Iterable[HomePart], wanted: Iterable[Part]) -> bool:
    """Whether these rows are those parts already."""
    try:
        before = [row.part.model_copy(update={"id": 0}) for row in rows]
    except ValidationError:
        # One that cannot be read any more says nothing that anybody could want.
        return False
    return before == [part.model_copy(update={"id": 0}) for part in wanted]


def publish_layout(*, by: User | None, city: str, revision: int | None = None) -> HomeVersion:
    """The draft is what people see from now on: a new version, unless nothing has changed since the last one.

    revision: the draft's that was looked at; None: whichever it is. Raises DoorbellError forbidden, not_found,
    home_changed (details {revision}), home_incomplete (details {faults}).
    """
    with hub.atomic():
        layout = _locked(city, by)
        if revision is not None and revision != layout.revision:
            raise DoorbellError("home_changed", details={"revision": layout.revision})
        drafted = selectors.drafted(layout)
        blocking = [fault for fault in faults.faults_of(drafted, city=city, at=timezone.now()) if fault.blocks]
        refuse_faulty("home_incomplete", blocking)
        newest = layout.published
        if newest is None or newest.shown != drafted:
            last = layout.versions.first()
            newest = HomeVersion.objects.create(
                layout=layout,
                number=last.number + 1 if last else 1,
                parts=parts.written(drafted),
                published_by=by,
            )
            HomeLayout.objects.filter(pk=layout.pk).update(published=newest)
    return newest


def withdraw_layout(*, by: User | None, city: str) -> None:
    """The city has no page of its own any more: people see that of all cities, or the default. The draft stays."""
    with hub.atomic():
        layout = _locked(city, by)
        HomeLayout.objects.filter(pk=layout.pk).update(published=None)


def restore_version(*, by: User | None, city: str, number: int) -> HomeLayout:
    """The draft is what that version was; it is looked at, and published, like any other.

    Raises DoorbellError forbidden, not_found.
    """
    with hub.atomic():
        layout = _locked(city, by)
        version = layout.versions.filter(number=number).first()
        if version is None:
            raise DoorbellError("not_found")
        return put_layout(by=by, city=city, wanted=version.shown)


def _locked(city: str, by: User | None) -> HomeLayout:
    """The city's page under its lock, so that two who write or publish it do so one after the other."""
    if by and not (by.is_everywhere or by.is_in_charge_of(city)):
        raise DoorbellError("forbidden")
    if city and catalog.city(city) is None:
        raise DoorbellError("not_found")
    HomeLayout.objects.get_or_create(city=city)
    return HomeLayout.objects.select_for_update(no_key=True, of=("self",)).get(city=city)


def _locked_with(part_id: int, by: User | None) -> tuple[HomeLayout, HomePart]:
    city = HomeLayout.objects.filter(parts=part_id).values_list("city", flat=True).first()
    if city is None:
        raise DoorbellError("not_found")
    layout = _locked(city, by)
    row = layout.parts.filter(pk=part_id).first()
    if row is None:
        # Somebody else took it out while this one waited.
        raise DoorbellError("not_found")
    return layout, row


def _changed(layout: HomeLayout) -> None:
    HomeLayout.objects.filter(pk=layout.pk).update(revision=F("revision") + 1)


def _place(rows: list[HomePart], row: HomePart, position: int) -> None:
    """All of the draft's rows, in their order but for this one, which is at that place, or last."""
    others = [one for one in rows if one.pk != row.pk]
    others.insert(max(position - 1, 0), row)
    for number, one in enumerate(others, start=1):
        one.position = number
    HomePart.objects.bulk_update(others, ["position"])


def _columns(part: Part) -> dict[str, Any]:
    return {
        "kind": part.body.kind,
        "title": part.title,
        "shown_to": part.shown_to,
        "from_at": part.from_at,
        "until_at": part.until_at,
        "terms": part.body.model_dump(mode="json"),
    }
