"""One order, whole, for one person: what is not his is left out here, in one place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from web.accounts.models import AccessTrace, User
from web.catalog.schemas import PriceItemCard
from web.orders import selectors
from web.orders.after_sales import case_card
from web.orders.booking_schemas import ChoiceLine, Contact, LineCard, Position
from web.orders.cancelling import terms_at
from web.orders.cards import Named
from web.orders.case_schemas import CaseCard
from web.orders.compensations import cards_of
from web.orders.conversation import may_read_since, photos_of, photos_of_records
from web.orders.conversation_schemas import StepPhoto
from web.orders.events import EVENT_NAMES
from web.orders.exceptions import exception_card, exceptions_of
from web.orders.models import Alarm, Offer, Order, OrderEvent, ServiceRecord
from web.orders.moving import outlook_at
from web.orders.past import alarms_at, offers_at, order_at
from web.orders.proposal_schemas import ProposalCard
from web.orders.reworks import rework_card, reworks_of
from web.orders.schemas import (
    CancellationPreview,
    OrderAt,
    OrderDetail,
    PastAlarm,
    PastOffer,
    RecordCard,
    ReschedulingPreview,
    ReturnedMoney,
    TimelineEntry,
)
from web.orders.services.refunding import left_fen
from web.orders.stuck_money import stuck_money_of
from web.payments import selectors as payments
from web.photos.pictures import address_of
from web.photos.schemas import PhotoCard
from workflows.transitions import Move, Phase, Role

DOOR_OPEN = (Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED, Phase.IN_SERVICE, Phase.AWAITING_CONFIRMATION)
"""Phases in which a worker needs to know where to go and whom to ask for; before and after he does not."""

NAMELESS = {"refused", "lapsed", "handed_back"}
"""Nobody but staff is told who did not want the order, and why."""

PROPOSALS: Mapping[str, frozenset[str]] = {
    "address_asked": frozenset({"proposal_id"}),
    "move_proposed": frozenset({"proposal_id", "to"}),
    "supplement_proposed": frozenset({"proposal_id", "amount_fen", "extra_s"}),
    "supplement_approved": frozenset({"proposal_id", "amount_fen"}),
    "supplement_paid": frozenset({"proposal_id", "amount_fen", "extra_s"}),
    "proposal_declined": frozenset({"proposal_id", "kind"}),
    "proposal_withdrawn": frozenset({"proposal_id", "kind"}),
    "proposal_lapsed": frozenset({"proposal_id", "kind"}),
}
"""Both parties see these alike."""

SHOWN: Mapping[Role, Mapping[str, frozenset[str]]] = {
    Role.CUSTOMER: {
        **PROPOSALS,
        "paid": frozenset({"channel"}),
        "accepted": frozenset({"worker_id", "expected_at"}),
        "assigned": frozenset({"worker_id", "expected_at"}),
        "address_changed": frozenset({"worker_id", "same_worker", "kept_fee_fen", "proposal_id", "amount_fen"}),
        "rescheduled": frozenset({"from", "to", "worker_id", "same_worker", "late", "kept_fee_fen"}),
        "step_done": frozenset({"step"}),
        "completed": frozenset({"by_silence"}),
        "cancelled": frozenset({"fee_fen", "reason"}),
        "exception_withdrawn": frozenset({"outcome"}),
        "exception_continued": frozenset({"outcome"}),
        "claimed": frozenset({"case_id", "kind"}),
        "case_answered": frozenset({"case_id", "outcome"}),
        "case_overdue": frozenset({"case_id"}),
        "case_refunded": frozenset({"case_id", "outcome", "amount_fen", "reason"}),
        "case_reworked": frozenset({"case_id", "outcome", "rework_id", "price_fen", "starts_at"}),
        "rework_placed": frozenset({"rework_of"}),
        "rework_quoted": frozenset({"rework_of", "price_fen"}),
        "somebody_else_sent": frozenset({"outcome"}),
        "absent_reported": frozenset({"until"}),
        "tip_offered": frozenset({"amount_fen"}),
        "tipped": frozenset({"amount_fen"}),
        "refund_agreed": frozenset({"amount_fen", "reason"}),
        "refunded": frozenset({"amount_fen"}),
    },
    Role.WORKER: {
        "accepted": frozenset({"worker_id", "expected_at"}),
        "assigned": frozenset({"worker_id", "expected_at"}),
        "cancelled": frozenset({"worker_fen", "reason"}),
        **PROPOSALS,
        "address_changed": frozenset({"same_worker"}),
        "rescheduled": frozenset({"from", "to", "same_worker"}),
        "arrived": frozenset({"position_known", "off_m", "far", "age_s"}),
        "absent_reported": frozenset({"until", "proven", "position_known", "off_m", "far", "age_s"}),
        "step_done": frozenset({"step"}),
        "completed": frozenset({"by_silence"}),
        "exception_withdrawn": frozenset({"outcome"}),
        "exception_continued": frozenset({"outcome"}),
        "somebody_else_sent": frozenset({"outcome"}),
        "tipped": frozenset({"amount_fen"}),
    },
}
"""What of an event's data the timeline shows to whom, by type. Staff see all of it."""

