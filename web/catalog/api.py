"""The catalogue: public, because WeChat's rule is to let people look before they log in."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import StringConstraints

from web.accounts.auth import Bearer, SignedRequest, StaffSession, require
from web.accounts.models import User
from web.accounts.rates import RateLimit, client_address
from web.catalog import finder, selectors, services
from web.catalog.home import api as home
from web.catalog.listing import listed
from web.catalog.schemas import (
    CategoryCard,
    CityCard,
    CityCode,
    ClickRequest,
    Found,
    FoundCard,
    ListedService,
    ReasonCard,
    ServiceDetail,
)
from web.errors import DoorbellError
from web.openapi import refusals
from web.schemas import Id, Lat, Lng, line
from web.workforce import selectors as workforce
from workflows.transitions import Role

router = Router(auth=None)
router.add_router("", home.router)

Words = Annotated[str, line(100)]
Slug = Annotated[str, StringConstraints(max_length=50, pattern=r"^[-a-zA-Z0-9_]*$")]
# The limits stand in the Query: with them in the type, django-ninja forgets the default.
Limit = Annotated[int, Query(ge=1, le=50)]
Offset = Annotated[int, Query(ge=0, le=100_000)]

SEARCHES = RateLimit("search", "20/second", "600/10 minutes")
STRANGERS = RateLimit("search:address", "100/second", "12000/10 minutes")
"""Each is recorded. One address may be a whole town's that telephones behind it: who has signed in has a limit of his
own.
"""

TYPING = RateLimit("suggest", "30/second", "3000/10 minutes")
STRANGERS_TYPING = RateLimit("suggest:address", "300/second", "60000/10 minutes")
"""A suggestion for each letter: five times what is searched for."""


@router.get("/cities", response=list[CityCard])
def list_cities(request: HttpRequest) -> list[CityCard]:
    """The cities that are served."""
    return [CityCard.of(city) for city in selectors.cities()]


@router.get("/categories", response=list[CategoryCard])
def list_categories(request: HttpRequest) -> list[CategoryCard]:
    """The trades and their parts, in the operator's order."""
    return [CategoryCard.of(category) for category in selectors.categories()]


@router.get("/services", response=list[ListedService])
def list_services(
    request: HttpRequest,
    category: Slug = "",
    city: CityCode = "",
    hot: bool = False,
    lng: Annotated[Lng | None, Query()] = None,
    lat: Annotated[Lat | None, Query()] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> list[ListedService]:
    """What can be booked; `city`: only what is on the shelf there and somebody can do, with the first time that he is
    free at that place (without lng and lat: the city's middle); `category`: with all that is below it; `hot`: only
    热门.
    """
    who = _who(request)
    skills = workforce.skills_in(city) if city else None
    found = selectors.services(city=city, category=category, skills=skills, hot=hot)
    return listed(found[offset : offset + limit], city=city, lng=lng, lat=lat, who=who)


@router.get("/services/{service_id}", response=ServiceDetail, openapi_extra=refusals("not_found"))
def get_service(request: HttpRequest, service_id: Id) -> ServiceDetail:
    """All that is said about a service, as it is sold now."""
    return ServiceDetail.of_version(selectors.service(service_id))


@router.get("/search", response=Found, openapi_extra=refusals("forbidden", "rate_limited"))
def search(
    request: HttpRequest,
    q: Words,
    city: CityCode = "",
    lng: Annotated[Lng | None, Query()] = None,
    lat: Annotated[Lat | None, Query()] = None,
    limit: Limit = 20,
    explain: bool = False,
) -> Found:
    """The services that fit best, by Chinese, pinyin or initials, slips of the hand forgiven, each with the first time
    that somebody is free for it at that place (without one in the city's middle). What was looked for is recorded.
    explain: with the reasons, for staff.
    """
    who = _who(request)
    if explain and not _is_staff(request, who):
        raise DoorbellError("forbidden")
    _spend(request, who, SEARCHES, STRANGERS)
    hits = finder.FINDER.search(q, city=city, limit=limit, explain=explain)
    rows = selectors.services(city=city, among=[hit.service_id for hit in hits])
    cards = {card.id: card for card in listed(rows, city=city, lng=lng, lat=lat, who=who)}
    found = [
        FoundCard(
            service=cards[hit.service_id],
            score=hit.score,
            reasons=[ReasonCard.of(reason) for reason in hit.reasons] if explain else None,
        )
        for hit in hits
        # It may have gone off the shelf this very second.
        if hit.service_id in cards
    ]
    shown = [one.service.id for one in found]
    made = services.record_search(user=who, city=city, query=q, found=len(found), shown=shown)
    return Found(search=made.token, hits=found)


@router.get("/search/suggestions", response=list[str], openapi_extra=refusals("rate_limited"))
def suggest(request: HttpRequest, q: Words, city: CityCode = "", limit: Limit = 10) -> list[str]:
    """How what is being typed may go on."""
    _spend(request, _who(request), TYPING, STRANGERS_TYPING)
    return finder.FINDER.suggest(q, city=city, limit=limit)


@router.get("/search/hot", response=list[str])
def list_hot_words(request: HttpRequest, city: CityCode) -> list[str]:
    """What people of the city look for these days, as far as the catalogue has it: nobody puts up a text of his own."""
    return finder.FINDER.known(selectors.hot_words(city))


@router.get("/search/history", response=list[str], auth=require(Role.CUSTOMER))
def list_history(request: SignedRequest) -> list[str]:
    """What one looked for oneself, the last first."""
    return selectors.history(request.auth)


@router.delete("/search/history", response={204: None}, auth=require(Role.CUSTOMER))
def forget_history(request: SignedRequest, q: Words | None = None) -> Status[None]:
    """It is nobody's any more: all of it, or one query."""
    services.forget_searches(user=request.auth, query=q)
    return Status(204, None)


@router.post("/search/{search}/clicks", response={204: None}, openapi_extra=refusals("not_found"))
def click(request: HttpRequest, search: UUID, payload: ClickRequest) -> Status[None]:
    """One of the services found was looked at. search: as the answer named it, which only who has searched knows."""
    services.record_click(token=search, service_id=payload.service_id, position=payload.position)
    return Status(204, None)


def _who(request: HttpRequest) -> User | None:
    """Who looks around, if he has signed in. Raises DoorbellError for a token that is not good any more."""
    return Bearer()(request)


def _is_staff(request: HttpRequest, who: User | None) -> bool:
    """By a token, or by the session of the back office, from where searches are tried."""
    return who.role == Role.STAFF if who else StaffSession()(request) is not None


def _spend(request: HttpRequest, who: User | None, own: RateLimit, strangers: RateLimit) -> None:
    """One use, of his own limit where he has signed in."""
    if who:
        own.spend(str(who.pk))
    else:
        strangers.spend(client_address(request))
