"""Answers of the catalogue. Prices are fen, durations seconds, coordinates GCJ-02 degrees."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from web.catalog.content import AddOn, Choice, Content, Option, Question, Step
from web.catalog.models import Category, City, Service, ServiceVersion
from web.catalog.search import Reason
from web.photos.pictures import address_of, sizes_of
from web.schemas import Id, Instant, Schema

CityCode = Annotated[str, StringConstraints(max_length=20, pattern=r"^[-a-zA-Z0-9_]*$")]


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
    """A trade, or a part of the one whose slug is `parent`. icon: a URL, or null; icon_sizes: as a service's
    photo_sizes.
    """

    slug: str
    name: str
    icon: str | None
    icon_sizes: dict[str, str]
    parent: str | None

    @classmethod
    def of(cls, category: Category) -> Self:
        """From the row, its parent fetched."""
        parent = category.parent.slug if category.parent else None
        return cls(
            slug=category.slug,
            name=category.name,
            icon=address_of(category.icon),
            icon_sizes=sizes_of(category.icon),
            parent=parent,
        )


class ServiceCard(Schema):
    """A service in a list, as it is sold now. category: its slug. photo: a URL, or null; photo_sizes: the longest
    side in pixels at most -> URL, empty for a drawing that has none.

    lowest_fen: the least that it can cost before its 上门费, whatever is answered. hot: 热门, where it was asked for.
    """

    id: Id
    slug: str
    category: str
    name: str
    introduction: str
    photo: str | None
    photo_sizes: dict[str, str]
    price_fen: int
    lowest_fen: int
    visit_fee_fen: int
    duration_s: int
    tags: list[str]
    hot: bool

    @classmethod
    def of(cls, service: Service) -> Self:
        """From a row of `selectors.services`."""
        assert service.published is not None  # noqa: S101 - what is on the shelf is published
        return cls(**_plain(service, service.published.sold))


class ListedService(ServiceCard):
    """A service in a list of a city. earliest_at: the first time that somebody is free for it at the place that was
    asked for; null where there is none within a week, and where no city was named.
    """

    earliest_at: Instant | None


class StepCard(Schema):
    """A step of the service, and the standard it is held to."""

    position: int
    name: str
    standard: str

    @classmethod
    def of(cls, position: int, step: Step) -> Self:
        """position: from 1."""
        return cls(position=position, name=step.name, standard=step.standard)


class QuestionCard(Schema):
    """What people ask, and the answer."""

    question: str
    answer: str

    @classmethod
    def of(cls, question: Question) -> Self:
        """As published."""
        return cls.model_validate(question)


class ChoiceCard(Schema):
    """An answer to an option, and what it adds to (or takes off) price, duration and staff."""

    key: str
    name: str
    price_fen: int
    extra_s: int
    staff: int

    @classmethod
    def of(cls, choice: Choice) -> Self:
        """As published."""
        return cls.model_validate(choice)


class OptionCard(Schema):
    """What is asked before booking: one of the choices, some of them, or a count between least and most, of which
    `included` are in the price.
    """

    key: str
    name: str
    kind: Literal["one", "some", "count"]
    required: bool
    choices: list[ChoiceCard]
    unit: str
    least: int
    most: int
    included: int
    price_fen: int
    extra_s: int

    @classmethod
    def of(cls, option: Option) -> Self:
        """As published."""
        plain = {name: getattr(option, name) for name in cls.model_fields if name != "choices"}
        return cls(choices=[ChoiceCard.of(choice) for choice in option.choices], **plain)


class PriceItemCard(Schema):
    """What may be added when booking, or at the door with the customer's consent. condition: when it is needed, or "".
    extra_s: how much longer one takes.
    """

    id: Id
    name: str
    unit: str
    price_fen: int
    max_quantity: int
    extra_s: int
    condition: str

    @classmethod
    def of(cls, item: AddOn) -> Self:
        """As published."""
        plain = {name: getattr(item, name) for name in cls.model_fields if name != "id"}
        return cls(id=item.item_id, **plain)


class ServiceDetail(ServiceCard):
    """All that is said about a service. version: what a quote is made of, and an order keeps."""

    version: int
    staff: int
    certificates: list[str]
    included: list[str]
    excluded: list[str]
    questions: list[QuestionCard]
    steps: list[StepCard]
    options: list[OptionCard]
    price_list: list[PriceItemCard]

    @classmethod
    def of_version(cls, version: ServiceVersion) -> Self:
        """From what is sold, its service and category fetched."""
        sold = version.sold
        return cls(
            **_plain(version.service, sold),
            version=version.number,
            staff=sold.staff,
            certificates=list(sold.certificates),
            included=list(sold.included),
            excluded=list(sold.excluded),
            questions=[QuestionCard.of(one) for one in sold.questions],
            steps=[StepCard.of(position, step) for position, step in enumerate(sold.steps, start=1)],
            options=[OptionCard.of(option) for option in sold.options],
            price_list=[PriceItemCard.of(item) for item in sold.add_ons],
        )


class ReasonCard(Schema):
    """Why a service was found: what of the query met which word, in which field, and how; quality: 0 to 1."""

    field: str
    matched: str
    word: str
    manner: str
    quality: float

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """As the index gave it."""
        return cls.model_validate(reason)


class FoundCard(Schema):
    """A service that was found. score: 0 to 1. reasons: null unless they were asked for."""

    service: ListedService
    score: float
    reasons: list[ReasonCard] | None


class Found(Schema):
    """What a search found, the best first. search: names it with a click."""

    search: UUID
    hits: list[FoundCard]


class ClickRequest(Schema):
    """Which of those found, and where it stood, from 1."""

    service_id: Id
    position: Annotated[int, Field(ge=1, le=1_000)]


def _plain(service: Service, sold: Content) -> dict[str, Any]:
    fields = ServiceCard.model_fields.keys() - {"id", "slug", "category", "photo", "photo_sizes", "tags", "hot"}
    return {name: getattr(sold, name) for name in fields} | {
        "id": service.pk,
        "slug": service.slug,
        "category": service.category.slug,
        "photo": address_of(sold.photo),
        "photo_sizes": sizes_of(sold.photo),
        "tags": list(sold.tags),
        "hot": getattr(service, "hot", False),
    }
