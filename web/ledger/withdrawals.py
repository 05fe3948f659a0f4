"""Withdrawals: asked for by the worker, reviewed by staff, paid by a channel, or back in his balance. A customer's
compensation is paid out in the same way: owed already, so nobody asks for it and nobody reviews it.

Every change of state is a guarded update together with its posting and its push; what comes second finds the state
changed and does nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

import hub
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger import services as ledger
from web.ledger.models import Account, Withdrawal
from web.ledger.selectors import balances_of
from web.money import yuan
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.orders import policies
from web.orders import selectors as orders
from web.times import SHANGHAI, iso, midnight
from web.workforce import selectors as workforce
from workflows.messages import PayoutStart
from workflows.transitions import Role


def visible_to(actor: User) -> QuerySet[Withdrawal]:
    """Everybody sees his own, staff their city's or all."""
    rows = Withdrawal.objects.select_related("payee")
    if actor.role != Role.STAFF:
        return rows.filter(payee=actor)
    of_workers = Q(compensation_id=None, payee_id__in=workforce.visible_to(actor).values("pk"))
    return rows.filter(of_workers | Q(order_id__in=orders.visible_to(actor).values("pk")))


def withdrawal(withdrawal_id: int) -> Withdrawal:
    """For its workflow. Raises Withdrawal.DoesNotExist."""
    return Withdrawal.objects.select_related("payee").get(pk=withdrawal_id)


def compensated(compensation_ids: Iterable[int]) -> dict[int, Withdrawal]:
    """Compensation -> its newest payout; absent where it never had one."""
    rows = Withdrawal.objects.filter(compensation_id__in=list(compensation_ids)).order_by("pk")
    return {row.compensation_id: row for row in rows if row.compensation_id}


def parked_of(order_id: int) -> QuerySet[Withdrawal]:
    """Payouts of an order's compensations that do not move."""
    return Withdrawal.objects.filter(order_id=order_id, needs_ops=True, state__in=Withdrawal.OPEN)


def locked(withdrawal_id: int) -> Withdrawal:
    """As `withdrawal`, locked in the caller's transaction."""
    return Withdrawal.objects.select_for_update(no_key=True).get(pk=withdrawal_id)


def open_of_workers() -> QuerySet[Withdrawal]:
    """Workers' withdrawals that have no end yet; each has one at most, and these alone are in an index."""
    return Withdrawal.objects.filter(state__in=Withdrawal.OPEN, compensation_id=None)


def under_way() -> list[Withdrawal]:
    """Those that a workflow moves, once they were approved five seconds ago."""
    late = timezone.now() - timedelta(seconds=5)
    rows = Withdrawal.objects.filter(state__in=[Withdrawal.APPROVED, Withdrawal.WAITING], reviewed_at__lt=late)
    return list(rows.select_related("payee").order_by("pk"))


def start_of(row: Withdrawal) -> PayoutStart:
    """What its workflow is started with."""
    return PayoutStart(row.pk, quiet_s_of(row))


def terms_of(worker: User) -> policies.Withdrawal:
    """The terms of withdrawals in the worker's city."""
    return orders.policies_for(city=workforce.profile_of(worker).city, service_id=0).withdrawal


def quiet_s_of(row: Withdrawal) -> float:
    """So long its channel is tried before people are shown it, by its worker's city's terms or its order's."""
    if row.order_id is None:
        return terms_of(row.payee).quiet_s
    return orders.policies_of(orders.order_now(row.order_id)).withdrawal.quiet_s


def withdrawal_card(row: Withdrawal) -> dict[str, Any]:
    """A withdrawal as its payee and staff see it."""
    return {
        "id": row.pk,
        "order_id": row.order_id,
        "amount_fen": row.amount_fen,
        "channel": row.channel,
        "state": row.state,
        "label": row.label,
        "reason": row.reason,
        "needs_ops": row.needs_ops,
        "created_at": iso(row.created_at),
        "done_at": iso(row.done_at) if row.done_at else None,
    }


def request_withdrawal(*, worker: User, amount_fen: int, channel: str, key: str) -> tuple[Withdrawal, bool]:
    """Ask for so much of one's balance; (the withdrawal, whether it is new).

    Raises DoorbellError idempotency_mismatch, and what `_check` raises.
    """
    try:
        with hub.atomic():
            return _request(worker, amount_fen, channel, key)
    except IntegrityError:
        # Two at once with one key, or two with two: the first one stands.
        made = Withdrawal.objects.filter(payee=worker, key=key).first()
        if made is None:
            raise DoorbellError("withdrawal_open") from None
        return _same(made, amount_fen, channel), False


