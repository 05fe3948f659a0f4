"""The parts that a city's home page is made of, and when and to whom each is shown. Plain values without a database.

Strict: an operator's typing error fails when it is written, and never in front of a customer.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from web.catalog.home.scoring import Weights
from web.schemas import Id, Instant, line

EVERYBODY, NEWCOMERS, CUSTOMERS = "all", "newcomers", "customers"
AUDIENCES = {EVERYBODY: "所有人", NEWCOMERS: "新客", CUSTOMERS: "老客"}
KINDS = {
    "banner": "轮播图",
    "grid": "分类宫格",
    "hot": "热门服务",
    "campaign": "活动与优惠券",
    "recommended": "为您推荐",
    "category": "分类服务",
    "notice": "公告",
}

Slug = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")]
Limit = Annotated[int, Field(ge=1, le=50)]


class Terms(BaseModel):
    """Base of all that stands in a part."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Link(Terms):
    """Where a tap leads. target: the slug of a service or a category, a campaign's number, or words to search for."""

    to: Literal["service", "category", "campaign", "search"]
    target: Annotated[str, line(100, minimum=1)]


class Slide(Terms):
    """One picture of a banner: an uploaded one, or a path below /static/. alt: what it says, for who cannot see it."""

    picture: Annotated[str, line(200, minimum=1)]
    alt: Annotated[str, line(100)] = ""
    link: Link | None = None


class Banner(Terms):
    """轮播图: pictures, one after the other."""

    kind: Literal["banner"] = "banner"
    slides: Annotated[list[Slide], Field(min_length=1, max_length=10)]


class Grid(Terms):
    """分类宫格: these categories, by slug; all that have no parent where none is named."""

    kind: Literal["grid"] = "grid"
    categories: Annotated[list[Slug], Field(max_length=40)] = []
    columns: Annotated[int, Field(ge=2, le=6)] = 4


class HotList(Terms):
    """热门: what is hot on the city's shelf, of a category with all that is below it, or of all."""

    kind: Literal["hot"] = "hot"
    category: Slug | None = None
    limit: Limit = 10


class Campaigns(Terms):
    """活动与优惠券: campaigns and kinds of coupons by their numbers; those that do not run are left out."""

    kind: Literal["campaign"] = "campaign"
    campaigns: Annotated[list[Id], Field(max_length=20)] = []
    coupons: Annotated[list[Id], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.campaigns and not self.coupons:
            raise ValueError("names neither a campaign nor a coupon")
        return self


class Recommended(Terms):
    """为您推荐: see `web.catalog.home.scoring`."""

    kind: Literal["recommended"] = "recommended"
    limit: Limit = 10
    weights: Weights = Weights()


class CategoryRow(Terms):
    """分类服务: services of a category with all that is below it, in the operator's order or the most popular first."""

    kind: Literal["category"] = "category"
    category: Slug
    limit: Limit = 10
    order: Literal["operator", "popular"] = "operator"


class Notice(Terms):
    """公告: a line of text."""

    kind: Literal["notice"] = "notice"
    text: Annotated[str, line(200, minimum=1)]
    tone: Literal["info", "warning"] = "info"
    link: Link | None = None


Body = Annotated[Banner | Grid | HotList | Campaigns | Recommended | CategoryRow | Notice, Field(discriminator="kind")]


class Part(Terms):
    """A part in its place. id: of its draft's row, the same in all versions; 0 for one that is not written yet.

    It is shown from from_at until until_at (None: without a bound), to newcomers, to others, or to all.
    """

    id: Annotated[int, Field(ge=0)] = 0
    title: Annotated[str, line(40)] = ""
    shown_to: Literal["all", "newcomers", "customers"] = "all"
    from_at: Instant | None = None
    until_at: Instant | None = None
    body: Body

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.from_at and self.until_at and self.from_at >= self.until_at:
            raise ValueError("ends before it begins")
        return self

    def is_on(self, at: datetime, *, newcomer: bool) -> bool:
        """Whether it is shown at that moment to a newcomer, or to somebody who is none."""
        in_time = (self.from_at is None or self.from_at <= at) and (self.until_at is None or at < self.until_at)
        return in_time and self.shown_to in (EVERYBODY, NEWCOMERS if newcomer else CUSTOMERS)

    @property
    def links(self) -> list[Link]:
        """All that it leads to."""
        match self.body:
            case Banner(slides=slides):
                return [slide.link for slide in slides if slide.link]
            case Notice(link=link) if link:
                return [link]
        return []

    @property
    def pictures(self) -> list[str]:
        """Those that it shows."""
        return [slide.picture for slide in self.body.slides] if isinstance(self.body, Banner) else []

    @property
    def categories(self) -> list[str]:
        """The slugs that it names."""
        match self.body:
            case Grid(categories=slugs):
                return list(slugs)
            case HotList(category=slug) if slug:
                return [slug]
            case CategoryRow(category=slug):
                return [slug]
        return []


DEFAULT: list[Part] = [
    Part(body=Grid()),
    Part(title="热门服务", body=HotList()),
    Part(title="为您推荐", body=Recommended(limit=20)),
]
"""What a city shows for which nobody has published anything."""

_PARTS: TypeAdapter[list[Part]] = TypeAdapter(list[Part])
_BODY: TypeAdapter[Body] = TypeAdapter(Body)


def read(data: Any) -> list[Part]:
    """From what a version keeps. Raises pydantic's ValidationError."""
    return _PARTS.validate_python(data)


def read_body(data: Any) -> Body:
    """From what a draft's row keeps, or an operator has written. Raises pydantic's ValidationError."""
    return _BODY.validate_python(data)


def written(parts: list[Part]) -> list[dict[str, Any]]:
    """As a version keeps them: JSON."""
    return [part.model_dump(mode="json") for part in parts]
