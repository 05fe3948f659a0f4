"""Reading 异常: what its clock asks for next, which there are, and how one is shown to whom."""

from collections.abc import Sequence

from django.db.models import QuerySet

from web.accounts.models import User
from web.accounts.scope import of_his_city
from web.orders.exception_schemas import ExceptionCard, ExceptionPlace
from web.orders.models import Order, OrderException
from web.photos.schemas import PhotoCard
from workflows.messages import Timer
from workflows.transitions import EXCEPTION_TYPES, Move, Role

ROLE_NAMES = dict(OrderException.ROLES)


def timers_of(order: Order) -> list[Timer]:
    """What the open exceptions want done when nobody does anything: the manager is called, then the terms decide.

    The clock decides only where it may of every one that is open.
    """
    exceptions = order.open_exceptions
    timers = [timer for exception in exceptions for timer in _escalations(exception)]
    defaults = [exception.default_due for exception in exceptions if exception.default_due]
    if exceptions and len(defaults) == len(exceptions):
        timers.append(
            Timer(Move.EXCEPTION_LAPSED, f"exception:{exceptions[-1].pk}:lapsed", max(defaults), exceptions[-1].pk)
        )
    return timers


def exceptions_of(order: Order) -> QuerySet[OrderException]:
    """The order's exceptions, oldest first, with the people in them."""
    return order.exceptions.select_related("raised_by", "answered_by", "solved_by").order_by("pk")


def exceptions_visible_to(actor: User) -> QuerySet[OrderException]:
    """Staff see their city's or all; others see theirs on the order."""
    exceptions = OrderException.objects.select_related("raised_by", "answered_by", "solved_by")
    return of_his_city(exceptions, actor)


def exception_card(
    exception: OrderException, actor: User, *, photos: Sequence[PhotoCard] = (), whole: bool = True
) -> ExceptionCard:
    """One exception as `actor` may see it. whole: with its text and place; without, for lists. photos: of it.

    What somebody wrote about the other one is between him and the platform, and that he feels in danger is too.
    """
    staff, mine = actor.role == Role.STAFF, exception.raised_by_id == actor.pk
    type = exception.type if staff or mine or exception.type != OrderException.SAFETY else "other"
    return ExceptionCard(
        id=exception.pk,
        order_id=exception.order_id,
        city=exception.city,
        type=type,
        type_name=EXCEPTION_TYPES[type],
        phase=exception.phase,
        role=exception.raised_role,
        by=exception.raised_by.display_name
        if exception.raised_role != Role.CUSTOMER
        else ROLE_NAMES[exception.raised_role],
        raised_at=exception.raised_at,
        mine=mine,
        text=exception.text if whole and (staff or mine) else None,
        photos=list(photos) if whole and (staff or mine) else [],
        place=_place(exception) if whole and staff else None,
        answer_due=exception.answer_due,
        answered_at=exception.answered_at,
        answered_by=exception.answered_by.display_name if staff and exception.answered_by else None,
        answer_s=exception.answer_s,
        solve_due=exception.solve_due,
        solved_at=exception.solved_at,
        solved_by=exception.solved_by.display_name if staff and exception.solved_by else None,
        solve_s=exception.solve_s,
        outcome=exception.outcome,
        outcome_name=OrderException.OUTCOMES.get(exception.outcome, ""),
        cost_fen=exception.cost_fen if staff else None,
        level=exception.level if staff else None,
    )


def _place(exception: OrderException) -> ExceptionPlace | None:
    lng, _, lat = exception.place.partition(",")
    return ExceptionPlace(lng=float(lng), lat=float(lat)) if lat else None


def _escalations(exception: OrderException) -> list[Timer]:
    timers = []
    if exception.answered_at is None and exception.level < OrderException.MANAGER:
        key = f"exception:{exception.pk}:unanswered"
        timers.append(Timer(Move.EXCEPTION_UNANSWERED, key, exception.answer_due, exception.pk))
    if exception.level < OrderException.OVERDUE:
        timers.append(
            Timer(Move.EXCEPTION_UNSOLVED, f"exception:{exception.pk}:unsolved", exception.solve_due, exception.pk)
        )
    return timers