def review_withdrawal(*, staff: User, withdrawal_id: int, approve: bool, reason: str) -> Withdrawal:
    """Let it be paid, or put it back into the balance. The same decision again changes nothing.

    Raises DoorbellError forbidden, not_found, withdrawal_decided.
    """
    check_allowed(staff, "ledger.review_withdrawal")
    state = Withdrawal.APPROVED if approve else Withdrawal.DECLINED
    with hub.atomic():
        if not visible_to(staff).filter(pk=withdrawal_id).exists():
            raise DoorbellError("not_found")
        now = timezone.now()
        columns = {"reason": reason, "reviewed_by": staff, "reviewed_at": now, "done_at": None if approve else now}
        if not _move(withdrawal_id, state, since=[Withdrawal.REQUESTED], **columns):
            decided = Withdrawal.objects.get(pk=withdrawal_id)
            if decided.reviewed_by_id != staff.pk or (decided.state == Withdrawal.DECLINED) == approve:
                raise DoorbellError("withdrawal_decided", details={"state": decided.state})
            return decided
        return withdrawal(withdrawal_id)


def pay_compensation(
    *, compensation_id: int, order_id: int, customer_id: int, amount_fen: int, channel: str
) -> Withdrawal:
    """Have what a customer is owed paid out, in the caller's transaction with the compensation locked.

    Raises DoorbellError payout_open, compensation_paid.
    """
    return _compensate(compensation_id, order_id, customer_id, amount_fen, channel=channel, reviewed_at=timezone.now())


def record_otherwise(
    *, staff: User, compensation_id: int, order_id: int, customer_id: int, amount_fen: int, note: str
) -> Withdrawal:
    """As `pay_compensation`, where staff have paid it by other means, and say how."""
    told = {"reviewed_by": staff, "reviewed_at": timezone.now(), "note": note}
    row = _compensate(compensation_id, order_id, customer_id, amount_fen, channel=Withdrawal.OTHERWISE, **told)
    _end(row.pk, Withdrawal.PAID, "")
    return withdrawal(row.pk)


def record_waiting(*, withdrawal_id: int, gateway_no: str) -> None:
    """The channel has it, and waits for the receiver."""
    with hub.atomic():
        _move(withdrawal_id, Withdrawal.WAITING, since=[Withdrawal.APPROVED], gateway_no=gateway_no, needs_ops=False)


def record_paid(*, withdrawal_id: int, gateway_no: str) -> None:
    """The channel has paid."""
    _end(withdrawal_id, Withdrawal.PAID, gateway_no)


def record_returned(*, withdrawal_id: int, gateway_no: str) -> None:
    """The channel will not pay: it is the worker's balance again."""
    _end(withdrawal_id, Withdrawal.RETURNED, gateway_no)


def park_withdrawal(*, withdrawal_id: int) -> None:
    """Mark one that does not move; its workflow goes on trying."""
    with hub.atomic():
        rows = Withdrawal.objects.filter(pk=withdrawal_id, state__in=Withdrawal.OPEN, needs_ops=False)
        if rows.update(needs_ops=True):
            _publish(withdrawal(withdrawal_id))


def unpark_withdrawal(*, withdrawal_id: int) -> None:
    """Its channel answers again, whatever it says: people need not look. No message: its receiver knows how it is."""
    with hub.atomic():
        rows = Withdrawal.objects.filter(pk=withdrawal_id, state__in=Withdrawal.OPEN, needs_ops=True)
        if rows.update(needs_ops=False):
            _push(withdrawal(withdrawal_id))


def _request(worker: User, amount_fen: int, channel: str, key: str) -> tuple[Withdrawal, bool]:
    # One request at a time: what the second may ask for depends on the first. no_key: a posting to the account is
    # checked when its transaction commits, the heads of its topics already locked, and it must not wait for us then.
    Account.objects.get_or_create(kind=Account.WORKER_PAYABLE, channel="", owner=worker.pk)
    Account.objects.select_for_update(no_key=True).get(kind=Account.WORKER_PAYABLE, channel="", owner=worker.pk)
    made = Withdrawal.objects.filter(payee=worker, key=key).first()
    if made:
        return _same(made, amount_fen, channel), False
    _check(worker, amount_fen)
    return _set_out(Withdrawal(payee=worker, key=key, channel=channel, amount_fen=amount_fen)), True


