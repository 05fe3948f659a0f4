"""What is wrong with a home page before it is published: stable codes, with the part and what it names."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from web.catalog.home.parts import Link, Part
from web.catalog.models import Category, Service
from web.catalog.selectors import services
from web.photos.pictures import unknown_pictures

FAULTS = {
    "page_empty": "首页没有任何组件",
    "part_over": "展示时间已过",
    "category_unknown": "没有这个分类",
    "service_unknown": "没有这个服务",
    "service_off_shelf": "该服务目前未在此城市上架",
    "campaign_unknown": "活动编号有误",
    "picture_unknown": "图片不存在，请重新上传",
}
BLOCKING = FAULTS.keys() - {"part_over", "service_off_shelf"}
"""The others may be meant so: what is off the shelf today may be on it tomorrow."""


@dataclass(frozen=True)
class Fault:
    """code: of FAULTS. part_id: 0 for the page; about: the slug, number or picture. blocks: it cannot be published."""

    code: str
    part_id: int = 0
    about: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the page cannot be published with it."""
        return self.code in BLOCKING

    @property
    def message(self) -> str:
        """What people read."""
        return FAULTS[self.code]

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"blocks": self.blocks, "message": self.message}


def faults_of(parts: Sequence[Part], *, city: str, at: datetime) -> list[Fault]:
    """All of a page, in the order of its parts. city: "" for the page of all cities."""
    if not parts:
        return [Fault("page_empty")]
    links = [link for part in parts for link in part.links]
    named = {slug for part in parts for slug in part.categories} | _targets(links, "category")
    slugs = _targets(links, "service")
    known = _Known(
        categories=set(Category.objects.filter(slug__in=named).values_list("slug", flat=True)),
        services=set(Service.objects.filter(slug__in=slugs).values_list("slug", flat=True)),
        on_shelf=set(services(city=city, at=at).filter(slug__in=slugs).values_list("slug", flat=True)),
        no_pictures=set(unknown_pictures([picture for part in parts for picture in part.pictures])),
    )
    return [fault for part in parts for fault in _faults_of(part, known, at)]


@dataclass(frozen=True)
class _Known:
    categories: set[str]
    services: set[str]
    on_shelf: set[str]
    no_pictures: set[str]


def _faults_of(part: Part, known: _Known, at: datetime) -> Iterator[Fault]:
    if part.until_at and part.until_at <= at:
        yield Fault("part_over", part.id)
    for picture in part.pictures:
        if picture in known.no_pictures:
            yield Fault("picture_unknown", part.id, picture)
    for slug in part.categories:
        if slug not in known.categories:
            yield Fault("category_unknown", part.id, slug)
    for link in part.links:
        if code := _fault_of(link, known):
            yield Fault(code, part.id, link.target)


def _fault_of(link: Link, known: _Known) -> str:
    if link.to == "category" and link.target not in known.categories:
        return "category_unknown"
    if link.to == "campaign" and not (link.target.isascii() and link.target.isdecimal()):
        return "campaign_unknown"
    if link.to == "service" and link.target not in known.on_shelf:
        return "service_off_shelf" if link.target in known.services else "service_unknown"
    return ""


def _targets(links: Sequence[Link], to: str) -> set[str]:
    return {link.target for link in links if link.to == to}