ROLE_NAMES = {Role.CUSTOMER: "用户", Role.WORKER: "服务人员", Role.STAFF: "平台", Role.SYSTEM: "系统"}


def detail_of(order: Order, *, actor: User, heads: Mapping[str, Mapping[str, object]]) -> OrderDetail:
    """The order as `actor` may see it. heads: read before `order` was. Staff who see the contact leave a trace."""
    topic = f"order:{order.pk}"
    moves = selectors.allowed_actions(order, actor)
    of_exceptions, of_records = photos_of(order, "exception"), photos_of_records(order)
    mine, lines = actor.role != Role.WORKER, list(order.lines.all())
    return OrderDetail(
        order=selectors.card_for(actor, order),
        stream=Position(topic=topic, **heads[topic]),  # type: ignore[arg-type]
        position_topic=f"position:{order.pk}" if order.phase == Phase.EN_ROUTE else None,
        allowed_actions=[move.value for move in moves],
        expected_at=order.expected_at,
        depart_from=selectors.depart_from(order) if order.phase == Phase.ACCEPTED else None,
        staff=order.staff,
        picked=_picked(order),
        choices=ChoiceLine.all_of(lines),
        price_list=[PriceItemCard.of(item) for item in order.bought.add_ons],
        lines=[LineCard.model_validate(line) for line in lines] if mine else None,
        total_fen=order.total_fen if mine else None,
        left_fen=left_fen(order) if actor.role == Role.STAFF else None,
        pay_fen=None if actor.role == Role.CUSTOMER else _pay_fen(order),
        returned=_returned(order) if mine else None,
        had_by=_had_by(order) if actor.role == Role.STAFF else None,
        contact=_contact(order, actor),
        request=order.request if _knows_the_door(order, actor) else None,
        start_code=order.start_code if actor.role == Role.CUSTOMER else None,
        records=[_record_card(record, of_records.get(record.pk, [])) for record in order.records.all()],
        proposals=_proposals(order, actor),
        timeline=timeline_of(order, actor),
        cases=_cases(order) if mine else None,
        rework=rework_card(order, actor),
        reworks=reworks_of(order, actor),
        warranty_until=order.warranty_until,
        cancellation=_cancellation(order) if Move.CANCEL in moves else None,
        rescheduling=_rescheduling(order) if Move.RESCHEDULE in moves and actor.role == Role.CUSTOMER else None,
        exceptions=[exception_card(one, actor, photos=of_exceptions.get(one.pk, ())) for one in exceptions_of(order)],
        compensations=cards_of(actor, order),
        stuck_money=stuck_money_of(order) if actor.role == Role.STAFF else None,
        photo=address_of(order.bought.photo) or "",
        imported_from=order.imported_from,
    )


def _proposals(order: Order, actor: User) -> list[ProposalCard]:
    """What was typed, and where it was, only for who had the order then; what was agreed is the order's."""
    door, since = _knows_the_door(order, actor), may_read_since(actor, order)
    return [
        ProposalCard.of(one, read=one.made_at >= since, places=door and one.made_at >= since)
        for one in order.proposals.order_by("-pk")
    ]


