"""What a gateway would send, right and wrong, and what stands in our books after it."""

import json
from typing import Any

from django.test import Client

from web.ledger.models import Posting
from web.payments import sandbox
from web.payments.gateways import payment_number
from web.payments.models import Payment


def callback(payment: Payment, **fields: Any) -> bytes:
    """The body of a callback that says that the payment was paid."""
    said = {
        "event_id": f"sandbox:SB{payment.pk}:paid",
        "kind": "payment",
        "out_number": payment_number(payment.pk),
        "number": f"SB{payment.pk}",
        "amount_fen": payment.amount_fen,
    }
    return json.dumps(said | fields).encode()


def post_callback(body: bytes, *, signature: str | None = None, channel: str = "sandbox") -> Any:
    """As the gateway posts it; signed rightly unless a signature is given."""
    headers = {"X-Signature": sandbox.sign(body) if signature is None else signature}
    path = f"/api/payments/callbacks/{channel}"
    return Client().post(path, body, content_type="application/json", headers=headers)


def balance(kind: str) -> int:
    """Of all accounts of a kind, debit positive, fen."""
    return sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))
