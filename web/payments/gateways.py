"""The border to payment gateways: one small interface, one adapter each. Only here a channel chooses code."""

import hmac
import json
from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from web.errors import DoorbellError
from web.payments import sandbox
from web.schemas import line


class Paid(BaseModel):
    """What a gateway says of a trade that was paid, by its message or when it is asked. Amounts are fen.

    event_id: one per fact, prefixed by the channel; out_number: our number of the payment; number: the gateway's.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    event_id: Annotated[str, line(80, minimum=1)]
    kind: Literal["payment"]
    out_number: str
    number: Annotated[str, line(64, minimum=1)]
    amount_fen: Annotated[int, Field(ge=0, le=2**31 - 1)]


class Contradiction(Exception):
    """A gateway says one thing and then another: nothing is booked before it agrees with itself."""


class GivenBack(BaseModel):
    """What a gateway says of a refund when it is asked: its number, and fen."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: Annotated[str, line(64, minimum=1)]
    amount_fen: int


class PaidOut(GivenBack):
    """What a gateway says of a payout when it is asked. The last three states are ends."""

    state: Literal["accepted", "wait_user_confirm", "success", "failed", "expired"]


class Gateway(Protocol):
    """What the platform asks of a gateway. Every call may be repeated with the same numbers; amounts are fen.

    out_number is our number of a payment, out_refund_number that of a refund. Calls may raise anything when the
    gateway is away or says no: only retried activities make them.
    """

    def open(self, *, out_number: str, amount_fen: int) -> str:
        """Returns the gateway's number of the trade."""

    def close(self, *, out_number: str) -> bool:
        """False when the customer had paid first: `query` says what."""

    def query(self, *, out_number: str) -> Paid | None:
        """What was paid; None for a trade that was not."""

    def refund(self, *, out_number: str, out_refund_number: str, total_fen: int, refund_fen: int) -> str:
        """Give `refund_fen` of the payment of `total_fen` back. Returns the gateway's number of the refund."""

    def query_refund(self, *, out_refund_number: str) -> GivenBack | None:
        """What was given back; None where nothing was."""

    def pay_out(self, *, out_number: str, receiver: int, amount_fen: int) -> str:
        """Pay so much to the wallet of a user of ours. Returns the gateway's number of the payout."""

    def query_payout(self, *, out_number: str) -> PaidOut | None:
        """How a payout goes; None for one the gateway has never heard of."""

    def read_callback(self, *, headers: Mapping[str, str], body: bytes) -> Paid:
        """A callback, once its signature over the exact bytes was found right.

        Raises DoorbellError bad_signature, invalid_request (unreadable).
        """


class SandboxGateway:
    """The sandbox behind the interface."""

    def open(self, *, out_number: str, amount_fen: int) -> str:
        """See Gateway."""
        return sandbox.open_trade(out_number=out_number, amount_fen=amount_fen)

    def close(self, *, out_number: str) -> bool:
        """See Gateway."""
        return sandbox.close_trade(out_number=out_number)

    def query(self, *, out_number: str) -> Paid | None:
        """See Gateway."""
        body = sandbox.query_trade(out_number=out_number)
        return Paid.model_validate(json.loads(body)) if body else None

    def refund(self, *, out_number: str, out_refund_number: str, total_fen: int, refund_fen: int) -> str:
        """See Gateway."""
        return sandbox.refund(
            out_number=out_number, out_refund_number=out_refund_number, total_fen=total_fen, refund_fen=refund_fen
        )

    def query_refund(self, *, out_refund_number: str) -> GivenBack | None:
        """See Gateway."""
        said = sandbox.query_refund(out_refund_number=out_refund_number)
        return GivenBack(number=said[0], amount_fen=said[1]) if said else None

    def pay_out(self, *, out_number: str, receiver: int, amount_fen: int) -> str:
        """See Gateway. The sandbox has one receiver: whoever confirms it."""
        return sandbox.pay_out(out_number=out_number, amount_fen=amount_fen)

    def query_payout(self, *, out_number: str) -> PaidOut | None:
        """See Gateway."""
        said = sandbox.query_payout(out_number=out_number)
        return PaidOut.model_validate(dict(zip(("number", "amount_fen", "state"), said, strict=True))) if said else None

    def read_callback(self, *, headers: Mapping[str, str], body: bytes) -> Paid:
        """See Gateway."""
        signature = headers.get(sandbox.SIGNATURE, "")
        # As bytes: compare_digest() raises on text beyond ASCII, and a header may hold anything.
        if not hmac.compare_digest(sandbox.sign(body).encode(), signature.encode(errors="replace")):
            raise DoorbellError("bad_signature")
        try:
            return Paid.model_validate(json.loads(body))
        except (ValueError, RecursionError, ValidationError):
            raise DoorbellError("invalid_request") from None


GATEWAYS: dict[str, Gateway] = {"sandbox": SandboxGateway()}


def gateway_for(channel: str) -> Gateway:
    """The adapter of a channel. Raises DoorbellError invalid_request for one we do not have."""
    if channel not in GATEWAYS:
        raise DoorbellError("invalid_request", details={"channel": sorted(GATEWAYS)})
    return GATEWAYS[channel]


def payment_number(payment_id: int) -> str:
    """Our number of a payment at its gateway."""
    return f"P{payment_id}"


def payment_id_of(out_number: str) -> int:
    """The payment that has this number; 0 for what is no number of ours."""
    digits = out_number.removeprefix("P")
    return int(digits) if digits.isdecimal() else 0


def refund_number(refund_id: int) -> str:
    """Our number of a refund at its gateway."""
    return f"R{refund_id}"


def payout_number(withdrawal_id: int) -> str:
    """Our number of a withdrawal at its gateway."""
    return f"W{withdrawal_id}"
