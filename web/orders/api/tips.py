"""Tips over HTTP: offered as a command, paid as the order was."""

from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest
from web.accounts.models import User
from web.openapi import refusals
from web.orders import services
from web.orders.api.booking import IdempotencyKey, opened, visible_order
from web.orders.api.commands import ANSWERS, CUSTOMER, Answer
from web.orders.api.commands import give_command as give
from web.orders.booking_schemas import PaymentOpened, PayRequest
from web.orders.command_schemas import TipRequest
from web.schemas import Id
from workflows.transitions import Move

if TYPE_CHECKING:
    from web.payments.models import Payment

router = Router()

REFUSALS = refusals("not_found", "not_allowed", "order_ended", "tip_amount")


@router.post("/orders/{order_id}/tip", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS)
async def tip(request: SignedRequest, order_id: Id, payload: TipRequest, key: IdempotencyKey = "") -> Answer:
    """Offer the worker something on top; pay it next."""
    return await give(request, order_id, Move.TIP, key, payload.model_dump())


@router.post(
    "/orders/{order_id}/tip/pay",
    auth=CUSTOMER,
    response=PaymentOpened,
    openapi_extra=refusals("not_found", "not_payable"),
)
async def pay_tip(request: SignedRequest, order_id: Id, payload: PayRequest) -> PaymentOpened:
    """Open the payment of the tip that was offered last; asking again returns the same one."""
    return await opened(await sync_to_async(_open)(request.auth, order_id, payload.channel))


def _open(user: User, order_id: int, channel: str) -> "Payment":
    return services.request_tip_payment(order=visible_order(user, order_id), channel=channel)
