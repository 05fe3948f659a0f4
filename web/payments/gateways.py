"""The border to payment gateways: one small interface, one adapter each. Only here a channel chooses code."""

from typing import Protocol

from web.errors import DoorbellError
from web.payments import sandbox


class Gateway(Protocol):
    """What the platform asks of a gateway. Every call is idempotent by `out_number`; amounts are fen.

    Calls may raise anything when the gateway is away: only retried activities make them.
    """

    def open(self, *, out_number: str, amount_fen: int) -> str: ...
    def close(self, *, out_number: str) -> bool: ...
    def refund(self, *, out_number: str, amount_fen: int) -> str: ...


class SandboxGateway:
    """The sandbox behind the interface."""

    def open(self, *, out_number: str, amount_fen: int) -> str:
        """Returns the gateway's number of the trade."""
        return sandbox.open_trade(out_number=out_number, amount_fen=amount_fen)

    def close(self, *, out_number: str) -> bool:
        """False when the customer had paid first."""
        return sandbox.close_trade(out_number=out_number)

    def refund(self, *, out_number: str, amount_fen: int) -> str:
        """Returns the gateway's number of the refund."""
        return sandbox.refund(out_number=out_number, amount_fen=amount_fen)


GATEWAYS: dict[str, Gateway] = {"sandbox": SandboxGateway()}


def gateway_for(channel: str) -> Gateway:
    """The adapter of a channel. Raises DoorbellError invalid_request for one we do not have."""
    if channel not in GATEWAYS:
        raise DoorbellError("invalid_request", details={"channel": sorted(GATEWAYS)})
    return GATEWAYS[channel]


def payment_number(payment_id: int) -> str:
    """Our number of a payment at its gateway."""
    return f"P{payment_id}"


def refund_number(refund_id: int) -> str:
    """Our number of a refund at its gateway."""
    return f"R{refund_id}"
