"""The dispatch board over HTTP: one snapshot per city, then events."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Router
from pydantic import StringConstraints

import hub
from web.accounts.auth import SignedRequest, require
from web.board import selectors
from web.board.moment import one_moment
from web.catalog import selectors as catalog
from web.errors import DoorbellError
from web.openapi import refusals
from web.orders import selectors as orders
from web.orders import services
from web.orders.cards import alarm_card
from web.schemas import Id, Schema, text
from web.times import iso
from web.workforce import selectors as workforce
from workflows.transitions import Role

router = Router(auth=require(Role.STAFF))

CityCode = Annotated[str, StringConstraints(max_length=20, pattern=r"^[a-z0-9_-]+$")]


@router.get("/board/orders/{order_id}/candidates", response=dict[str, Any], openapi_extra=refusals("not_found"))
def get_candidates(request: SignedRequest, order_id: Id) -> dict[str, Any]:
    """Who could do this order, or why he has it who does: every term of every score, and for others the reason."""
    order = orders.visible_to(request.auth).select_related("service_version").filter(pk=order_id).first()
    if order is None:
        raise DoorbellError("not_found")
    return selectors.candidates_for(order)


@router.post("/board/alarms/{alarm_id}/take", response=dict[str, Any], openapi_extra=refusals("alarm_taken"))
def take_alarm(request: SignedRequest, alarm_id: Id) -> dict[str, Any]:
    """I look after this. `alarm_taken` says who does already."""
    return alarm_card(services.take_alarm(staff=request.auth, alarm_id=alarm_id))


class AlarmNote(Schema):
    """How it was seen to."""

    note: Annotated[str, text(500, minimum=1)]


@router.post(
    "/board/alarms/{alarm_id}/close",
    response=dict[str, Any],
    openapi_extra=refusals("not_found", "alarm_stands", "compensation_unpaid"),
)
def close_alarm(request: SignedRequest, alarm_id: Id, payload: AlarmNote) -> dict[str, Any]:
    """I have seen to what no step of the order can clear."""
    return alarm_card(services.close_alarm(staff=request.auth, alarm_id=alarm_id, note=payload.note))


@router.get("/board/{city}", response=dict[str, Any], openapi_extra=refusals("not_found"))
def get_board(request: SignedRequest, city: CityCode) -> dict[str, Any]:
    """The snapshot; `stream` is where its events stood at that moment, so subscribing from there misses nothing."""
    served = catalog.city(city)
    if served is None or not request.auth.is_in_charge_of(city):
        raise DoorbellError("not_found")
    topic = f"board:{city}"
    hub.heads([topic])  # the log's very first question writes its epoch; below nothing is written
    with one_moment():
        head = hub.heads([topic])[topic]
        live = selectors.live_orders(request.auth, city)
        return {
            "now": iso(timezone.now()),
            "city": {"code": served.code, "name": served.name, "center": {"lng": served.lng, "lat": served.lat}},
            "stream": {"topic": topic, **head},
            "positions_topic": f"positions:{city}",
            "travel": selectors.travel_of(city),
            "orders": orders.cards_for(request.auth, live),
            "workers": workforce.workers_on_map(city, in_hand=selectors.orders_in_hand(live)),
            "alarms": selectors.open_alarms(request.auth, city),
            "counters": selectors.counters_of_day(request.auth, city),
        }
