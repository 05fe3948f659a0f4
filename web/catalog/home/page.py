"""Putting a home page together: each part as one person sees it at one moment, and left out where it would be empty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from web.catalog.home import parts
from web.catalog.home.campaigns import promotions
from web.catalog.home.parts import Link, Part
from web.catalog.home.recommending import recommended
from web.catalog.home.schemas import (
    AnyPart,
    BannerCard,
    GridCard,
    HomeService,
    LeftOut,
    LinkCard,
    NoticeCard,
    PromotionCard,
    PromotionsCard,
    ServicesCard,
    SlideCard,
    WhyCard,
)
from web.catalog.home.scoring import Reason, Weights
from web.catalog.schemas import CategoryCard
from web.orders.habits import is_newcomer
from web.photos.pictures import address_of, sizes_of
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.accounts.models import User
    from web.catalog.home.shelf import Shelf
    from web.scheduling.routing import Place

Listed = list[tuple[int, Sequence[Reason]]]
"""Services of a part, and why."""

NO_REASONS: Sequence[Reason] = ()


@dataclass(frozen=True)
class Viewer:
    """Who looks: a customer, or whoever has not signed in as one, who is a newcomer."""

    user: User | None = None
    newcomer: bool = True

    @classmethod
    def of(cls, user: User | None) -> Viewer:
        """Workers and staff see what a stranger does."""
        if user is None or user.role != Role.CUSTOMER:
            return cls()
        return cls(user, is_newcomer(user.pk))


@dataclass
class Page:
    """What is shown of it, and what is not."""

    parts: list[AnyPart] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True)
class Visit:
    """Somebody looks at a city's page. place: where he wants it done; None: no times are told. blocked: workers who are
    never matched with him.
    """

    shelf: Shelf
    viewer: Viewer
    at: datetime
    place: Place | None = None
    blocked: Collection[int] = ()

    def page_of(self, wanted: Sequence[Part]) -> Page:
        """The parts, in their order."""
        page = Page()
        # First what is in each, so that all services of the page are read at once.
        listed = {number: self._services_of(part) for number, part in enumerate(wanted) if self._left_out(part) is None}
        cards = self._cards({pk for services in listed.values() for pk, _ in services})
        for number, part in enumerate(wanted):
            reason = self._left_out(part)
            card = None if reason else self._card_of(part, listed[number], cards)
            if card:
                page.parts.append(card)
            else:
                page.left_out.append(LeftOut(part_id=part.id, reason=reason or "nothing_to_show"))
        return page

    def _left_out(self, part: Part) -> Literal["not_now", "not_for_him"] | None:
        if part.is_on(self.at, newcomer=self.viewer.newcomer):
            return None
        return "not_for_him" if part.is_on(self.at, newcomer=not self.viewer.newcomer) else "not_now"

    def _services_of(self, part: Part) -> Listed:
        shelf, body = self.shelf, part.body
        match body:
            case parts.HotList():
                rows = shelf.in_category(body.category) if body.category else shelf.rows.values()
                return [(row.pk, NO_REASONS) for row in rows if row.hot][: body.limit]
            case parts.CategoryRow():
                rows = shelf.in_category(body.category)
                if body.order == "popular":
                    heats = shelf.heats(Weights())
                    rows = sorted(rows, key=lambda row: -heats[row.pk])
                return [(row.pk, NO_REASONS) for row in rows[: body.limit]]
            case parts.Recommended():
                user_id = self.viewer.user.pk if self.viewer.user else None
                found = recommended(shelf, at=self.at, user_id=user_id, weights=body.weights, limit=body.limit)
                return [(one.service_id, one.reasons) for one in found]
        return []

    def _cards(self, service_ids: set[int]) -> dict[int, HomeService]:
        cards = self.shelf.cards(service_ids)
        times: Mapping[int, datetime | None] = {}
        if self.place:
            times = self.shelf.earliest(cards, place=self.place, without=self.blocked)
        return {pk: HomeService(**dict(card), earliest_at=times.get(pk), why=[]) for pk, card in cards.items()}

    def _card_of(self, part: Part, listed: Listed, cards: Mapping[int, HomeService]) -> AnyPart | None:
        """None for what has nothing to show."""
        body = part.body
        head: dict[str, Any] = {"id": part.id, "title": part.title}
        match body:
            case parts.Banner():
                slides = [slide for one in body.slides if (slide := self._slide(one))]
                return BannerCard(slides=slides, **head) if slides else None
            case parts.Grid():
                categories = self._categories(body)
                return GridCard(columns=body.columns, categories=categories, **head) if categories else None
            case parts.Campaigns():
                found = promotions(
                    campaigns=body.campaigns,
                    coupons=body.coupons,
                    city=self.shelf.city,
                    at=self.at,
                    user=self.viewer.user,
                )
                return PromotionsCard(promotions=[PromotionCard.of(one) for one in found], **head) if found else None
            case parts.Notice():
                link = self._link(body.link) if body.link else None
                return NoticeCard(text=body.text, tone=body.tone, link=link, **head)
        services = [_because(cards[pk], reasons) for pk, reasons in listed if pk in cards]
        category = None if isinstance(body, parts.Recommended) else body.category
        return ServicesCard(kind=body.kind, category=category, services=services, **head) if services else None

    def _slide(self, slide: parts.Slide) -> SlideCard | None:
        """None for one that leads to what is not to be had here."""
        link = self._link(slide.link) if slide.link else None
        if slide.link and link is None:
            return None
        picture = address_of(slide.picture) or ""
        return SlideCard(picture=picture, sizes=sizes_of(slide.picture), alt=slide.alt, link=link)

    def _link(self, link: Link) -> LinkCard | None:
        shelf, service_id = self.shelf, None
        if link.to == "service" and (service_id := shelf.by_slug.get(link.target)) is None:
            return None
        if link.to == "category" and not any(shelf.categories[pk].slug == link.target for pk in shelf.stocked):
            return None
        if link.to == "campaign" and not self._runs(link.target):
            return None
        return LinkCard(to=link.to, target=link.target, service_id=service_id)

    def _runs(self, campaign: str) -> bool:
        """Nothing does that is no number: a draft may say anything."""
        ids, city, user = [int(campaign)] if campaign.isdecimal() else [], self.shelf.city, self.viewer.user
        return bool(promotions(campaigns=ids, coupons=[], city=city, at=self.at, user=user))

    def _categories(self, grid: parts.Grid) -> list[CategoryCard]:
        """Those that have something to be had here."""
        stocked = {one.slug: one for one in self.shelf.categories.values() if one.pk in self.shelf.stocked}
        if grid.categories:
            return [CategoryCard.of(stocked[slug]) for slug in grid.categories if slug in stocked]
        return [CategoryCard.of(one) for one in stocked.values() if one.parent_id is None]


def _because(card: HomeService, reasons: Sequence[Reason]) -> HomeService:
    return card.model_copy(update={"why": [WhyCard.of(reason) for reason in reasons]})
