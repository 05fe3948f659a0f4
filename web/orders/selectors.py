"""Reading orders. Whoever asks, asks through `visible_to`: somebody else's order does not exist for him."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.accounts.scope import of_his_city, of_his_city_or_all
from web.orders import after_sales, exceptions, freezing, in_hand, proposals
from web.orders.cards import OrderCard, for_outsiders, order_card
from web.orders.models import Alarm, Command, ImportedOrder, Offer, Order, OrderEvent, OrderStep, Policy, Proposal, Tip
from web.orders.permissions import may_ask
from web.orders.policies import Policies
from web.orders.terms_in_force import in_force
from web.orders.timers import given_up_at, timers_of
from web.payments import selectors as payments
from workflows.messages import Deadlines, OrderView
from workflows.transitions import Facts, Move, Phase, Role

ON_NO_CARD = ("policies", "request", "contact_name", "contact_phone", "place", "door", "start_code", "key", "body_hash")
"""Columns of an order that are long and that its card does without."""

RELAY_AFTER_S = 5.0
"""A caller waits four seconds for his command's outcome; after five he is gone."""


def visible_to(actor: User) -> QuerySet[Order]:
    """Customers see their orders, workers the ones they are on, staff their city's or all; nobody else any."""
    orders = Order.objects.select_related("worker")
    if actor.role == Role.CUSTOMER:
        return orders.filter(customer=actor)
    if actor.role == Role.WORKER:
        return orders.filter(worker=actor)
    return of_his_city(orders, actor)


def offers_visible_to(actor: User) -> QuerySet[Offer]:
    """A worker sees the offers made to him; nobody else sees offers this way."""
    offers = Offer.objects.select_related("order")
    return offers.filter(worker=actor) if actor.role == Role.WORKER else offers.none()


def commands_visible_to(actor: User) -> QuerySet[Command]:
    """One's own commands."""
    return Command.objects.filter(user=actor)


def alarms_visible_to(actor: User) -> QuerySet[Alarm]:
    """Staff see their city's alarms."""
    alarms = Alarm.objects.select_related("worker", "taken_by")
    return of_his_city(alarms, actor)


class Waiting(TypedDict):
    """What waits for a person: of a kind so many, of so many orders (other things have alarms, too), the first since
    then, and what to do.
    """

    kind: str
    label: str
    count: int
    orders: int
    first: datetime
    next_step: str


def waiting_for_people(actor: User) -> list[Waiting]:
    """The open alarms of his cities by kind, the longest waiting first."""
    open_ones = alarms_visible_to(actor).select_related(None).filter(cleared_at=None)
    kinds = (
        open_ones.values("kind")
        .annotate(count=Count("pk"), orders=Count("order", distinct=True), first=Min("raised_at"))
        .order_by("first")
    )
    return [
        Waiting(
            kind=one["kind"],
            label=Alarm.KINDS.get(one["kind"], one["kind"]),
            count=one["count"],
            orders=one["orders"],
            first=one["first"],
            next_step=Alarm.NEXT_STEPS.get(one["kind"], ""),
        )
        for one in kinds
    ]


def policies_visible_to(actor: User) -> QuerySet[Policy]:
    """Staff see the terms of their city, and those of every one."""
    return of_his_city_or_all(Policy.objects.select_related("service"), actor)


def policies_for(*, city: str, service_id: int) -> Policies:
    """The terms in force: per kind the newest row of the most specific scope (service and city, service, city, all)."""
    return in_force(Policy.objects.filter(Q(city=city) | Q(city=""), Q(service_id=service_id) | Q(service=None)))


def policies_of(order: Order) -> Policies:
    """The terms as they were at purchase."""
    return order.terms


def terms_of_alarm(alarm: Alarm) -> Policies:
    """Its order's; its city's of today where it is about none."""
    return policies_of(alarm.order) if alarm.order else policies_for(city=alarm.city, service_id=0)


def round_began_at(order_id: int) -> datetime | None:
    """When nobody was left to ask the last time, or its worker no longer had it; None while the first round goes on."""
    returned = Q(phase=Phase.DISPATCHING) & ~Q(phase_before__in=[Phase.AWAITING_PAYMENT, Phase.DISPATCHING])
    began = OrderEvent.objects.filter(Q(type="exhausted") | returned, order_id=order_id).order_by("-version")
    return began.values_list("at", flat=True).first()


def is_asked(*, order_id: int, worker_id: int) -> bool:
    """Whether the order is offered to him now."""
    return Offer.objects.filter(order_id=order_id, worker_id=worker_id, state=Offer.OPEN).exists()


def facts_for(order: Order, user_id: int) -> Facts:
    """What the table's guards need to know of this order and this person, as far as its row has it."""
    return order.facts_for(user_id, code_locked=is_code_locked(order))


