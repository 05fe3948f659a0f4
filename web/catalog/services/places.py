"""Cities, categories, skills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import hub
from web.catalog import selectors
from web.catalog.models import Category, City, Skill
from web.catalog.services.stamping import stamp
from web.errors import DoorbellError, refuse_faulty
from web.photos.pictures import take_up

CITY_FAULTS = {
    "code_wrong": "代码只能是小写字母、数字和连字符，以字母开头",
    "centre_wrong": "中心不在经纬度的范围内",
    "name_taken": "已有同名的城市",
}
CODE = re.compile(r"[a-z][a-z0-9-]{1,19}")


@dataclass(frozen=True)
class CityFault:
    """code: of CITY_FAULTS."""

    code: str

    def shown(self) -> dict[str, str]:
        """As JSON, with what people read."""
        return {"code": self.code, "message": CITY_FAULTS[self.code]}


def _faults_of_city(code: str, name: str, lng: float, lat: float) -> Iterator[CityFault]:
    if not CODE.fullmatch(code):
        yield CityFault("code_wrong")
    if not (-180 <= lng <= 180 and -90 <= lat <= 90):
        yield CityFault("centre_wrong")
    if City.objects.filter(name=name).exclude(code=code).exists():
        yield CityFault("name_taken")


def put_city(*, code: str, name: str, lng: float, lat: float) -> City:
    """A city that is served; lng and lat are its centre, GCJ-02.

    Raises DoorbellError city_wrong (details {faults}).
    """
    refuse_faulty("city_wrong", _faults_of_city(code, name, lng, lat))
    with hub.atomic():
        city, _ = City.objects.update_or_create(code=code, defaults={"name": name, "lng": lng, "lat": lat})
    return city


def put_skill(*, code: str, name: str) -> Skill:
    """What people call a skill. Raises DoorbellError skill_named for a name that another one has."""
    with hub.atomic():
        if Skill.objects.filter(name=name.strip()).exclude(code=code).exists():
            raise DoorbellError("skill_named")
        skill, _ = Skill.objects.update_or_create(code=code, defaults={"name": name.strip()})
    return skill


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
        stamp()
    return category
