"""Reading 异常: what its clock asks for next, which there are, and how one is shown to whom."""

from collections.abc import Sequence

from django.db.models import QuerySet

from web.accounts.models import User
from web.orders.exception_schemas import ExceptionCard, ExceptionPlace
from web.orders.models import ExceptionCase, Order
from web.photos.schemas import PhotoCard
from workflows.messages import Timer
from workflows.transitions import EXCEPTION_TYPES, Move, Role

ROLE_NAMES = dict(ExceptionCase.ROLES)


def timers_of(order: Order) -> list[Timer]:
    """What the open exceptions want done when nobody does anything: the manager is called, then the terms decide.

    The clock decides only where it may of every one that is open.
    """
    cases = order.open_cases
    timers = [timer for case in cases for timer in _escalations(case)]
    defaults = [case.default_due for case in cases if case.default_due]
    if cases and len(defaults) == len(cases):
        timers.append(Timer(Move.EXCEPTION_LAPSED, f"exception:{cases[-1].pk}:lapsed", max(defaults), cases[-1].pk))
    return timers


def cases_of(order: Order) -> QuerySet[ExceptionCase]:
    """The order's exceptions, oldest first, with the people in them."""
    return order.cases.select_related("raised_by", "answered_by", "solved_by").order_by("pk")


def cases_visible_to(actor: User) -> QuerySet[ExceptionCase]:
    """Staff see their city's or all; others see theirs on the order."""
    cases = ExceptionCase.objects.select_related("raised_by", "answered_by", "solved_by")
    if actor.role != Role.STAFF or not actor.city:
        return cases.none()
    return cases if actor.is_everywhere else cases.filter(city=actor.city)


def case_card(
    case: ExceptionCase, actor: User, *, photos: Sequence[PhotoCard] = (), whole: bool = True
) -> ExceptionCard:
    """One exception as `actor` may see it. whole: with its text and place; without, for lists. photos: of it.

    What somebody wrote about the other one is between him and the platform, and that he feels in danger is too.
    """
    staff, mine = actor.role == Role.STAFF, case.raised_by_id == actor.pk
    type = case.type if staff or mine or case.type != ExceptionCase.SAFETY else "other"
    return ExceptionCard(
        id=case.pk,
        order_id=case.order_id,
        city=case.city,
        type=type,
        type_name=EXCEPTION_TYPES[type],
        phase=case.phase,
        role=case.raised_role,
        by=case.raised_by.display_name if case.raised_role != Role.CUSTOMER else ROLE_NAMES[case.raised_role],
        raised_at=case.raised_at,
        mine=mine,
        text=case.text if whole and (staff or mine) else None,
        photos=list(photos) if whole and (staff or mine) else [],
        place=_place(case) if whole and staff else None,
        answer_due=case.answer_due,
        answered_at=case.answered_at,
        answered_by=case.answered_by.display_name if staff and case.answered_by else None,
        answer_s=case.answer_s,
        solve_due=case.solve_due,
        solved_at=case.solved_at,
        solved_by=case.solved_by.display_name if staff and case.solved_by else None,
        solve_s=case.solve_s,
        outcome=case.outcome,
        outcome_name=ExceptionCase.OUTCOMES.get(case.outcome, ""),
        cost_fen=case.cost_fen if staff else None,
        level=case.level if staff else None,
    )


def _place(case: ExceptionCase) -> ExceptionPlace | None:
    lng, _, lat = case.place.partition(",")
    return ExceptionPlace(lng=float(lng), lat=float(lat)) if lat else None


def _escalations(case: ExceptionCase) -> list[Timer]:
    timers = []
    if case.answered_at is None and case.level < ExceptionCase.MANAGER:
        key = f"exception:{case.pk}:unanswered"
        timers.append(Timer(Move.EXCEPTION_UNANSWERED, key, case.answer_due, case.pk))
    if case.level < ExceptionCase.OVERDUE:
        timers.append(Timer(Move.EXCEPTION_UNSOLVED, f"exception:{case.pk}:unsolved", case.solve_due, case.pk))
    return timers
