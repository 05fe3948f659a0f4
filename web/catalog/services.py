"""Writing the catalogue. Each `put_` makes a row or brings it up to date, so a seed may run any number of times.

What is written of a service is a draft until `publish` makes a version of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import hub
from web.catalog import content, selectors
from web.catalog.content import AddOn, Choice, Content, Option, Question, Step
from web.catalog.models import (
    CatalogueChange,
    Category,
    City,
    Need,
    OptionChoice,
    PriceItem,
    Search,
    SearchClick,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
    ServiceVersion,
    Shelving,
    Synonym,
)
from web.errors import DoorbellError
from web.photos.pictures import take_up
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.accounts.models import User

COLUMNS = ("name", "introduction", "photo", "skill", "staff", "price_fen", "visit_fee_fen", "duration_s")
PRUNED_AT_ONCE = 1_000
LONG_NUMBER = re.compile(r"\d{6,}")
LISTS = ("certificates", "included", "excluded", "tags")
"""What a service's row has of its content; the rest are rows of their own."""


def put_city(*, code: str, name: str, lng: float, lat: float) -> City:
    """A city that is served; lng and lat are its centre, GCJ-02."""
    with hub.atomic():
        city, _ = City.objects.update_or_create(code=code, defaults={"name": name, "lng": lng, "lat": lat})
    return city


def put_category(
    *, slug: str, name: str, icon: str = "", position: int = 0, parent: Category | None = None
) -> Category:
    """A trade, or with a parent a part of one. icon: a path below /static/, or an uploaded picture.

    Raises DoorbellError category_below_itself, photo_unknown.
    """
    said = {"name": name, "icon": icon, "position": position, "parent": parent}
    with hub.atomic():
        category = Category.objects.filter(slug=slug).first()
        if category and all(getattr(category, field) == value for field, value in said.items()):
            return category
        if category and parent and category.slug in selectors.slugs_up_from(parent):
            raise DoorbellError("category_below_itself")
        take_up([icon])
        category, _ = Category.objects.update_or_create(slug=slug, defaults=said)
        _stamp()
    return category


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

    Raises DoorbellError service_incomplete (details {faults}) for a key that stands for two things; photo_unknown.
    """
    if twice := sold.repeated():
        raise DoorbellError("service_incomplete", details={"faults": twice})
    columns: dict[str, Any] = {name: getattr(sold, name) for name in COLUMNS}
    columns |= {name: list(getattr(sold, name)) for name in LISTS}
    with hub.atomic():
        take_up([sold.photo])
        service, fresh = Service.objects.update_or_create(
            slug=slug, defaults={**columns, "category": category, "position": position}
        )
        _write(ServiceStep, "service", [(service, sold.steps)], fresh=fresh)
        _write(ServiceQuestion, "service", [(service, sold.questions)], fresh=fresh)
        _write(PriceItem, "service", [(service, sold.add_ons)], by="key", fresh=fresh)
        rows = _write(ServiceOption, "service", [(service, sold.options)], by="key", fresh=fresh)
        choices = [(row, option.choices) for row, option in zip(rows, sold.options, strict=True)]
        _write(OptionChoice, "option", choices, by="key", fresh=fresh)
        if not fresh:
            # Its category is no part of what is published, and counts at once.
            _stamp()
    return service


def publish(*, service: Service, by: User | None = None) -> ServiceVersion:
    """What is written is what is sold from now on: a new version, unless nothing has changed since the last one.

    Raises DoorbellError service_incomplete (details {faults}).
    """
    with hub.atomic():
        # Locked, so that two who publish at once do not both count on.
        locked = Service.objects.select_for_update(no_key=True, of=("self",)).get(pk=service.pk)
        sold = drafted(locked)
        if faults := sold.faults():
            raise DoorbellError("service_incomplete", details={"faults": faults})
        newest = locked.published
        if newest is None or newest.sold != sold:
            newest = ServiceVersion.objects.create(
                service=locked,
                number=newest.number + 1 if newest else 1,
                skill=sold.skill,
                content=content.written(sold),
                published_by=by,
            )
            Service.objects.filter(pk=locked.pk).update(published=newest)
            _stamp()
    service.published = newest
    return newest


def put_on_shelf(
    *,
    service: Service,
    cities: Collection[City] | None = None,
    hot: bool = False,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> None:
    """Where and when the service is sold, in place of all that was said before; see `put_service`."""
    wanted: list[City | None] = [None] if cities is None else list(cities)
    with hub.atomic():
        kept = list[int]()
        for city in wanted:
            row = service.shelvings.filter(city=city).order_by("pk").first() or Shelving(service=service, city=city)
            row.hot, row.from_at, row.until_at = hot, from_at or row.from_at, until_at
            row.save()
            kept.append(row.pk)
        service.shelvings.exclude(pk__in=kept).delete()


def put_thesaurus(*, synonyms: Sequence[Sequence[str]], needs: Sequence[tuple[str, Sequence[str]]]) -> None:
    """The words that a search knows beside the catalogue's, in place of those before; see `Synonym` and `Need`."""
    said = {
        "synonyms": [list(group) for group in synonyms],
        "needs": [{"phrase": phrase, "words": list(words)} for phrase, words in needs],
    }
    if selectors.thesaurus() == said:
        return
    with hub.atomic():
        Synonym.objects.all().delete()
        Need.objects.all().delete()
        Synonym.objects.bulk_create(Synonym(words=list(group)) for group in synonyms)
        Need.objects.bulk_create(Need(phrase=phrase, words=list(words)) for phrase, words in needs)
        _stamp()


