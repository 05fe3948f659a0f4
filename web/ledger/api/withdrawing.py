"""Withdrawals over HTTP: the worker asks, staff review, and see what does not move."""

from typing import Any, Literal

from asgiref.sync import sync_to_async
from django.conf import settings
from ninja import Query, Router
from ninja.params import functions as param_functions

from web.accounts.auth import SignedRequest, require
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger import selectors, withdrawals
from web.ledger.models import Withdrawal
from web.ledger.schemas import (
    ReviewRequest,
    WithdrawalCard,
    WithdrawalForStaff,
    WithdrawalList,
    WithdrawalPage,
    WithdrawalRequest,
)
from web.openapi import refusals
from web.orders import services
from web.orders.api.booking import IdempotencyKey, required
from web.orders.cards import Named
from web.payments import sandbox
from web.payments.gateways import payout_number
from web.schemas import Id
from workflows import client
from workflows.messages import PayoutStart
from workflows.transitions import Role

router = Router()

WORKER, STAFF = require(Role.WORKER), require(Role.STAFF)
REFUSED = refusals(
    "withdrawal_open", "withdrawal_too_small", "balance_too_small", "withdrawal_limit", "idempotency_mismatch"
)
PAGE = 100
# As `before` in web/orders/api/reading.py.
AFTER: Any = param_functions.Query(0, ge=0, le=2**63 - 1)
State = Literal["", "requested", "approved", "waiting", "paid", "declined", "returned"]


@router.post("/worker/withdrawals", auth=WORKER, response=WithdrawalCard, openapi_extra=REFUSED)
def request_withdrawal(request: SignedRequest, payload: WithdrawalRequest, key: IdempotencyKey = "") -> WithdrawalCard:
    """Ask for so much of my balance; the same key again returns the same withdrawal."""
    row, fresh = withdrawals.request_withdrawal(
        worker=request.auth, amount_fen=payload.amount_fen, channel=payload.channel, key=required(key)
    )
    if fresh:
        services.alarm_withdrawal(withdrawal_id=row.pk)  # after the commit; what is missed here, the sweep does
    return _card(row)


@router.get("/worker/withdrawals", auth=WORKER, response=WithdrawalPage)
def list_mine(request: SignedRequest) -> WithdrawalPage:
    """What I asked for, and what I may ask for now."""
    balance, terms = selectors.balances_of(request.auth), withdrawals.terms_of(request.auth)
    rows = withdrawals.visible_to(request.auth).order_by("-pk")[:100]
    return WithdrawalPage(
        items=[_card(row) for row in rows],
        free_fen=max(balance.free_fen, 0),
        min_fen=terms.min_fen,
        daily_fen=terms.daily_fen,
    )


@router.get("/withdrawals", auth=STAFF, response=WithdrawalList)
def list_withdrawals(request: SignedRequest, state: Query[State] = "requested", after: int = AFTER) -> WithdrawalList:
    """Withdrawals of my city's workers, and its customers' compensations, in a state ("" for all), the oldest first."""
    rows = withdrawals.visible_to(request.auth).filter(pk__gt=after).order_by("pk")
    page = list((rows.filter(state=state) if state else rows)[: PAGE + 1])
    return WithdrawalList(
        items=[_for_staff(row) for row in page[:PAGE]],
        next_after=page[PAGE - 1].pk if len(page) > PAGE else None,
    )


@router.get(
    "/withdrawals/{withdrawal_id}", auth=STAFF, response=WithdrawalForStaff, openapi_extra=refusals("not_found")
)
def get_withdrawal(request: SignedRequest, withdrawal_id: Id) -> WithdrawalForStaff:
    """One of them."""
    return _for_staff(_visible(request.auth, withdrawal_id))


@router.post(
    "/withdrawals/{withdrawal_id}/review",
    auth=STAFF,
    response=WithdrawalForStaff,
    openapi_extra=refusals("not_found", "withdrawal_decided"),
)
async def review(request: SignedRequest, withdrawal_id: Id, payload: ReviewRequest) -> WithdrawalForStaff:
    """Have it paid, or put it back into the worker's balance, for a reason."""
    card = await sync_to_async(_review)(request.auth, withdrawal_id, payload)
    if payload.approve:
        # After the commit; what is missed here, the sweep starts.
        await client.move_payout(await sync_to_async(_start)(withdrawal_id))
    return card


@router.post(
    "/withdrawals/{withdrawal_id}/retry",
    auth=STAFF,
    response=WithdrawalForStaff,
    openapi_extra=refusals("not_found", "not_allowed", "unavailable"),
)
async def retry(request: SignedRequest, withdrawal_id: Id) -> WithdrawalForStaff:
    """Ask the channel now, about one that is under way."""
    card = await sync_to_async(_under_way)(request.auth, withdrawal_id)
    if not await client.move_payout(await sync_to_async(_start)(withdrawal_id)):
        raise DoorbellError("unavailable")
    return card


@router.post(
    "/sandbox/withdrawals/{withdrawal_id}/confirm",
    auth=require(Role.WORKER, Role.CUSTOMER),
    response=WithdrawalCard,
    openapi_extra=refusals("not_found"),
)
async def confirm(request: SignedRequest, withdrawal_id: Id) -> WithdrawalCard:
    """Confirm it in the sandbox's wallet: demo and tests only, no money moves."""
    card = await sync_to_async(_confirm)(request.auth, withdrawal_id)
    await client.move_payout(await sync_to_async(_start)(withdrawal_id))
    return card


def _review(staff: User, withdrawal_id: int, payload: ReviewRequest) -> WithdrawalForStaff:
    row = withdrawals.review_withdrawal(
        staff=staff, withdrawal_id=withdrawal_id, approve=payload.approve, reason=payload.reason
    )
    services.alarm_withdrawal(withdrawal_id=withdrawal_id)
    return _for_staff(row)


def _under_way(staff: User, withdrawal_id: int) -> WithdrawalForStaff:
    check_allowed(staff, "payments.retry_payout")
    row = _visible(staff, withdrawal_id)
    if row.state not in (Withdrawal.APPROVED, Withdrawal.WAITING):
        raise DoorbellError("not_allowed", details={"state": row.state})
    return _for_staff(row)


def _confirm(payee: User, withdrawal_id: int) -> WithdrawalCard:
    row = _visible(payee, withdrawal_id)
    if not settings.PAYMENT_SANDBOX or row.state not in (Withdrawal.APPROVED, Withdrawal.WAITING):
        raise DoorbellError("not_found")
    sandbox.end_payout(out_number=payout_number(withdrawal_id), state=sandbox.SUCCESS)
    return _card(row)


def _start(withdrawal_id: int) -> PayoutStart:
    return withdrawals.start_of(withdrawals.withdrawal(withdrawal_id))


def _visible(actor: User, withdrawal_id: int) -> Withdrawal:
    row = withdrawals.visible_to(actor).filter(pk=withdrawal_id).first()
    if row is None:
        raise DoorbellError("not_found")
    return row


def _card(row: Withdrawal) -> WithdrawalCard:
    return WithdrawalCard(**withdrawals.withdrawal_card(row))


def _for_staff(row: Withdrawal) -> WithdrawalForStaff:
    named = Named(id=row.payee_id, name=row.payee.display_name)
    return WithdrawalForStaff(**withdrawals.withdrawal_card(row), payee=named, note=row.note)
