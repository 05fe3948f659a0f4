"""A service as it is written, and as it is published: what is written is a draft until `publish` makes a version of
it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import hub
from web.catalog import content
from web.catalog.content import AddOn, Choice, Content, Fault, Option, Question, Step
from web.catalog.models import (
    Category,
    City,
    OptionChoice,
    PriceItem,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
    ServiceVersion,
    Skill,
)
from web.catalog.services.shelves import put_on_shelf
from web.catalog.services.stamping import stamp
from web.errors import refuse_faulty
from web.photos.pictures import take_up, unknown_pictures

if TYPE_CHECKING:
    from web.accounts.models import User

COLUMNS = ("name", "introduction", "photo", "skill", "staff", "price_fen", "visit_fee_fen", "duration_s")
LISTS = ("certificates", "included", "excluded", "tags")
"""What a service's row has of its content; the rest are rows of their own."""


def put_service(
    *,
    slug: str,
    category: Category,
    sold: Content,
    position: int = 0,
    cities: Collection[City] | None = None,
    hot: bool = False,
) -> Service:
    """A service with all that belongs to it, published. photo: as a category's icon.

    cities: where it is on the shelf from now on; none for nowhere, None for everywhere. Orders keep what they bought.
    Raises DoorbellError service_incomplete.
    """
    before = Service.objects.select_related("published").filter(slug=slug).first()
    with hub.atomic():
        if before and (before.category_id, before.position) == (category.pk, position) and _is_sold(before, sold):
            service = before
        else:
            service = write_service(slug=slug, category=category, sold=sold, position=position)
            publish(service=service)
        put_on_shelf(service=service, cities=cities, hot=hot)
    return service


def write_service(*, slug: str, category: Category, sold: Content, position: int = 0) -> Service:
    """The draft of a service: nobody sees it before `publish`.

    Raises DoorbellError service_incomplete (details {faults}) for a key that stands for two things, and for more than
    its bounds allow; photo_unknown.
    """
    refuse_faulty("service_incomplete", sold.unwritable())
    columns: dict[str, Any] = {name: getattr(sold, name) for name in COLUMNS}
    columns |= {name: list(getattr(sold, name)) for name in LISTS}
    with hub.atomic():
        take_up([sold.photo])
        # One that nobody has named is called by its code.
        Skill.objects.get_or_create(code=sold.skill, defaults={"name": sold.skill[:20]})
        place = Service.objects.filter(slug=slug).values_list("category_id", "position").first()
        service, fresh = Service.objects.update_or_create(
            slug=slug, defaults={**columns, "category": category, "position": position}
        )
        _write(ServiceStep, "service", [(service, sold.steps)], fresh=fresh)
        _write(ServiceQuestion, "service", [(service, sold.questions)], fresh=fresh)
        _write(PriceItem, "service", [(service, sold.add_ons)], by="key", fresh=fresh)
        rows = _write(ServiceOption, "service", [(service, sold.options)], by="key", fresh=fresh)
        choices = [(row, option.choices) for row, option in zip(rows, sold.options, strict=True)]
        _write(OptionChoice, "option", choices, by="key", fresh=fresh)
        if place not in (None, (category.pk, position)):
            # Where it stands is no part of what is published, and counts at once.
            stamp()
    return service


def publish(*, service: Service, by: User | None = None) -> ServiceVersion:
    """What is written is what is sold from now on: a new version, unless nothing has changed since the last one.

    Raises DoorbellError service_incomplete (details {faults}).
    """
    with hub.atomic():
        # Locked, so that two who publish at once do not both count on.
        locked = Service.objects.select_for_update(no_key=True, of=("self",)).get(pk=service.pk)
        sold = drafted(locked)
        refuse_faulty("service_incomplete", faults_of(sold))
        newest = locked.published
        if newest is None or newest.readable != sold:
            newest = ServiceVersion.objects.create(
                service=locked,
                number=newest.number + 1 if newest else 1,
                skill=sold.skill,
                content=content.written(sold),
                published_by=by,
            )
            Service.objects.filter(pk=locked.pk).update(published=newest)
            stamp()
    service.published = newest
    return newest


def faults_of(sold: Content) -> list[Fault]:
    """Why it cannot be published: its own faults, and a picture that is not there (a draft may be older than that)."""
    return [*sold.faults(), *([Fault("photo_unknown")] if unknown_pictures([sold.photo]) else [])]


def drafted(service: Service) -> Content:
    """What is written of a service now."""
    said: dict[str, Any] = {name: getattr(service, name) for name in COLUMNS}
    said |= {name: tuple(getattr(service, name)) for name in LISTS}
    # A list has read those of all its rows at once.
    there = "options" in getattr(service, "_prefetched_objects_cache", {})
    options = service.options.all() if there else service.options.prefetch_related("choices")
    return Content(
        **said,
        questions=tuple(Question(row.question, row.answer) for row in service.questions.all()),
        steps=tuple(Step(row.name, row.standard) for row in service.steps.all()),
        options=tuple(_option(row) for row in options),
        add_ons=tuple(_add_on(row) for row in service.price_list.all()),
    )


def _option(row: ServiceOption) -> Option:
    choices = tuple(Choice(one.key, one.name, one.price_fen, one.extra_s, one.staff) for one in row.choices.all())
    fields = ("key", "name", "kind", "required", "unit", "least", "most", "included", "price_fen", "extra_s")
    return Option(choices=choices, **{name: getattr(row, name) for name in fields})


def _add_on(row: PriceItem) -> AddOn:
    fields = ("key", "name", "unit", "price_fen", "max_quantity", "extra_s", "condition")
    return AddOn(item_id=row.pk, **{name: getattr(row, name) for name in fields})


def _is_sold(service: Service, sold: Content) -> bool:
    """Whether that is what is published already; which rows its items are, the catalogue's writer does not say."""
    if service.published is None:
        return False
    now = service.published.sold
    return replace(now, add_ons=tuple(replace(item, item_id=0) for item in now.add_ons)) == sold


def _write(
    model: Any, owned: str, parts_of: Sequence[tuple[Any, Sequence[Any]]], *, by: str = "position", fresh: bool
) -> list[Any]:
    """The rows of `model` whose `owned` is one of these say what its parts say, in their order; the rows.

    by: what makes a part the one that a row was, its place or its key. fresh: nothing was there before.
    """
    owners = [owner for owner, _ in parts_of]
    found = [] if fresh else model._default_manager.filter(**{f"{owned}__in": owners})
    before = {(getattr(row, f"{owned}_id"), getattr(row, by)): row for row in found}
    rows, new = list[Any](), list[Any]()
    for owner, parts in parts_of:
        for position, part in enumerate(parts, start=1):
            said = {name: value for name, value in vars(part).items() if name not in ("choices", "item_id")}
            said |= {"position": position, owned: owner}
            row = before.pop((owner.pk, said[by]), None)
            if row is None:
                new.append(row := model(**said))
            elif any(getattr(row, name) != value for name, value in said.items()):
                for name, value in said.items():
                    setattr(row, name, value)
                row.save()
            rows.append(row)
    model._default_manager.filter(pk__in=[row.pk for row in before.values()]).delete()
    model._default_manager.bulk_create(new)
    return rows