def allowed_actions(order: Order, actor: User) -> list[Move]:
    """What this person may ask of the order now, the clock, his other orders and his duties considered."""
    facts = facts_for(order, actor.pk)
    if order.phase == Phase.ACCEPTED and facts.is_assigned:
        early = depart_from(order)
        hands_free = in_hand.keeping_from(order, worker_id=actor.pk) is None
        facts = replace(facts, time_to_leave=early is None or early <= timezone.now(), hands_free=hands_free)
    if order.phase == Phase.COMPLETED:
        facts = replace(facts, claimable=after_sales.is_claimable(order))
    given_up = given_up_at(order, policies_of(order))
    facts = replace(facts, long_late=given_up is not None and given_up <= timezone.now())
    return [move for move in order.allowed_moves(Role(actor.role), facts) if may_ask(actor, move)]


def depart_from(order: Order) -> datetime | None:
    """From when its worker may set out; None while it has none."""
    visit = policies_of(order).visit
    # Who got the order late has his grace from then: he may leave at once.
    return order.depart_by and order.depart_by - timedelta(seconds=visit.depart_grace_s + visit.depart_early_s)


def is_code_locked(order: Order) -> bool:
    """Whether the start code was entered wrongly so often that only the platform opens it again."""
    return order.start_code_tries >= policies_of(order).visit.start_code_tries


def cards_for(actor: User, orders: list[Order]) -> list[OrderCard]:
    """The cards of many orders as `actor` may see them, in two queries more however many they are."""
    ids = [order.pk for order in orders]
    open_offers = Offer.objects.prefetch_related("worker").filter(order_id__in=ids, state=Offer.OPEN)
    offers: dict[int, list[Offer]] = {order.pk: [] for order in orders}
    for offer in open_offers.order_by("due_at", "pk"):
        offers[offer.order_id].append(offer)
    for order in orders:
        order.open_offers = offers[order.pk]
    return [card_for(actor, order) for order in orders]


def card_for(actor: User, order: Order) -> OrderCard:
    """The card of one order as `actor` may see it."""
    card = order_card(order)
    return card if actor.role == Role.STAFF else for_outsiders(card)


def view_of(order: Order) -> OrderView:
    """What the actor adopts of its row."""
    policies, offer, proposal = policies_of(order), order.open_offer, order.live_proposal
    reported = order.open_exceptions
    return OrderView(
        order_id=order.pk,
        phase=order.phase,
        version=order.version,
        city=order.city,
        worker_id=order.worker_id,
        offer_id=offer.pk if offer else None,
        offered_to=offer.worker_id if offer else None,
        exhausted=order.exhausted,
        steps_done=order.is_worked_off,
        code_locked=is_code_locked(order),
        case_open=order.open_case_id is not None,
        may_report=order.absent_until is None or not order.absence_proven,
        waited_for=order.absent_until is not None,
        has_proposal=proposal is not None,
        proposal_for=proposal.waits_for(order) if proposal else None,
        proposal_by=proposal.made_by_id if proposal else None,
        paid=order.paid_at is not None,
        settled=order.settled_at is not None,
        untouched=not order.work_begun,
        closable=freezing.is_closable(order),
        open_refunds=payments.open_refunds(order.pk) if order.is_refunding else [],
        refund_quiet_s=policies.payment.refund_quiet_s,
        late_told=order.late_told,
        needs_ops=order.needs_ops,
        asked=[offer.worker_id for offer in order.open_offers],
        by_hand=policies.dispatch.mode == "manual",
        rework=order.rework_of_id is not None,
        retry_s=policies.dispatch.retry_s,
        ended=order.ended_at is not None,
        reporters=[one.raised_by_id for one in reported if one.may_be_withdrawn_by(one.raised_by_id)],
        unanswered=any(one.answered_at is None for one in reported),
        consent_suffices=bool(reported) and all(one.consent_suffices for one in reported),
        came_from=order.exception_from,
        deadlines=Deadlines(
            payment_due=order.payment_due,
            offer_due=offer.due_at if offer else None,
            depart_by=order.depart_by,
            arrive_by=order.arrive_by,
            autoconfirm_at=order.autoconfirm_at,
            # With an open case it has no end yet: the order waits for the answer.
            review_until=None if order.open_case_id else order.review_until,
        ),
        timers=[
            *timers_of(order, policies),
            *exceptions.timers_of(order),
            *proposals.timers_of(order),
            *after_sales.timers_of(order),
            *freezing.timers_of(order),
        ],
    )


def visits_under_way() -> list[Order]:
    """Orders whose worker is at the door or inside."""
    return list(Order.objects.filter(phase__in=[Phase.ARRIVED, Phase.IN_SERVICE], ended_at=None))


