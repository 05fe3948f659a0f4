"""The home page over HTTP: public, because people look before they log in; and its draft, for staff."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from web.accounts.auth import Bearer, SignedRequest, require
from web.accounts.models import User
from web.accounts.rates import RateLimit, client_address
from web.catalog import interest, selectors
from web.catalog.home import previewing, shelf
from web.catalog.home.page import Viewer, Visit
from web.catalog.home.schemas import HomePage, HomePreview, SeenCard
from web.catalog.listing import blocked_for, place_in
from web.catalog.schemas import CityCode, ServiceCard
from web.errors import DoorbellError
from web.openapi import refusals
from web.schemas import Id, Instant, Lat, Lng
from workflows.transitions import Role

router = Router(auth=None)

VIEWS = RateLimit("views", "5/second", "300/10 minutes")
STRANGERS = RateLimit("views:address", "30/second", "6000/10 minutes")
"""One address may be a whole town's: see the search's."""


@router.get("/home", response=HomePage, openapi_extra=refusals("not_found"))
def get_home(
    request: HttpRequest,
    city: Query[CityCode],
    lng: Annotated[Lng | None, Query()] = None,
    lat: Annotated[Lat | None, Query()] = None,
) -> HomePage:
    """A city's home page, as whoever asks sees it. lng, lat: where he wants things done; without them the city's middle
    says when somebody is free first.
    """
    served = selectors.city(city)
    if served is None:
        raise DoorbellError("not_found")
    viewer = Viewer.of(_who(request))
    now = shelf.SHELVES.of(city)
    version, parts = now.published
    visit = Visit(
        now,
        viewer,
        timezone.now(),
        place=place_in(served, lng, lat),
        blocked=blocked_for(viewer.user),
    )
    return HomePage(city=city, version=version, parts=visit.page_of(parts).parts)


@router.get("/home/preview", response=HomePreview, auth=require(Role.STAFF), openapi_extra=refusals("not_found"))
def preview_home(
    request: SignedRequest,
    city: Query[CityCode],
    at: Annotated[Instant | None, Query()] = None,
    audience: Literal["newcomer", "customer"] = "newcomer",
    customer_id: Annotated[Id | None, Query()] = None,
) -> HomePreview:
    """The draft of a city's page as of a moment (null: now), to a newcomer, to some customer, or to the very one of
    that id, who must be one of the city's.
    """
    return previewing.preview(
        actor=request.auth, city=city, at=at, newcomer=audience == "newcomer", customer_id=customer_id
    )


@router.post("/services/{service_id}/views", response={204: None}, openapi_extra=refusals("not_found", "rate_limited"))
def view_service(request: HttpRequest, service_id: Id, city: CityCode = "") -> Status[None]:
    """I look at this service. Counted for what is popular; for my own recommendations where I have signed in."""
    who = _who(request)
    if who:
        VIEWS.spend(str(who.pk))
    else:
        STRANGERS.spend(client_address(request))
    interest.record_view(user=who, service_id=service_id, city=city)
    return Status(204, None)


@router.get("/views", response=list[SeenCard], auth=require(Role.CUSTOMER))
def list_views(request: SignedRequest) -> list[SeenCard]:
    """What I looked at and is still to be had, the last first."""
    seen = dict(interest.viewed_by(request.auth.pk))
    cards = {row.pk: ServiceCard.of(row) for row in selectors.services(among=list(seen))}
    return [SeenCard(service=cards[pk], at=at) for pk, at in seen.items() if pk in cards]


@router.delete("/views", response={204: None}, auth=require(Role.CUSTOMER))
def forget_views(request: SignedRequest, service_id: Annotated[Id | None, Query()] = None) -> Status[None]:
    """They are nobody's any more: all of mine, or those of one service."""
    interest.forget_views(user=request.auth, service_id=service_id)
    return Status(204, None)


def _who(request: HttpRequest) -> User | None:
    """Who looks around, if he has signed in. Raises DoorbellError for a token that is not good any more."""
    return Bearer()(request)
