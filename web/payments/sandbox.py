"""The sandbox gateway: a stand-in that keeps its own books and signs what it says, so that no code path is special.

It plays both sides that a real one has: the interface the platform calls (open, close, query, refund), and the cashier
where a customer pays, whose result is a signed callback. HMAC-SHA256 over the exact body bytes with
`settings.GATEWAY_KEY`. Money that it holds cannot be given back for a while, as on a real merchant's empty account.
"""

import hashlib
import hmac
import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from web.errors import DoorbellError
from web.payments.models import SandboxMood, SandboxTrade

OPEN, PAID, HELD, CLOSED, DONE = "open", "paid", "held", "closed", "done"
ACCEPTED, WAITING, SUCCESS, FAILED, EXPIRED = "accepted", "wait_user_confirm", "success", "failed", "expired"
"""A payout, as WeChat's transfers go: accepted, then waiting for its receiver, then one of three ends."""

CONFIRM_WITHIN = timedelta(hours=24)
"""So long its receiver has to confirm it."""

DOWN, SLOW, OTHER_NUMBER, OTHER_AMOUNT, FORGETS = "down", "slow", "other_number", "other_amount", "forgets"
TAKES_BACK = "takes_back"
"""Moods: it does nothing and says nothing; it does it and says nothing; it answers the same request with another number
each time; it says another amount when it is asked; it says that it has never heard of it; it says that a payout has
failed, and the next time that it has not.
"""

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
    _unless_down(out_number)
    SandboxTrade.objects.filter(out_number=out_number, state=OPEN).update(state=CLOSED)
    return not SandboxTrade.objects.filter(out_number=out_number, state__in=(PAID, HELD)).exists()


def query_trade(*, out_number: str) -> bytes | None:
    """What the callback of a paid trade says; None for one that was not paid."""
    trade = SandboxTrade.objects.filter(out_number=out_number, kind="payment", state__in=(PAID, HELD)).first()
    return _callback_of(trade) if trade and _mood(out_number) != FORGETS else None


def refund(*, out_number: str, out_refund_number: str, total_fen: int, refund_fen: int) -> str:
    """Give money of a paid trade back; idempotent by `out_refund_number`. Returns the refund's number, which is final
    here at once.

    Raises Declined for a trade that was not paid, is of another total, or whose money is held, and
    for more than is left of it.
    """
    _unless_down(out_refund_number)
    with transaction.atomic():
        paid = SandboxTrade.objects.select_for_update().filter(
            out_number=out_number, kind="payment", state=PAID, amount_fen=total_fen
        )
        others = SandboxTrade.objects.filter(kind="refund", part_of=out_number).exclude(out_number=out_refund_number)
        if not paid.exists() or sum(others.values_list("amount_fen", flat=True)) + refund_fen > total_fen:
            raise Declined(out_refund_number)
        trade, _ = SandboxTrade.objects.get_or_create(
            out_number=out_refund_number,
            defaults={
                "number": _number(),
                "part_of": out_number,
                "kind": "refund",
                "amount_fen": refund_fen,
                "state": DONE,
            },
        )
    return _answer(trade)


def query_refund(*, out_refund_number: str) -> tuple[str, int] | None:
    """(number, fen) of a refund that was made; None for one it has never heard of."""
    _unless_down(out_refund_number)
    trade = SandboxTrade.objects.filter(out_number=out_refund_number, kind="refund").first()
    return _as_told(trade) if trade else None


def pay_out(*, out_number: str, amount_fen: int) -> str:
    """Pay somebody; idempotent by `out_number`. Returns the payout's number; how it ends is asked for."""
    _unless_down(out_number)
    trade, _ = SandboxTrade.objects.get_or_create(
        out_number=out_number,
        defaults={"number": _number(), "kind": "payout", "amount_fen": amount_fen, "state": ACCEPTED},
    )
    return _answer(trade)


def query_payout(*, out_number: str) -> tuple[str, int, str] | None:
    """(number, fen, state) of a payout; None for one it has never heard of. What was accepted waits from the second
    question on; what nobody confirmed in time has expired.
    """
    _unless_down(out_number)
    trade = SandboxTrade.objects.filter(out_number=out_number, kind="payout").first()
    if trade is None:
        return None
    told, state = _as_told(trade), trade.state
    if state == ACCEPTED:
        end_payout(out_number=out_number, state=WAITING)
    elif state == WAITING and timezone.now() > trade.created_at + CONFIRM_WITHIN:
        end_payout(out_number=out_number, state=EXPIRED)
    if _mood(out_number) == TAKES_BACK:
        behave(out_number=out_number)
        state = FAILED
    return (*told, state) if told else None


def end_payout(*, out_number: str, state: str) -> None:
    """What the receiver, time or the channel make of a payout that has no end yet."""
    trades = SandboxTrade.objects.filter(out_number=out_number, kind="payout", state__in=(ACCEPTED, WAITING))
    trades.update(state=state)


def misbehave(*, out_number: str, mood: str) -> None:
    """About this number of ours, until `behave`."""
    SandboxMood.objects.update_or_create(out_number=out_number, defaults={"mood": mood})


def behave(*, out_number: str) -> None:
    """See `misbehave`."""
    SandboxMood.objects.filter(out_number=out_number).delete()


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


def _mood(out_number: str) -> str:
    mood = SandboxMood.objects.filter(out_number=out_number).first()
    return mood.mood if mood else ""


def _unless_down(out_number: str) -> None:
    if _mood(out_number) == DOWN:
        raise ConnectionError("the sandbox was told to be down")


def _answer(trade: SandboxTrade) -> str:
    match _mood(trade.out_number):
        case "slow":
            raise TimeoutError("the sandbox was told to be slow")
        case "other_number":
            return _number()
    return trade.number


def _as_told(trade: SandboxTrade) -> tuple[str, int] | None:
    match _mood(trade.out_number):
        case "forgets":
            return None
        case "other_amount":
            return trade.number, trade.amount_fen + 1
    return trade.number, trade.amount_fen


def _number() -> str:
    return f"SB{secrets.token_hex(12)}"
