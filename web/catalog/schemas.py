"""Answers of the catalogue. Prices are fen, durations seconds, coordinates GCJ-02 degrees."""

from typing import Any, Self

from django.templatetags.static import static

from web.catalog.models import Category, City, PriceItem, Service, ServiceStep
from web.schemas import Id, Schema


class CityCard(Schema):
    """A city that is served, and its centre."""

    code: str
    name: str
    lng: float
    lat: float

    @classmethod
    def of(cls, city: City) -> Self:
        """From the row."""
        return cls.model_validate(city)


class CategoryCard(Schema):
    """A trade. icon: a URL on this host, or null."""

    slug: str
    name: str
    icon: str | None

    @classmethod
    def of(cls, category: Category) -> Self:
        """From the row."""
        return cls(slug=category.slug, name=category.name, icon=_url(category.icon))


class ServiceCard(Schema):
    """A service in a list. category: its slug. photo: a URL on this host, or null."""

    id: Id
    slug: str
    category: str
    name: str
    introduction: str
    photo: str | None
    price_fen: int
    visit_fee_fen: int
    duration_s: int

    @classmethod
    def of(cls, service: Service) -> Self:
        """From the row, its category fetched."""
        return cls(**_plain(service))


class StepCard(Schema):
    """A step of the service, and the standard it is held to."""

    position: int
    name: str
    standard: str

    @classmethod
    def of(cls, step: ServiceStep) -> Self:
        """From the row."""
        return cls.model_validate(step)


class PriceItemCard(Schema):
    """What may be added at the door, with the customer's consent. extra_s: how much longer one takes."""

    id: Id
    name: str
    unit: str
    price_fen: int
    max_quantity: int
    extra_s: int

    @classmethod
    def of(cls, item: PriceItem) -> Self:
        """From the row."""
        return cls.model_validate(item)


class ServiceDetail(ServiceCard):
    """A service with its steps and its price list."""

    steps: list[StepCard]
    price_list: list[PriceItemCard]

    @classmethod
    def of(cls, service: Service) -> Self:
        """From the row, category and steps fetched."""
        steps = [StepCard.of(step) for step in service.steps.all()]
        price_list = [PriceItemCard.of(item) for item in service.price_list.all()]
        return cls(steps=steps, price_list=price_list, **_plain(service))


def _plain(service: Service) -> dict[str, Any]:
    fields = ServiceCard.model_fields.keys() - {"category", "photo"}
    return {name: getattr(service, name) for name in fields} | {
        "category": service.category.slug,
        "photo": _url(service.photo),
    }


def _url(path: str) -> str | None:
    return static(path) if path else None
