"""Reading orders: mine, or as staff my city's."""

from typing import Any, Literal

from ninja import Query, Router
from ninja.params import functions as param_functions

import hub
from web.accounts.auth import SIGNED_IN, SignedRequest
from web.openapi import refusals
from web.orders import selectors
from web.orders.api import booking
from web.orders.api.booking import read_detail
from web.orders.booking_schemas import Position
from web.orders.schemas import OrderDetail, OrderPage
from web.schemas import Id
from workflows.transitions import Phase, Role

router = Router(auth=SIGNED_IN)

PAGE = 20
GROUPS: dict[str, tuple[Phase, ...]] = {
    "unpaid": (Phase.AWAITING_PAYMENT,),
    "waiting": (Phase.DISPATCHING, Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED),
    "serving": (Phase.IN_SERVICE, Phase.AWAITING_CONFIRMATION, Phase.EXCEPTION),
    "done": (Phase.COMPLETED,),
    "cancelled": (Phase.CANCELLED,),
}

Group = Literal["", "unpaid", "waiting", "serving", "done", "cancelled"]
# Not Query[Annotated[int, …]]: django-ninja forgets the default of a number with bounds and asks for the parameter.
BEFORE: Any = param_functions.Query(0, ge=0, le=2**63 - 1)


# With POST /orders: a path belongs to the first router that has it, and a second router would never be asked.
@booking.router.get("/orders", auth=SIGNED_IN, response=OrderPage)
def list_orders(request: SignedRequest, group: Query[Group] = "", before: int = BEFORE) -> OrderPage:
    """Orders I may see, newest first; `group` is a tab of 我的订单."""
    topic = _topic(request)
    heads = hub.heads([topic] if topic else [])
    orders = selectors.visible_to(request.auth).order_by("-pk")
    if group:
        orders = orders.filter(phase__in=GROUPS[group])
    if before:
        orders = orders.filter(pk__lt=before)
    page = list(orders[: PAGE + 1])
    return OrderPage(
        items=selectors.cards_for(request.auth, page[:PAGE]),
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
        stream=Position(topic=topic, **heads[topic]) if topic else None,
    )


@router.get("/orders/{order_id}", response=OrderDetail, openapi_extra=refusals("not_found"))
def get_order(request: SignedRequest, order_id: Id) -> OrderDetail:
    """One order with its timeline and what I may do with it now."""
    return read_detail(request.auth, order_id)


def _topic(request: SignedRequest) -> str | None:
    """Where changes of this list are pushed; None for staff of all cities, who follow one board at a time."""
    if request.auth.role == Role.STAFF:
        return f"board:{request.auth.city}" if request.auth.city and not request.auth.is_everywhere else None
    return f"{request.auth.role}:{request.auth.pk}"
