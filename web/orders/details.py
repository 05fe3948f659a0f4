"""One order, whole, for one person: what is not his is left out here, in one place."""

from collections.abc import Mapping
from typing import Any

from django.templatetags.static import static
from django.utils import timezone

from web.accounts.models import AccessTrace, User
from web.orders import selectors
from web.orders.cancelling import terms_at
from web.orders.events import EVENT_NAMES
from web.orders.models import Offer, Order, OrderEvent
from web.orders.schemas import (
    CancellationPreview,
    Contact,
    LineCard,
    OrderDetail,
    Position,
    RecordCard,
    TimelineEntry,
)
from workflows.transitions import Move, Phase, Role

DOOR_OPEN = (Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED, Phase.IN_SERVICE, Phase.AWAITING_CONFIRMATION)
"""Phases in which a worker needs to know where to go and whom to ask for; before and after he does not."""

NAMELESS = {"refused", "lapsed"}
"""Nobody but staff is told who did not want the order, and why."""

SHOWN: Mapping[Role, Mapping[str, frozenset[str]]] = {
    Role.CUSTOMER: {
        "paid": frozenset({"channel"}),
        "accepted": frozenset({"worker_id"}),
        "assigned": frozenset({"worker_id"}),
        "step_done": frozenset({"step"}),
        "completed": frozenset({"by_silence"}),
        "cancelled": frozenset({"fee_fen", "reason"}),
        "tip_offered": frozenset({"amount_fen"}),
        "tipped": frozenset({"amount_fen"}),
        "refund_agreed": frozenset({"amount_fen", "reason"}),
        "refunded": frozenset({"amount_fen"}),
    },
    Role.WORKER: {
        "accepted": frozenset({"worker_id"}),
        "assigned": frozenset({"worker_id"}),
        "arrived": frozenset({"position_known", "off_m", "far", "age_s"}),
        "step_done": frozenset({"step"}),
        "completed": frozenset({"by_silence"}),
        "tipped": frozenset({"amount_fen"}),
    },
}
"""What of an event's data the timeline shows to whom, by type. Staff see all of it."""

ROLE_NAMES = {Role.CUSTOMER: "用户", Role.WORKER: "服务人员", Role.STAFF: "平台", Role.SYSTEM: "系统"}


def detail_of(order: Order, *, actor: User, heads: Mapping[str, Mapping[str, object]]) -> OrderDetail:
    """The order as `actor` may see it. heads: read before `order` was. Staff who see the contact leave a trace."""
    topic = f"order:{order.pk}"
    moves = selectors.allowed_actions(order, actor)
    mine = actor.role != Role.WORKER
    return OrderDetail(
        order=selectors.card_for(actor, order),
        stream=Position(topic=topic, **heads[topic]),  # type: ignore[arg-type]
        position_topic=f"position:{order.pk}" if order.phase == Phase.EN_ROUTE else None,
        allowed_actions=[move.value for move in moves],
        depart_from=selectors.depart_from(order) if order.phase == Phase.ACCEPTED else None,
        lines=[LineCard.model_validate(line) for line in order.lines.all()] if mine else None,
        total_fen=order.total_fen if mine else None,
        pay_fen=None if actor.role == Role.CUSTOMER else _pay_fen(order),
        contact=_contact(order, actor),
        request=order.request if _knows_the_door(order, actor) else None,
        start_code=order.start_code if actor.role == Role.CUSTOMER else None,
        records=[RecordCard.model_validate(record) for record in order.records.all()],
        timeline=timeline_of(order, actor),
        cancellation=_cancellation(order) if Move.CANCEL in moves else None,
        photo=static(order.service.photo) if order.service.photo else "",
    )


def timeline_of(order: Order, actor: User) -> list[TimelineEntry]:
    """What happened, oldest first, as `actor` may see it. Staff and workers by name; a customer is "用户"."""
    events = order.events.select_related("actor").order_by("version")
    return [_entry(event, Role(actor.role)) for event in events]


def _entry(event: OrderEvent, reader: Role) -> TimelineEntry:
    role = Role(event.role)
    named = role in (Role.WORKER, Role.STAFF) and (reader == Role.STAFF or event.type not in NAMELESS)
    return TimelineEntry(
        version=event.version,
        type=event.type,
        label=EVENT_NAMES[event.type],
        phase=event.phase,
        role=event.role,
        by=event.actor.display_name if named and event.actor else ROLE_NAMES[role],
        at=event.at,
        data=_shown(event, reader),
    )


def _shown(event: OrderEvent, reader: Role) -> dict[str, Any]:
    if reader == Role.STAFF:
        return dict(event.data)
    shown = SHOWN[reader].get(event.type, frozenset())
    return {name: value for name, value in event.data.items() if name in shown}


def _knows_the_door(order: Order, actor: User) -> bool:
    return actor.role != Role.WORKER or order.phase in DOOR_OPEN


def _contact(order: Order, actor: User) -> Contact | None:
    if not _knows_the_door(order, actor):
        return None
    if actor.role == Role.STAFF:
        AccessTrace.objects.create(staff=actor, order_id=order.pk)
    return Contact(
        name=order.contact_name,
        phone=order.contact_phone,
        place=order.place,
        door=order.door,
        lng=order.lng,
        lat=order.lat,
    )


def _pay_fen(order: Order) -> int | None:
    offer = Offer.objects.filter(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED).first()
    return offer.pay_fen if offer else None


def _cancellation(order: Order) -> CancellationPreview:
    fee = terms_at(order, asked_at=timezone.now(), paid=order.paid_at is not None).fee_fen
    return CancellationPreview(fee_fen=fee, refund_fen=order.total_fen - fee if order.paid_at else 0)
