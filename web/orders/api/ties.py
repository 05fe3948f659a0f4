"""What customer and worker of an order say of each other: whom he would rather have again, and whom never."""

from typing import Literal

from ninja import Router

from web.accounts import ties
from web.accounts.auth import SignedRequest, require
from web.errors import DoorbellError
from web.openapi import refusals
from web.orders.api.booking import visible_order
from web.schemas import Id, Schema
from workflows.transitions import Role

router = Router()


class TieChange(Schema):
    """favourite: a customer's only. none: takes back what was said."""

    kind: Literal["favourite", "blocked", "none"]


class TieCard(Schema):
    """A worker that the customer said something of."""

    worker_id: int
    name: str
    kind: Literal["favourite", "blocked"]


@router.put(
    "/orders/{order_id}/tie",
    auth=require(Role.CUSTOMER, Role.WORKER),
    response=TieChange,
    openapi_extra=refusals("not_found"),
)
def put_tie(request: SignedRequest, order_id: Id, payload: TieChange) -> TieChange:
    """The worker of my order, or as its worker its customer: a blocked pair is never matched again. The order stays."""
    order, role = visible_order(request.auth, order_id), Role(request.auth.role)
    if order.worker_id is None:
        raise DoorbellError("not_found")
    if payload.kind != "none" and payload.kind not in ties.KINDS[role]:
        raise DoorbellError("invalid_request", details={"kind": "not yours to say"})
    ties.put_tie(customer_id=order.customer_id, worker_id=order.worker_id, by=role, kind=payload.kind)
    return payload


@router.get("/ties", auth=require(Role.CUSTOMER), response=list[TieCard])
def list_ties(request: SignedRequest) -> list[TieCard]:
    """My favourites and whom I blocked, the newest first."""
    said = ties.said_by(request.auth)
    return [TieCard.model_validate({"worker_id": one.pk, "name": one.display_name, "kind": kind}) for one, kind in said]