def count_events(actor: User, *, city: str, since: datetime, until: datetime) -> Counter[str]:
    """How many events of each type the city's orders had in [since, until)."""
    events = OrderEvent.objects.filter(order__in=visible_to(actor).filter(city=city), at__gte=since, at__lt=until)
    return Counter(dict(events.order_by().values_list("type").annotate(Count("pk"))))


def order_now(order_id: int) -> Order:
    """The row as it is. Raises Order.DoesNotExist."""
    return Order.objects.get(pk=order_id)


def is_open(order_id: int) -> bool:
    """Whether anything can still be asked of the order."""
    return Order.objects.filter(pk=order_id, ended_at=None).exists()


def open_order_ids() -> list[int]:
    """Every order that must have an actor; those placed within the last second are still being started."""
    settled = timezone.now() - timedelta(seconds=1)
    return list(Order.objects.filter(ended_at=None, placed_at__lt=settled).values_list("pk", flat=True))


def undecided_commands() -> list[Command]:
    """Pending commands whose caller has gone: the relay sends them again."""
    gone = timezone.now() - timedelta(seconds=RELAY_AFTER_S)
    return list(Command.objects.filter(state=Command.PENDING, received_at__lt=gone).order_by("received_at")[:200])


def earlier_undecided(command: Command) -> list[Command]:
    """Pending commands of the same person to the same order from before this one, as they were given."""
    his = Command.objects.filter(order_id=command.order_id, user_id=command.user_id, state=Command.PENDING)
    return list(his.filter(pk__lt=command.pk).order_by("pk"))


def has_imported(source: str) -> bool:
    """Whether any order came from these books."""
    return ImportedOrder.objects.filter(source=source).exists()


def settled_phases() -> dict[int, str]:
    """Order id -> phase of the open orders that have not moved for ten seconds."""
    still = timezone.now() - timedelta(seconds=10)
    return dict(Order.objects.filter(ended_at=None, phase_since__lt=still).values_list("pk", "phase"))


def ended_of(order_ids: list[int]) -> list[int]:
    """Which of these orders ended more than ten seconds ago."""
    a_while_ago = timezone.now() - timedelta(seconds=10)
    return list(Order.objects.filter(pk__in=order_ids, ended_at__lt=a_while_ago).values_list("pk", flat=True))


def awaited_charges() -> dict[str, list[tuple[int, int]]]:
    """Purpose of a payment -> (order, subject) of what open orders wait to hear the payment of."""
    waiting = Order.objects.filter(phase=Phase.AWAITING_PAYMENT, ended_at=None)
    agreed = Proposal.objects.filter(order__ended_at=None, state=Proposal.APPROVED)
    offered = Tip.objects.filter(order__ended_at=None, paid_at=None)
    return {
        "order": [(pk, 0) for pk in waiting.values_list("pk", flat=True)],
        "supplement": list(agreed.values_list("order_id", "pk")),
        "tip": list(offered.values_list("order_id", "pk")),
    }


def refunding_order_ids() -> list[int]:
    """Open orders of whose money some is on its way back."""
    return list(Order.objects.filter(refunded_fen__lt=F("refund_fen"), ended_at=None).values_list("pk", flat=True))


def untold_refunds(done: Mapping[int, int]) -> dict[int, int]:
    """Of these refunds (id -> order id), which the gateway has made, those whose order does not know it yet."""
    keys = {f"refund:{refund_id}:done": refund_id for refund_id in done}
    told = OrderStep.objects.filter(order_id__in=done.values(), key__in=keys).values_list("key", flat=True)
    return {refund_id: done[refund_id] for refund_id in set(keys.values()) - {keys[key] for key in told}}


def ordered_between(since: datetime, until: datetime) -> dict[int, int]:
    """By service: how many orders were placed from then on, before `until`."""
    placed = Order.objects.filter(placed_at__gte=since, placed_at__lt=until)
    rows = placed.values_list("service_id").annotate(times=Count("pk"))
    return dict(rows.order_by())


def exhausted_order_ids(city: str) -> list[int]:
    """Orders of the city that wait because there was nobody, the soonest visit first."""
    waiting = Order.objects.filter(city=city, phase=Phase.DISPATCHING, exhausted=True, ended_at=None)
    return list(waiting.order_by("starts_at").values_list("pk", flat=True)[:50])


def travelling_orders() -> list[Order]:
    """Orders whose worker is on his way."""
    return list(Order.objects.filter(phase=Phase.EN_ROUTE, ended_at=None))


def alarmed_order_ids(kind: str) -> set[int]:
    """Orders with an open alarm of this kind."""
    open_alarms = Alarm.objects.filter(kind=kind, cleared_at=None).exclude(order=None)
    return {order_id for order_id in open_alarms.values_list("order_id", flat=True) if order_id}
