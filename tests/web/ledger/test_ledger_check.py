"""The proof finds each fault that is planted, and nothing where there is none."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from tests.web.marketing.offers import cut, give
from tests.web.orders.story import Story, tomorrow
from tests.web.people import make_staff
from web.ledger import withdrawals
from web.ledger.checking import CHECKS, disagreements
from web.payments import sandbox, services
from web.payments.gateways import payment_number, payout_number, refund_number
from web.payments.models import Refund
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def town() -> None:
    """Orders that were settled, partly refunded, cancelled and paid too late; a withdrawal that was paid, one not;
    compensations; a coupon that was used."""
    settled = Story.in_town().settled()
    settled.ask(make_staff(), Move.REFUND, amount_fen=1_000, line=0, reason="quality", bearer="shared")
    _give_back(settled)
    cancelled = Story.placed(settled.order.customer, settled.order.service).accepted().depart().cancel()
    _give_back(cancelled)
    cancelled.close()
    for key in ("paid", "asked"):
        row, _ = withdrawals.request_withdrawal(worker=settled.worker, amount_fen=2_000, channel="sandbox", key=key)
        if key == "paid":
            withdrawals.review_withdrawal(staff=make_staff(), withdrawal_id=row.pk, approve=True, reason="")
            sandbox.pay_out(out_number=payout_number(row.pk), amount_fen=2_000)
            sandbox.end_payout(out_number=payout_number(row.pk), state=sandbox.SUCCESS)
            withdrawals.record_paid(withdrawal_id=row.pk, gateway_no="SB-W")
    _compensated(settled)
    _discounted(settled)
    connection.check_constraints()  # as at commit: no trigger is waiting when a test takes them off


def _discounted(settled: Story) -> None:
    coupon = give(settled.order.customer, cut(1_000))
    asked: dict[str, Any] = {"starts_at": tomorrow() + timedelta(days=5), "quoted_fen": 9_900, "coupon_id": coupon.pk}
    Story.placed(settled.order.customer, settled.order.service, **asked).settled()


def _compensated(settled: Story) -> None:
    """Three whose worker did not come: one has his money, for one it is on its way, one is still owed it."""
    for days, end in enumerate((sandbox.SUCCESS, "", sandbox.FAILED), start=1):
        starts_at = tomorrow() + timedelta(days=days)
        story = Story.placed(settled.order.customer, settled.order.service, starts_at=starts_at).accepted()
        story.step(Move.DID_NOT_ARRIVE)
        row = withdrawals.compensated(story.order.compensations.values_list("pk", flat=True)).popitem()[1]
        if not end:
            continue
        sandbox.pay_out(out_number=payout_number(row.pk), amount_fen=row.amount_fen)
        sandbox.end_payout(out_number=payout_number(row.pk), state=end)
        record = withdrawals.record_paid if end == sandbox.SUCCESS else withdrawals.record_returned
        record(withdrawal_id=row.pk, gateway_no="SB-C")


def _give_back(story: Story) -> None:
    for refund_id in story.refunds:
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        sandbox.refund(
            out_number=payment_number(refund.payment.pk),
            out_refund_number=refund_number(refund_id),
            total_fen=refund.payment.amount_fen,
            refund_fen=refund.amount_fen,
        )
        services.record_refund(refund_id=refund_id, gateway_no=f"SB-R{refund_id}")
        story.step(Move.REFUNDED, reference=refund_id)


def plant(change: str, table: str, where: str = "true") -> None:
    """A fault that no service and no trigger lets through, in the first such row."""
    guarded = ("ledger_posting", "ledger_journal", "payments_refund")
    with connection.cursor() as cursor:
        for name in guarded:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        cursor.execute(" ".join([change, "WHERE id = (SELECT min(id) FROM", table, "WHERE", where, ")"]))
        assert cursor.rowcount == 1, "nothing was planted"


FEES = "account_id IN (SELECT id FROM ledger_account WHERE kind = 'fees')"
TO_TRANSIT = "UPDATE ledger_posting SET account_id = (SELECT id FROM ledger_account WHERE kind = 'in_transit')"
FAULTS: dict[str, tuple[str, ...]] = {
    "every fact sums to zero": ("UPDATE ledger_posting SET amount_fen = amount_fen + 30", "ledger_posting"),
    "all accounts sum to zero": ("DELETE FROM ledger_posting", "ledger_posting"),
    "every payment is posted": ("UPDATE payments_payment SET amount_fen = amount_fen + 1", "payments_payment"),
    "every posted payment was paid": ("UPDATE payments_payment SET state = 'closed'", "payments_payment"),
    "every refund is posted": ("UPDATE ledger_journal SET key = 'refund:0'", "ledger_journal", "kind = 'refund'"),
    "every posted refund was given back": ("UPDATE payments_refund SET state = 'pending'", "payments_refund"),
    "what is owed to customers is on its way": ("UPDATE payments_refund SET state = 'pending'", "payments_refund"),
    "no payment gives back more than it was": ("UPDATE payments_refund SET amount_fen = 99999", "payments_refund"),
    "the gateway has what we have": (
        "UPDATE payments_sandboxtrade SET amount_fen = 1",
        "payments_sandboxtrade",
        "kind = 'refund'",
    ),
    "we have what the gateway has": ("DELETE FROM payments_sandboxtrade", "payments_sandboxtrade", "kind = 'payout'"),
    "every withdrawal is posted": (
        "UPDATE ledger_withdrawal SET state = 'returned'",
        "ledger_withdrawal",
        "state = 'paid'",
    ),
    "every posted withdrawal was asked for": ("DELETE FROM ledger_withdrawal", "ledger_withdrawal"),
    "every compensation is posted": ("UPDATE orders_compensation SET amount_fen = 30", "orders_compensation"),
    "what a customer is compensated with is owed, on its way or paid": (
        "DELETE FROM ledger_withdrawal",
        "ledger_withdrawal",
        "compensation_id IS NOT NULL",
    ),
    "every order's lines are its total": ("UPDATE orders_order SET total_fen = total_fen - 30", "orders_order"),
    "every discount is on the lines that it takes off": (
        "UPDATE orders_orderline SET discount_fen = 30",
        "orders_orderline",
    ),
    "every discount that the platform bears is posted": (
        "UPDATE orders_order SET discount_fen = 30",
        "orders_order",
        "settled_at IS NOT NULL",
    ),
    "a coupon or campaign that was given back costs nothing": (
        "UPDATE marketing_coupon SET state = 'unused', order_id = NULL",
        "marketing_coupon",
    ),
    "every order knows what goes back": ("UPDATE orders_order SET refund_fen = 0", "orders_order"),
    "nothing of an order that ended is in transit or frozen": (
        TO_TRANSIT,
        "ledger_posting",
        FEES,
    ),
}


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    assert disagreements() == []
    out = StringIO()
    call_command("ledger_check", stdout=out)
    assert out.getvalue() == f"{len(CHECKS)} checks, no disagreement\n"


def test_each_planted_fault_is_found_and_printed() -> None:
    """One town for all: each fault is taken back, the triggers with it."""
    missed = []
    for check in CHECKS:
        with transaction.atomic():
            plant(*FAULTS[check])
            out = StringIO()
            with pytest.raises(CommandError, match="disagreements"):
                call_command("ledger_check", stdout=out)
            if f"({check})" not in out.getvalue():
                missed.append(check)
            transaction.set_rollback(True)
    assert missed == []
    assert disagreements() == []


@pytest.mark.parametrize("check", [name for name in CHECKS if "withdrawal" in name])
def test_a_withdrawals_facts_are_looked_up_and_not_searched_for(check: str) -> None:
    """Each withdrawal against every fact would be hours in a year."""
    with connection.cursor() as cursor:
        # A few rows are read whole whatever the keys are: what is asked is whether the keys can be looked up.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        )
        cursor.execute("EXPLAIN " + CHECKS[check])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Filter: ((j.key" not in plan, plan
