"""One's points, and whether one wants to hear of campaigns."""

from typing import Annotated, Any

from ninja import Query, Router
from ninja.params import functions as param_functions

from web.accounts.auth import SignedRequest, require
from web.marketing import points_selectors, sending_selectors, services
from web.marketing.points_schemas import Balance, EntryCard, EntryPage, Lapsing, MarketingWish, PointsTerms
from workflows.transitions import Role

router = Router(auth=require(Role.CUSTOMER))

PAGE = 20
# As in web/notifications/api/reading.py.
BEFORE: Any = param_functions.Query(0, ge=0, le=2**63 - 1)
City = Annotated[str, Query(max_length=20, pattern=r"^[a-z0-9_-]*$")]


@router.get("/points", response=Balance)
def read_points(request: SignedRequest, city: City = "") -> Balance:
    """What I have, when it lapses, and what it is worth in a city."""
    by_day: dict[Any, int] = {}
    for lot in points_selectors.lots_visible_to(request.auth):
        by_day[lot.expires_at] = by_day.get(lot.expires_at, 0) + lot.left
    return Balance(
        balance=sum(by_day.values()),
        owed=points_selectors.owed_by(request.auth),
        lapsing=[Lapsing(points=number, expires_at=at) for at, number in by_day.items()],
        terms=PointsTerms.of(points_selectors.terms_in(city)),
    )


@router.get("/points/entries", response=EntryPage)
def list_entries(request: SignedRequest, before: int = BEFORE) -> EntryPage:
    """Why I have them: my lines, newest first."""
    # A line of neither only keeps in mind what parts of a point are worth.
    entries = points_selectors.entries_visible_to(request.auth).exclude(points=0, owed=0)
    page = list((entries.filter(pk__lt=before) if before else entries)[: PAGE + 1])
    return EntryPage(
        items=[EntryCard.of(entry) for entry in page[:PAGE]],
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
    )


@router.get("/marketing/wishes", response=MarketingWish)
def read_wish(request: SignedRequest) -> MarketingWish:
    """Whether I accept messages of campaigns."""
    return MarketingWish(accepts=sending_selectors.accepts(request.auth))


@router.put("/marketing/wishes", response=MarketingWish)
def put_wish(request: SignedRequest, payload: MarketingWish) -> MarketingWish:
    """Accept them, or not: then no campaign's message or coupon is sent to me."""
    services.put_marketing_wish(user=request.auth, accepts=payload.accepts)
    return payload
