"""The gateway's callbacks, and the sandbox's cashier."""

from collections.abc import Mapping

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from web.accounts.auth import SignedRequest, require
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.openapi import refusals
from web.payments import sandbox, selectors, services
from web.payments.gateways import payment_number
from web.payments.models import GatewayMessage, Refund
from web.schemas import Id, Schema
from workflows import client
from workflows.messages import PaymentStart, RefundStart
from workflows.transitions import Role

router = Router()


class Taken(Schema):
    """The message is in the inbox; the gateway need not call again."""

    code: str = "SUCCESS"


class PaidAtCashier(Schema):
    """The sandbox has taken the money; the platform hears of it by the gateway's message."""

    payment_id: int


class RefundCard(Schema):
    """A refund; needs_ops: its gateway does not take it, and it is tried on."""

    id: int
    amount_fen: int
    state: str
    needs_ops: bool


@router.post(
    "/payments/callbacks/{channel}", auth=None, response=Taken, openapi_extra=refusals("bad_signature", "not_found")
)
async def receive_callback(request: HttpRequest, channel: str) -> Taken:
    """A gateway speaks. Its signature over the exact bytes is the only proof of who it is; each has its own way."""
    await _hear(channel, request.headers, request.body)
    return Taken()


@router.post(
    "/sandbox/payments/{payment_id}/pay",
    auth=require(Role.CUSTOMER),
    response=PaidAtCashier,
    openapi_extra=refusals("not_found", "not_payable"),
)
async def pay_at_cashier(request: SignedRequest, payment_id: Id) -> PaidAtCashier:
    """Pay at the sandbox's cashier: demo and tests only, no money moves."""
    body = await sync_to_async(_pay)(request.auth, payment_id)
    await _hear("sandbox", sandbox.signed(body), body)
    return PaidAtCashier(payment_id=payment_id)


class PaymentCard(Schema):
    """A payment; needs_ops: its gateway does not say whether it was paid, and is asked on."""

    id: int
    amount_fen: int
    state: str
    needs_ops: bool


@router.post(
    "/payments/{payment_id}/retry",
    auth=require(Role.STAFF),
    response=PaymentCard,
    openapi_extra=refusals("not_found", "unavailable"),
)
async def retry_payment(request: SignedRequest, payment_id: Id) -> PaymentCard:
    """Ask now whether it was paid, where its gateway did not say; harmless for any other."""
    card, start = await sync_to_async(_payment)(request.auth, payment_id)
    if card.needs_ops and not await client.retry_payment(start):
        raise DoorbellError("unavailable")
    return card


@router.post(
    "/refunds/{refund_id}/retry",
    auth=require(Role.STAFF),
    response=RefundCard,
    openapi_extra=refusals("not_found", "unavailable"),
)
async def retry_refund(request: SignedRequest, refund_id: Id) -> RefundCard:
    """Try a refund now that its gateway did not take; harmless for one that is done."""
    card, start = await sync_to_async(_refund)(request.auth, refund_id)
    if card.state != Refund.DONE and not await client.retry_refund(start):
        raise DoorbellError("unavailable")
    return card


def _refund(user: User, refund_id: int) -> tuple[RefundCard, RefundStart]:
    check_allowed(user, "payments.retry_refund")
    refund = selectors.refunds_visible_to(user).filter(pk=refund_id).first()
    if refund is None:
        raise DoorbellError("not_found")
    return RefundCard.model_validate(refund), selectors.refund_start_of(refund_id)


def _payment(user: User, payment_id: int) -> tuple[PaymentCard, PaymentStart]:
    check_allowed(user, "payments.retry_payment")
    payment = selectors.visible_to(user).filter(pk=payment_id).first()
    if payment is None:
        raise DoorbellError("not_found")
    return PaymentCard.model_validate(payment), selectors.start_of(payment)


def _pay(user: User, payment_id: int) -> bytes:
    if not settings.PAYMENT_SANDBOX or not selectors.visible_to(user).filter(pk=payment_id).exists():
        raise DoorbellError("not_found")
    return sandbox.pay_at_cashier(out_number=payment_number(payment_id))


async def _hear(channel: str, headers: Mapping[str, str], body: bytes) -> None:
    """Stored first, told second: what cannot be told now, the sweep tells."""
    message, start = await sync_to_async(_receive)(channel, headers, body)
    if message.handled_at is None:
        await client.tell_payment(start, message.pk)


def _receive(channel: str, headers: Mapping[str, str], body: bytes) -> tuple[GatewayMessage, PaymentStart]:
    message = services.receive_callback(channel=channel, headers=headers, body=body)
    if message.payment is None:
        raise DoorbellError("not_found")
    return message, selectors.start_of(message.payment)
