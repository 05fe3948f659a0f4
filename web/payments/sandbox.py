"""The sandbox gateway: a stand-in that keeps its own books and signs what it says, so that no code path is special.

It plays both sides that a real one has: the interface the platform calls (open, close, refund), and the cashier where a
customer pays, whose result is a signed callback. HMAC-SHA256 over the exact body bytes with `settings.GATEWAY_KEY`.
"""

import hashlib
import hmac
import json
import secrets

from django.conf import settings
from django.db import transaction

from web.errors import DoorbellError
from web.payments.models import SandboxTrade

OPEN, PAID, CLOSED, DONE = "open", "paid", "closed", "done"


def sign(body: bytes) -> str:
    """Hex HMAC-SHA256 of a callback's body."""
    return hmac.new(settings.GATEWAY_KEY.encode(), body, hashlib.sha256).hexdigest()


def open_trade(*, out_number: str, amount_fen: int) -> str:
    """Make a trade to be paid; the same `out_number` again returns the same trade's number."""
    trade, _ = SandboxTrade.objects.get_or_create(
        out_number=out_number,
        defaults={"number": _number(), "kind": "payment", "amount_fen": amount_fen, "state": OPEN},
    )
    return trade.number


def close_trade(*, out_number: str) -> bool:
    """Close an unpaid trade. False when it had been paid first: its callback is on the way."""
    SandboxTrade.objects.filter(out_number=out_number, state=OPEN).update(state=CLOSED)
    return not SandboxTrade.objects.filter(out_number=out_number, state=PAID).exists()


def refund(*, out_number: str, amount_fen: int) -> str:
    """Give money back; idempotent by `out_number`. Returns the refund's number, which is final here at once."""
    trade, _ = SandboxTrade.objects.get_or_create(
        out_number=out_number,
        defaults={"number": _number(), "kind": "refund", "amount_fen": amount_fen, "state": DONE},
    )
    return trade.number


@transaction.atomic
def pay_at_cashier(*, out_number: str) -> bytes:
    """The customer pays: returns the callback's body, to be signed. Paying twice returns the same callback again.

    Raises DoorbellError not_payable for a trade that is closed or unknown.
    """
    trade = SandboxTrade.objects.select_for_update().filter(out_number=out_number, kind="payment").first()
    if trade is None or trade.state == CLOSED:
        raise DoorbellError("not_payable")
    trade.state = PAID
    trade.save(update_fields=["state"])
    callback = {
        "event_id": f"sandbox:{trade.number}:paid",
        "kind": "payment",
        "out_number": out_number,
        "number": trade.number,
        "amount_fen": trade.amount_fen,
    }
    return json.dumps(callback).encode()


def _number() -> str:
    return f"SB{secrets.token_hex(12)}"
