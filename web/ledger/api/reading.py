"""The ledger over HTTP: a worker's day, and where an order's money is."""

from datetime import date

from ninja import Query, Router

from web.accounts.auth import SignedRequest, require
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger import statements
from web.ledger.schemas import OrderMoneyCard, StatementCard
from web.openapi import refusals
from web.orders import selectors as orders
from web.schemas import Id
from web.workforce import selectors as workforce
from workflows.transitions import Role

router = Router()


@router.get("/worker/statement", auth=require(Role.WORKER), response=StatementCard)
def get_statement(request: SignedRequest, day: Query[str]) -> StatementCard:
    """My day (YYYY-MM-DD): what I was owed before, what came and went, and what I am owed after it."""
    return _statement(request.auth, day)


@router.get(
    "/workers/{worker_id}/statement",
    auth=require(Role.STAFF),
    response=StatementCard,
    openapi_extra=refusals("not_found"),
)
def get_workers_statement(request: SignedRequest, worker_id: Id, day: Query[str]) -> StatementCard:
    """A worker's day, for staff of his city."""
    worker = workforce.visible_to(request.auth).filter(pk=worker_id).first()
    if worker is None:
        raise DoorbellError("not_found")
    return _statement(worker.user, day)


@router.get(
    "/orders/{order_id}/money",
    auth=require(Role.STAFF),
    response=OrderMoneyCard,
    openapi_extra=refusals("not_found"),
)
def get_money(request: SignedRequest, order_id: Id) -> OrderMoneyCard:
    """Where an order's money is, fact by fact."""
    if not orders.visible_to(request.auth).filter(pk=order_id).exists():
        raise DoorbellError("not_found")
    return OrderMoneyCard.model_validate(statements.money_of(order_id))


def _statement(worker: User, day: str) -> StatementCard:
    try:
        statement = statements.statement_of(worker, day=date.fromisoformat(day))
    except (ValueError, OverflowError):
        raise DoorbellError("invalid_request", details={"day": "YYYY-MM-DD"}) from None
    return StatementCard.model_validate({**statement, "day": day})
