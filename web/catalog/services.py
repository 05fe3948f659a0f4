"""Writing the catalogue. Each `put_` makes a row or brings it up to date, so a seed may run any number of times."""

from collections.abc import Sequence
from typing import NamedTuple

import hub
from web.catalog.models import Category, City, PriceItem, Service, ServiceStep


class Step(NamedTuple):
    """One step of a service's flow, and the standard it is held to."""

    name: str
    standard: str = ""


class Item(NamedTuple):
    """One item of a service's price list; extra_s: see `PriceItem`."""

    name: str
    unit: str
    price_fen: int
    max_quantity: int
    extra_s: int = 0


def put_city(*, code: str, name: str, lng: float, lat: float) -> City:
    """A city that is served; lng and lat are its centre, GCJ-02."""
    with hub.atomic():
        city, _ = City.objects.update_or_create(code=code, defaults={"name": name, "lng": lng, "lat": lat})
    return city


def put_category(*, slug: str, name: str, icon: str = "", position: int = 0) -> Category:
    """A trade. icon: a path below /static/."""
    with hub.atomic():
        category, _ = Category.objects.update_or_create(
            slug=slug, defaults={"name": name, "icon": icon, "position": position}
        )
    return category


def put_service(
    *,
    slug: str,
    category: Category,
    name: str,
    introduction: str,
    skill: str,
    price_fen: int,
    duration_s: int,
    steps: Sequence[Step],
    price_list: Sequence[Item] = (),
    visit_fee_fen: int = 0,
    photo: str = "",
    position: int = 0,
    on_shelf: bool = True,
) -> Service:
    """A service with its steps in their order. photo: a path below /static/. Orders keep the steps of their day."""
    fields = {
        "category": category,
        "name": name,
        "introduction": introduction,
        "skill": skill,
        "price_fen": price_fen,
        "duration_s": duration_s,
        "visit_fee_fen": visit_fee_fen,
        "photo": photo,
        "position": position,
        "on_shelf": on_shelf,
    }
    with hub.atomic():
        service, _ = Service.objects.update_or_create(slug=slug, defaults=fields)
        _put_steps(service, steps)
        _put_price_list(service, price_list)
    return service


def _put_steps(service: Service, steps: Sequence[Step]) -> None:
    for position, step in enumerate(steps, start=1):
        ServiceStep.objects.update_or_create(service=service, position=position, defaults=step._asdict())
    service.steps.filter(position__gt=len(steps)).delete()


def _put_price_list(service: Service, items: Sequence[Item]) -> None:
    for position, item in enumerate(items, start=1):
        PriceItem.objects.update_or_create(service=service, position=position, defaults=item._asdict())
    service.price_list.filter(position__gt=len(items)).delete()
