"""The sandbox gateway: a stand-in that keeps its own books and signs what it says, so that no code path is special.

It plays both sides that a real one has: the interface the platform calls (open, close, query, refund), and the cashier
where a customer pays, whose result is a signed callback. HMAC-SHA256 over the exact body bytes with
`settings.GATEWAY_KEY`. Money that it holds cannot be given back for a while, as on a real merchant's empty account.
"""

import hashlib
import hmac
import json
import secrets

from django.conf import settings
from django.db import transaction

from web.errors import DoorbellError
from web.payments.models import SandboxTrade

OPEN, PAID, HELD, CLOSED, DONE = "open", "paid", "held", "closed", "done"
SIGNATURE = "X-Signature"
"""The header that carries a callback's signature."""


class Declined(Exception):
    """The sandbox does not give this money back, or not now."""


def sign(body: bytes) -> str:
    """Hex HMAC-SHA256 of a callback's body."""
    return hmac.new(settings.GATEWAY_KEY.encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes) -> dict[str, str]:
    """The headers of a callback with this body."""
    return {SIGNATURE: sign(body)}


def open_trade(*, out_number: str, amount_fen: int) -> str:
    """Make a trade to be paid; the same `out_number` again returns the same trade's number."""
    trade, _ = SandboxTrade.objects.get_or_create(
        out_number=out_number,
        defaults={"number": _number(), "kind": "payment", "amount_fen": amount_fen, "state": OPEN},
    )
    return trade.number


def close_trade(*, out_number: str) -> bool:
    """Close an unpaid trade. False when it had been paid first: its callback is on the way, or was lost."""
    SandboxTrade.objects.filter(out_number=out_number, state=OPEN).update(state=CLOSED)
    return not SandboxTrade.objects.filter(out_number=out_number, state__in=(PAID, HELD)).exists()


def query_trade(*, out_number: str) -> bytes | None:
    """What the callback of a paid trade says; None for one that was not paid."""
    trade = SandboxTrade.objects.filter(out_number=out_number, kind="payment", state__in=(PAID, HELD)).first()
    return _callback_of(trade) if trade else None


def refund(*, out_number: str, out_refund_number: str, total_fen: int, refund_fen: int) -> str:
    """Give money of a paid trade back; idempotent by `out_refund_number`. Returns the refund's number, which is final
    here at once.

    Raises Declined for a trade that was not paid, is of another total, or whose money is held.
    """
    paid = SandboxTrade.objects.filter(out_number=out_number, kind="payment", state=PAID, amount_fen=total_fen)
    if refund_fen > total_fen or not paid.exists():
        raise Declined(out_refund_number)
    trade, _ = SandboxTrade.objects.get_or_create(
        out_number=out_refund_number,
        defaults={"number": _number(), "kind": "refund", "amount_fen": refund_fen, "state": DONE},
    )
    return trade.number


def hold(*, out_number: str) -> None:
    """Decline every refund of a paid trade until `release`."""
    SandboxTrade.objects.filter(out_number=out_number, state=PAID).update(state=HELD)


def release(*, out_number: str) -> None:
    """See `hold`."""
    SandboxTrade.objects.filter(out_number=out_number, state=HELD).update(state=PAID)


@transaction.atomic
def pay_at_cashier(*, out_number: str) -> bytes:
    """The customer pays: returns the callback's body, to be signed. Paying twice returns the same callback again.

    Raises DoorbellError not_payable for a trade that is closed or unknown.
    """
    trade = SandboxTrade.objects.select_for_update().filter(out_number=out_number, kind="payment").first()
    if trade is None or trade.state == CLOSED:
        raise DoorbellError("not_payable")
    if trade.state == OPEN:
        trade.state = PAID
        trade.save(update_fields=["state"])
    return _callback_of(trade)


def _callback_of(trade: SandboxTrade) -> bytes:
    callback = {
        "event_id": f"sandbox:{trade.number}:paid",
        "kind": "payment",
        "out_number": trade.out_number,
        "number": trade.number,
        "amount_fen": trade.amount_fen,
    }
    return json.dumps(callback).encode()


def _number() -> str:
    return f"SB{secrets.token_hex(12)}"