def put_synonym(*, words: Sequence[str], row: Synonym | None = None) -> Synonym:
    """A group of words that mean the same: a new one, or another content of one that is there.

    Raises DoorbellError words_missing for fewer than two.
    """
    said = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(said) < 2:
        raise DoorbellError("words_missing")
    with hub.atomic():
        row = row or Synonym()
        row.words = said
        row.save()
        _stamp()
    return row


def put_need(*, phrase: str, words: Sequence[str], row: Need | None = None) -> Need:
    """What a person says, and the words of the catalogue for it.

    Raises DoorbellError words_missing, phrase_taken for one that another row has.
    """
    said = [word.strip() for word in words if word.strip()]
    if not said or not phrase.strip():
        raise DoorbellError("words_missing")
    with hub.atomic():
        row = row or Need()
        if Need.objects.filter(phrase=phrase.strip()).exclude(pk=row.pk).exists():
            raise DoorbellError("phrase_taken")
        row.phrase, row.words = phrase.strip(), said
        row.save()
        _stamp()
    return row


def remove_words(*, row: Synonym | Need) -> None:
    """The search forgets them."""
    with hub.atomic():
        row.delete()
        _stamp()


def shelve(
    *,
    service: Service,
    city: City | None,
    hot: bool = False,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    row: Shelving | None = None,
) -> Shelving:
    """Sold in that city (None: in every one) from then until then, beside whatever else was said; row: one to change.

    Raises DoorbellError service_unpublished, shelving_has_no_time.
    """
    if service.published_id is None:
        raise DoorbellError("service_unpublished")
    with hub.atomic():
        row = row or Shelving()
        row.service, row.city, row.hot, row.until_at = service, city, hot, until_at
        row.from_at = from_at or row.from_at
        if row.until_at is not None and row.until_at <= row.from_at:
            raise DoorbellError("shelving_has_no_time")
        row.save()
    return row


def unshelve(*, row: Shelving) -> None:
    """Not sold there any more; what was ordered stays ordered."""
    with hub.atomic():
        row.delete()


def record_search(*, user: User | None, city: str, query: str, found: int) -> Search:
    """What was looked for; query: at most 100 characters, of which numbers as long as a phone's are not kept. By name
    only customers are: nobody else has a history that he could leave.
    """
    known = selectors.city(city) if city else None
    with hub.atomic():
        return Search.objects.create(
            user=user if user and user.role == Role.CUSTOMER else None,
            city=known.code if known else "",
            query=LONG_NUMBER.sub("*", query),
            found=found,
        )


def record_click(*, token: UUID, service_id: int, position: int) -> None:
    """He looked at one of those found; once is enough. Raises DoorbellError not_found for what was none of them."""
    search = Search.objects.filter(token=token, found__gte=position).first()
    if search is None or not Service.objects.filter(pk=service_id).exists():
        raise DoorbellError("not_found")
    with hub.atomic():
        SearchClick.objects.get_or_create(search=search, service_id=service_id, defaults={"position": position})


def forget_searches(*, user: User, query: str | None = None) -> None:
    """They are nobody's any more: all of his, or those for one query."""
    his = Search.objects.filter(user=user)
    with hub.atomic():
        (his if query is None else his.filter(query=query)).update(user=None)


def _stamp() -> None:
    """Every process builds its search index anew. A row more, and no row changed: writers never wait for each other."""
    CatalogueChange.objects.create()


def drafted(service: Service) -> Content:
    """What is written of a service now."""
    said: dict[str, Any] = {name: getattr(service, name) for name in COLUMNS}
    said |= {name: tuple(getattr(service, name)) for name in LISTS}
    return Content(
        **said,
        questions=tuple(Question(row.question, row.answer) for row in service.questions.all()),
        steps=tuple(Step(row.name, row.standard) for row in service.steps.all()),
        options=tuple(_option(row) for row in service.options.prefetch_related("choices")),
        add_ons=tuple(_add_on(row) for row in service.price_list.all()),
    )


def _option(row: ServiceOption) -> Option:
    choices = tuple(Choice(one.key, one.name, one.price_fen, one.extra_s, one.staff) for one in row.choices.all())
    fields = ("key", "name", "kind", "required", "unit", "least", "most", "included", "price_fen", "extra_s")
    return Option(choices=choices, **{name: getattr(row, name) for name in fields})


def _add_on(row: PriceItem) -> AddOn:
    fields = ("key", "name", "unit", "price_fen", "max_quantity", "extra_s", "condition")
    return AddOn(item_id=row.pk, **{name: getattr(row, name) for name in fields})


def prune_searches(*, before: datetime) -> int:
    """Remove up to PRUNED_AT_ONCE searches of before then, with their clicks; how many rows went."""
    with hub.atomic():
        some = list(Search.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        return Search.objects.filter(pk__in=some).delete()[0]


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