def _compensate(compensation_id: int, order_id: int, customer_id: int, amount_fen: int, **columns: Any) -> Withdrawal:
    before = Withdrawal.objects.filter(compensation_id=compensation_id)
    for row in before.exclude(state=Withdrawal.RETURNED):
        raise DoorbellError("compensation_paid" if row.state == Withdrawal.PAID else "payout_open")
    return _set_out(
        Withdrawal(
            payee_id=customer_id,
            compensation_id=compensation_id,
            order_id=order_id,
            key=f"compensation:{compensation_id}:{before.count()}",
            amount_fen=amount_fen,
            state=Withdrawal.APPROVED,
            **columns,
        )
    )


def _set_out(row: Withdrawal) -> Withdrawal:
    row.save(force_insert=True)
    ledger.post_withdrawal(row)
    _publish(row)
    return row


def _check(worker: User, amount_fen: int) -> None:
    """Raises DoorbellError withdrawal_open, withdrawal_too_small, balance_too_small, withdrawal_limit."""
    terms, balance = terms_of(worker), balances_of(worker)
    if Withdrawal.objects.filter(payee=worker, state__in=Withdrawal.OPEN).exists():
        raise DoorbellError("withdrawal_open")
    if amount_fen < terms.min_fen:
        raise DoorbellError("withdrawal_too_small", details={"min_fen": terms.min_fen})
    if amount_fen > balance.free_fen:
        raise DoorbellError("balance_too_small", details={"free_fen": max(balance.free_fen, 0)})
    left = terms.daily_fen - _asked_since(worker, midnight(datetime.now(SHANGHAI).date()))
    if amount_fen > left:
        raise DoorbellError("withdrawal_limit", details={"left_fen": max(left, 0)})


def _asked_since(worker: User, moment: datetime) -> int:
    asked = Withdrawal.objects.filter(payee=worker, created_at__gte=moment)
    asked = asked.exclude(state__in=[Withdrawal.DECLINED, Withdrawal.RETURNED])
    return int(asked.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _same(made: Withdrawal, amount_fen: int, channel: str) -> Withdrawal:
    if (made.amount_fen, made.channel) != (amount_fen, channel):
        raise DoorbellError("idempotency_mismatch")
    return made


def _end(withdrawal_id: int, state: str, gateway_no: str) -> None:
    with hub.atomic():
        since = [Withdrawal.APPROVED, Withdrawal.WAITING]
        _move(withdrawal_id, state, since=since, gateway_no=gateway_no, needs_ops=False, done_at=timezone.now())


def _move(withdrawal_id: int, state: str, *, since: list[str], **columns: Any) -> bool:
    """Guarded: of two ends the first to commit wins. With it goes what the ledger says of the new state."""
    if Withdrawal.objects.filter(pk=withdrawal_id, state__in=since).update(state=state, **columns) != 1:
        return False
    row = withdrawal(withdrawal_id)
    if state == Withdrawal.PAID:
        ledger.post_withdrawal_paid(row)
    elif state in (Withdrawal.DECLINED, Withdrawal.RETURNED):
        ledger.post_withdrawal_returned(row)
    _publish(row)
    return True


def _publish(row: Withdrawal) -> None:
    """Push it, and write its receiver a message."""
    _push(row)
    if row.compensation_id:
        about = notifications.About(link=f"/orders/{row.order_id}", order_id=row.order_id)
        people, kind = {Reader.CUSTOMER: [row.payee_id]}, "compensation"
    else:
        fields = {"amount": yuan(row.amount_fen), "why": Withdrawal.REASONS.get(row.reason, "")}
        about = notifications.About(link="/wallet", fields=fields)
        people, kind = {Reader.WORKER: [row.payee_id]}, "withdrawal"
    event = "parked" if row.needs_ops else row.state
    notifications.notify(event=f"{kind}.{event}", people=people, about=about)


def _push(row: Withdrawal) -> None:
    """To its receiver; a compensation's to the board of its order's city, too, without what is his alone: how much."""
    topics = {f"worker:{row.payee_id}": withdrawal_card(row)}
    if row.compensation_id and row.order_id:
        shown = {"id": row.pk, "order_id": row.order_id, "state": row.state, "needs_ops": row.needs_ops}
        board = f"board:{orders.order_now(row.order_id).city}"
        topics = {f"customer:{row.payee_id}": withdrawal_card(row), board: shown}
    for topic, card in topics.items():
        hub.publish(topic, type="withdrawal.changed", subject=f"withdrawal:{row.pk}", data={"withdrawal": card})
