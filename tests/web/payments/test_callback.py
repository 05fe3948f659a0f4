"""A gateway speaks: its signature is the only proof of who it is, and it speaks as often as it likes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tests.web.crowd import at_once
from tests.web.orders.story import Story
from tests.web.payments.books import balance, callback, post_callback
from tests.web.people import refusal
from web.errors import DoorbellError
from web.ledger.models import Account, Journal
from web.payments import sandbox, services
from web.payments.gateways import GATEWAYS, Paid, SandboxGateway
from web.payments.models import GatewayMessage, Payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    """Open, of an order that waits for it."""
    return Story.in_town().open_payment()


def test_a_signed_message_is_in_the_inbox_and_books_nothing_yet(payment: Payment) -> None:
    answer = post_callback(callback(payment))
    assert (answer.status_code, answer.json()) == (200, {"code": "SUCCESS"})
    message = GatewayMessage.objects.get()
    assert (message.payment, message.amount_fen, message.handled_at) == (payment, payment.amount_fen, None)
    payment.refresh_from_db()
    assert payment.state == Payment.OPEN  # its workflow books it


@pytest.mark.parametrize("signature", ["", "0" * 64, "no signature", "签名", "\xff"])
def test_a_wrong_signature_is_refused(payment: Payment, signature: str) -> None:
    assert refusal(post_callback(callback(payment), signature=signature)) == (400, "bad_signature")
    assert not GatewayMessage.objects.exists()


def test_a_missing_signature_is_refused(payment: Payment) -> None:
    body = callback(payment)
    answer = Client().post("/api/payments/callbacks/sandbox", body, content_type="application/json")
    assert refusal(answer) == (400, "bad_signature")


def test_a_signature_of_other_bytes_is_refused(payment: Payment) -> None:
    body = callback(payment)
    for changed in (body + b" ", body.replace(b"10900", b"10901"), b""):
        assert refusal(post_callback(changed, signature=sandbox.sign(body))) == (400, "bad_signature")


def test_a_signature_by_another_key_is_refused(payment: Payment, settings: Any) -> None:
    body = callback(payment)
    ours = settings.GATEWAY_KEY
    settings.GATEWAY_KEY = "somebody else's"
    theirs = sandbox.sign(body)
    settings.GATEWAY_KEY = ours
    assert refusal(post_callback(body, signature=theirs)) == (400, "bad_signature")


@pytest.mark.parametrize("number", ["P999999999", "P0", "P-1", "PX", "", "R1", "P" + "9" * 40])
def test_a_payment_we_never_made_is_not_found(payment: Payment, number: str) -> None:
    assert refusal(post_callback(callback(payment, out_number=number))) == (404, "not_found")
    assert not GatewayMessage.objects.exists()


def test_a_payment_of_another_channel_is_not_found(payment: Payment) -> None:
    assert refusal(post_callback(callback(payment), channel="alipay")) == (404, "not_found")


def test_each_channel_has_its_own_way_to_prove_who_speaks(payment: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    class Signing(SandboxGateway):
        def read_callback(self, *, headers: Mapping[str, str], body: bytes) -> Paid:
            if headers["Other-Signature"] != "other's":
                raise DoorbellError("bad_signature")
            return Paid.model_validate(json.loads(body))

    monkeypatch.setitem(GATEWAYS, "other", Signing())
    Payment.objects.update(channel="other")
    body = callback(payment)
    with pytest.raises(DoorbellError, match="bad_signature"):
        services.receive_callback(channel="other", headers={"Other-Signature": "sandbox's"}, body=body)
    message = services.receive_callback(channel="other", headers={"Other-Signature": "other's"}, body=body)
    assert (message.channel, message.payment) == ("other", payment)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"paid"',
        b"{}",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"event_id": "e", "kind": "payment", "out_number": "P1", "number": "n", "amount_fen": NaN}',
    ],
)
def test_what_cannot_be_read_is_refused_though_it_is_signed(payment: Payment, body: bytes) -> None:
    assert refusal(post_callback(body)) == (422, "invalid_request")


@pytest.mark.parametrize(
    "fields",
    [
        {"amount_fen": "10900"},
        {"amount_fen": 10900.0},
        {"amount_fen": -1},
        {"amount_fen": 10**12},
        {"event_id": 7},
        {"event_id": ""},
        {"event_id": "e" * 81},
        {"event_id": "a\x00b"},
        {"number": "n" * 65},
        {"kind": "refund"},
        {"kind": "k" * 21},
        {"more": 1},
    ],
)
def test_what_no_gateway_would_say_is_refused(payment: Payment, fields: dict[str, Any]) -> None:
    assert refusal(post_callback(callback(payment, **fields))) == (422, "invalid_request")
    assert not GatewayMessage.objects.exists()


def test_ten_times_the_same_is_one_message_and_one_booking(payment: Payment) -> None:
    for _ in range(10):
        assert post_callback(callback(payment)).status_code == 200
        services.record_payment(message_id=GatewayMessage.objects.get().pk)
    assert balance(Account.CASH) == payment.amount_fen
    assert Journal.objects.count() == 1


def test_two_events_of_one_payment_are_booked_once(payment: Payment) -> None:
    for event in ("b", "a", "c", "a"):
        assert post_callback(callback(payment, event_id=event)).status_code == 200
    messages = list(GatewayMessage.objects.order_by("-pk"))
    assert len(messages) == 3
    for message in messages:
        services.record_payment(message_id=message.pk)
    assert balance(Account.CASH) == payment.amount_fen
    assert Journal.objects.count() == 1
    assert not GatewayMessage.objects.filter(handled_at=None).exists()


def test_a_message_that_came_before_we_opened_the_trade_is_good(payment: Payment) -> None:
    """The gateway may be quicker than the answer to our own call."""
    body = callback(payment, number="SB-early")
    message = services.receive_callback(channel="sandbox", headers=sandbox.signed(body), body=body)
    services.record_payment(message_id=message.pk)
    payment.refresh_from_db()
    assert (payment.state, payment.gateway_no) == (Payment.PAID, "SB-early")


def test_nothing_of_the_message_is_repeated_in_a_refusal(payment: Payment) -> None:
    answer = post_callback(callback(payment, more="13800138000"))
    assert "13800138000" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one_message() -> None:
    payment = Story.in_town().open_payment()
    answers = at_once(6, lambda: post_callback(callback(payment)))
    assert {answer.status_code for answer in answers} == {200}
    assert GatewayMessage.objects.count() == 1
    message_id = GatewayMessage.objects.get().pk
    at_once(6, lambda: services.record_payment(message_id=message_id))
    assert balance(Account.CASH) == payment.amount_fen
