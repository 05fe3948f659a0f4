"""售后 over HTTP: a customer claims, staff look at what they could answer, and answer."""

import json
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest
from web.accounts.models import User
from web.errors import DoorbellError
from web.openapi import refusals
from web.orders import selectors
from web.orders.after_sales import case_card, is_in_warranty
from web.orders.api.booking import IdempotencyKey, visible_order
from web.orders.api.commands import ANSWERS, CUSTOMER, STAFF, Answer, give_command
from web.orders.case_schemas import (
    AnswerCaseRequest,
    CaseOutlook,
    ClaimRequest,
    RefundableLine,
    RefundOutlook,
    ReworkOutlook,
)
from web.orders.conversation import photos_of
from web.orders.models import AfterSalesCase
from web.orders.permissions import outcomes_for
from web.orders.services.refunding import left_fen, left_of_line, price_fen, shares_of_order
from web.schemas import Id
from workflows import client
from workflows.transitions import Move

if TYPE_CHECKING:
    from web.orders.models import Order

router = Router()

COMMON = ("not_found", "not_allowed", "expired", "order_ended", "idempotency_mismatch")
PROMISED = ("refund_too_large", "line_unknown", "warranty_over", "too_soon", "too_far_ahead", "slot_taken")


@router.post(
    "/orders/{order_id}/claims",
    auth=CUSTOMER,
    response=ANSWERS,
    openapi_extra=refusals(*COMMON, "claim_too_late", "case_open", "photo_unknown"),
)
async def claim(request: SignedRequest, order_id: Id, payload: ClaimRequest, key: IdempotencyKey = "") -> Answer:
    """Something was not right: until the order's `review_until`, one case at a time."""
    choice = {"kind": payload.kind, "photos": ",".join(map(str, payload.photos))}
    return await give_command(request, order_id, Move.CLAIM, key, choice, typed=payload.text)


@router.get("/orders/{order_id}/cases/{case_id}", auth=STAFF, response=CaseOutlook, openapi_extra=refusals("not_found"))
def look_at_case(request: SignedRequest, order_id: Id, case_id: Id) -> CaseOutlook:
    """A case, and what an answer to it would do: what can go back and who would bear it, and what a return visit would
    be. The times it could have are those of `GET /orders/{id}/slots`.
    """
    order, case = _case(request.auth, order_id, case_id)
    return CaseOutlook(
        case=case_card(case, photos=photos_of(order, "case").get(case.pk, ())),
        outcomes=outcomes_for(request.auth),
        refund=_refund_outlook(order),
        rework=_rework_outlook(order, case),
    )


@router.post(
    "/orders/{order_id}/cases/{case_id}/answer",
    auth=STAFF,
    response=ANSWERS,
    openapi_extra=refusals(*COMMON, "case_closed", *PROMISED),
)
async def answer_case(
    request: SignedRequest, order_id: Id, case_id: Id, payload: AnswerCaseRequest, key: IdempotencyKey = ""
) -> Answer:
    """The platform's answer, which the customer reads; what it promises is done with it."""
    choice = {"case_id": case_id, **payload.choice()}
    said = {"text": payload.text, "request": payload.rework.request if payload.rework else ""}
    typed = json.dumps(said, ensure_ascii=False)
    answer = await give_command(request, order_id, Move.ANSWER_CASE, key, choice, typed=typed)
    if payload.rework and (rework_id := await sync_to_async(_rework_id)(case_id)):
        # After the commit, as for any new order: what is missed here, the sweep starts.
        await client.start_order(rework_id)
    return answer


def _case(actor: User, order_id: int, case_id: int) -> "tuple[Order, AfterSalesCase]":
    order = visible_order(actor, order_id)
    case = order.cases.select_related("refund", "rework").filter(pk=case_id).first()
    if case is None:
        raise DoorbellError("not_found")
    return order, case


def _rework_id(case_id: int) -> int | None:
    try:
        return AfterSalesCase.objects.values_list("rework_id", flat=True).get(pk=case_id)
    finally:
        client.let_go_of_the_database()


def _refund_outlook(order: "Order") -> RefundOutlook:
    terms = selectors.policies_of(order).commission
    commission_bp = terms.bp_for() if order.commission_bp is None else order.commission_bp
    return RefundOutlook(
        left_fen=left_fen(order),
        lines=[
            RefundableLine(
                position=line.position, name=line.name, amount_fen=line.amount_fen, left_fen=left_of_line(line)
            )
            for line in order.lines.all()
        ],
        worker_bp=_worker_bp(order, commission_bp),
        settled=order.settled_at is not None,
    )


def _worker_bp(order: "Order", commission_bp: int) -> int:
    """His part of what goes back: with discounts that the platform bears he has more of the price than its rest."""
    price = price_fen(order)
    if not order.discount_fen or not price:
        return 10_000 - commission_bp
    return shares_of_order(order, price, commission_bp).worker_fen * 10_000 // price


def _rework_outlook(order: "Order", case: AfterSalesCase) -> ReworkOutlook:
    policies = selectors.policies_for(city=order.city, service_id=order.service_id)
    worker = order.worker
    return ReworkOutlook(
        free=is_in_warranty(case),
        warranty_until=order.warranty_until,
        worker=case.rework_by,
        first_worker={"id": worker.pk, "name": worker.display_name} if worker else None,
        duration_s=order.bought.duration_s,
        pay_fen=policies.warranty.rework_pay_fen,
    )
