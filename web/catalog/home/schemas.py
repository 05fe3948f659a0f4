"""A home page on the wire."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from web.catalog.home.campaigns import Promotion
from web.catalog.home.faults import Fault
from web.catalog.home.scoring import Reason
from web.catalog.schemas import CategoryCard, ListedService, ServiceCard
from web.schemas import Id, Instant, Schema


class LinkCard(Schema):
    """Where a tap leads. target: a slug, a number, or words to search for; service_id: of a service."""

    to: Literal["service", "category", "campaign", "search"]
    target: str
    service_id: Id | None


class SlideCard(Schema):
    """A picture of a banner. sizes: as a service's photo_sizes."""

    picture: str
    sizes: dict[str, str]
    alt: str
    link: LinkCard | None


class WhyCard(Schema):
    """Why a service is recommended: a stable code, and what people read."""

    code: str
    text: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """As the scoring gave it."""
        return cls(code=reason.code, text=reason.text)


class HomeService(ListedService):
    """A service on the page. why: for what is recommended, the weightiest first."""

    why: list[WhyCard]


class PromotionCard(Schema):
    """A campaign that runs, or a kind of coupon that can be had."""

    kind: Literal["campaign", "coupon"]
    id: Id
    name: str
    text: str
    ends_at: Instant | None

    @classmethod
    def of(cls, one: Promotion) -> Self:
        """As the marketing app has it."""
        return cls.model_validate(one)


class PartCard(Schema):
    """What all parts have. id: the same in every version, 0 on a page that nobody has laid out."""

    id: int
    title: str


class BannerCard(PartCard):
    """轮播图."""

    kind: Literal["banner"] = "banner"
    slides: list[SlideCard]


class GridCard(PartCard):
    """分类宫格."""

    kind: Literal["grid"] = "grid"
    columns: int
    categories: list[CategoryCard]


class ServicesCard(PartCard):
    """热门, 为您推荐, or services of a category (its slug)."""

    kind: Literal["hot", "recommended", "category"]
    category: str | None
    services: list[HomeService]


class PromotionsCard(PartCard):
    """活动与优惠券."""

    kind: Literal["campaign"] = "campaign"
    promotions: list[PromotionCard]


class NoticeCard(PartCard):
    """公告."""

    kind: Literal["notice"] = "notice"
    text: str
    tone: Literal["info", "warning"]
    link: LinkCard | None


AnyPart = Annotated[BannerCard | GridCard | ServicesCard | PromotionsCard | NoticeCard, Field(discriminator="kind")]


class HomePage(Schema):
    """A city's home page. version: 0 where nobody has published one."""

    city: str
    version: int
    parts: list[AnyPart]


class FaultCard(Schema):
    """What is wrong with a draft. part_id: 0 for the page; blocks: it cannot be published so."""

    code: str
    part_id: int
    about: str
    blocks: bool
    message: str

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """As it was found."""
        shown: dict[str, Any] = fault.shown()
        return cls(**shown)


class LeftOut(Schema):
    """A part that is not shown then. reason: not_now, not_for_him, nothing_to_show."""

    part_id: int
    reason: Literal["not_now", "not_for_him", "nothing_to_show"]


class HomePreview(Schema):
    """A draft as it would be seen, what of it would not be, and what is wrong with it. revision: the draft's."""

    revision: int
    parts: list[AnyPart]
    left_out: list[LeftOut]
    faults: list[FaultCard]


class SeenCard(Schema):
    """A service that I looked at, and when last."""

    service: ServiceCard
    at: Instant
