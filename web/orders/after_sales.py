"""Reading 售后 cases: what the actor must remember of them, and whether somebody is about to open one."""

from collections.abc import Sequence

from django.utils import timezone

from web.orders.case_schemas import CaseCard, LinkedOrder
from web.orders.models import AfterSalesCase, Order
from web.orders.pending import is_pending
from web.photos.schemas import PhotoCard
from workflows.messages import Timer
from workflows.transitions import Move, Phase


def case_card(case: AfterSalesCase, *, photos: Sequence[PhotoCard] = ()) -> CaseCard:
    """A case for its customer and for staff, who see all of it. photos: of it."""
    return CaseCard(
        id=case.pk,
        kind=case.kind,
        text=case.text,
        photos=list(photos),
        opened_at=case.opened_at,
        due_at=case.due_at,
        outcome=case.outcome,
        answer=case.answer,
        answered_at=case.answered_at,
        refund_fen=case.refund.amount_fen if case.refund else None,
        rework=LinkedOrder.of(case.rework) if case.rework else None,
    )


def timers_of(order: Order) -> list[Timer]:
    """When an open case becomes overdue, as long as nobody was told so."""
    if order.open_case_id is None or order.case_overdue:
        return []
    due_at = AfterSalesCase.objects.values_list("due_at", flat=True).get(pk=order.open_case_id)
    return [Timer(Move.CASE_OVERDUE.value, f"case:{order.open_case_id}:overdue", due_at, order.open_case_id)]


def is_in_warranty(case: AfterSalesCase) -> bool:
    """Whether it may be made good free. Judged by when it was complained of: that we took long to answer costs nobody
    his right.
    """
    until = case.order.warranty_until
    return until is not None and case.opened_at <= until


def is_claimable(order: Order) -> bool:
    """Whether its customer may open a case now."""
    open_until = order.review_until
    return order.open_case_id is None and open_until is not None and timezone.now() <= open_until


def is_being_claimed(order: Order) -> bool:
    """Whether a claim was received in time, is still valid, and waits for the actor."""
    if order.phase != Phase.COMPLETED or order.review_until is None:
        return False
    return is_pending(order.pk, Move.CLAIM, by=order.review_until)