def detail_at(order: Order, *, at: datetime, actor: User) -> OrderAt:
    """The order as it was at `at`, as `actor` may see it. Staff who see the contact leave a trace, as today."""
    past, of_records = order_at(order.pk, at), photos_of_records(order, until=at)
    # The names of today: a display name is the person's, not the order's.
    past.worker = User.objects.filter(pk=past.worker_id).first() if past.worker_id else None
    is_staff, mine = actor.role == Role.STAFF, actor.role != Role.WORKER
    # Who came later, or has left the door behind him, learns nothing from the time of others.
    knows = _knows_the_door(order, actor) and _knows_the_door(past, actor) and (mine or past.worker_id == actor.pk)
    return OrderAt(
        at=at,
        order=selectors.card_for(actor, past),
        timeline=timeline_of(past, actor),
        records=[_record_at(record, at, of_records.get(record.pk, [])) for record in order.records.all()],
        total_fen=past.total_fen if mine else None,
        cancel_fee_fen=past.cancel_fee_fen if mine else None,
        contact=_contact(past, actor) if knows else None,
        request=past.request if knows else None,
        offers=[_past_offer(offer) for offer in offers_at(order.pk, at)] if is_staff else None,
        alarms=[_past_alarm(alarm) for alarm in alarms_at(order.pk, at)] if is_staff else None,
        imported_from=order.imported_from,
    )


def _record_card(record: ServiceRecord, photos: list[tuple[str, PhotoCard]]) -> RecordCard:
    return RecordCard(
        position=record.position,
        name=record.name,
        standard=record.standard,
        done_at=record.done_at,
        photos=[StepPhoto(stage=stage, photo=photo) for stage, photo in photos],
    )


def timeline_of(order: Order, actor: User) -> list[TimelineEntry]:
    """What happened until the order's version, oldest first, as `actor` may see it. Staff and workers by name; a
    customer is "用户".
    """
    events = order.events.select_related("actor").filter(version__lte=order.version).order_by("version")
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


def _record_at(record: ServiceRecord, at: datetime, photos: list[tuple[str, PhotoCard]]) -> RecordCard:
    card = _record_card(record, photos)
    return card if card.done_at and card.done_at <= at else card.model_copy(update={"done_at": None})


def _past_offer(offer: Offer) -> PastOffer:
    worker = Named(id=offer.worker_id, name=offer.worker.display_name)
    return PastOffer(id=offer.pk, worker=worker, offered_at=offer.offered_at, due_at=offer.due_at)


def _past_alarm(alarm: Alarm) -> PastAlarm:
    return PastAlarm(kind=alarm.kind, label=Alarm.KINDS[alarm.kind], raised_at=alarm.raised_at)


def _knows_the_door(order: Order, actor: User) -> bool:
    return actor.role != Role.WORKER or order.phase_behind in DOOR_OPEN


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


def _cases(order: Order) -> list[CaseCard]:
    photos = photos_of(order, "case")
    cases = order.cases.select_related("refund", "rework")
    return [case_card(case, photos=photos.get(case.pk, ())) for case in cases]


def _returned(order: Order) -> list[ReturnedMoney]:
    return [
        ReturnedMoney(
            purpose=refund.payment.purpose, amount_fen=refund.amount_fen, at=refund.created_at, done_at=refund.done_at
        )
        for refund in payments.returned_money(order.pk)
    ]


def _picked(order: Order) -> Named | None:
    picked = order.picked_worker
    return Named(id=picked.pk, name=picked.display_name) if picked else None


def _pay_fen(order: Order) -> int | None:
    offer = Offer.objects.filter(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED).first()
    return offer.pay_fen if offer else None


def _had_by(order: Order) -> list[Named]:
    offers = Offer.objects.filter(order=order, state__in=Offer.HAD).select_related("worker").order_by("-pk")
    names = {offer.worker_id: offer.worker.display_name for offer in offers}
    return [Named(id=worker_id, name=name) for worker_id, name in names.items()]


def _cancellation(order: Order) -> CancellationPreview:
    fee = terms_at(order, asked_at=timezone.now(), paid=order.paid_at is not None).fee_fen
    return CancellationPreview(fee_fen=fee, refund_fen=order.total_fen - fee if order.paid_at else 0)


def _rescheduling(order: Order) -> ReschedulingPreview:
    outlook = outlook_at(order, asked_at=timezone.now())
    return ReschedulingPreview(late=outlook.late, moves_left=outlook.moves_left, kept_fee_fen=outlook.kept_fee_fen)
