"""Every fact about money is posted once and sums to zero, or the database does not take it."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

import hub
from tests.web.crowd import at_once
from web.ledger import services as ledger
from web.ledger.models import Account, Journal, Posting
from web.ledger.selectors import unbalanced_journals
from web.ledger.services import Where

pytestmark = pytest.mark.django_db

FACTS: dict[str, Callable[[], None]] = {
    "payment": lambda: ledger.post_payment(payment_id=1, order_id=7, channel="sandbox", amount_fen=10_900),
    "settlement": lambda: ledger.post_settlement(order_id=7, worker_id=3, total_fen=10_900, commission_fen=2_180),
    "settlement without commission": lambda: ledger.post_settlement(
        order_id=7, worker_id=3, total_fen=10_900, commission_fen=0
    ),
    "settlement without earning": lambda: ledger.post_settlement(
        order_id=7, worker_id=3, total_fen=10_900, commission_fen=10_900
    ),
    "cancellation": lambda: ledger.post_cancellation(
        order_id=7, worker_id=3, total_fen=10_900, fee_fen=3_270, worker_part_fen=2_616
    ),
    "free cancellation": lambda: ledger.post_cancellation(
        order_id=7, worker_id=3, total_fen=10_900, fee_fen=0, worker_part_fen=0
    ),
    "cancellation without a worker": lambda: ledger.post_cancellation(
        order_id=7, worker_id=None, total_fen=10_900, fee_fen=1_090, worker_part_fen=872
    ),
    "cancellation at full price": lambda: ledger.post_cancellation(
        order_id=7, worker_id=3, total_fen=10_900, fee_fen=10_900, worker_part_fen=8_720
    ),
    "cancellation after a refund at the platform's expense": lambda: ledger.post_cancellation(
        order_id=7, worker_id=3, total_fen=10_900, fee_fen=3_270, worker_part_fen=2_616, refund_fen=6_630
    ),
    "refund agreed": lambda: ledger.post_refund_agreed(
        decision_id=1, order_id=7, amount_fen=100, borne_fen={Where(Account.COMPENSATION): 100}
    ),
    "frozen settlement": lambda: ledger.post_settlement(
        order_id=7, worker_id=3, total_fen=10_900, commission_fen=2_180, frozen=True
    ),
    "late payment": lambda: ledger.post_late_payment(payment_id=1, order_id=7, amount_fen=10_900),
    "refund": lambda: ledger.post_refund(refund_id=1, order_id=7, channel="sandbox", amount_fen=7_630),
}


def balances() -> dict[str, int]:
    """Kind -> fen, debit positive, zero left out."""
    found: dict[str, int] = {}
    for kind, amount in Posting.objects.values_list("account__kind", "amount_fen"):
        found[kind] = found.get(kind, 0) + amount
    return {kind: amount for kind, amount in found.items() if amount}


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_sums_to_zero(fact: str) -> None:
    FACTS[fact]()
    assert sum(Posting.objects.values_list("amount_fen", flat=True)) == 0
    assert Journal.objects.get().order_id == 7
    assert unbalanced_journals() == []
    connection.check_constraints()  # as at commit


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_posted_once(fact: str) -> None:
    FACTS[fact]()
    before = balances()
    FACTS[fact]()
    assert balances() == before
    assert Journal.objects.count() == 1


def test_where_the_money_of_an_order_is_from_its_payment_to_its_settlement() -> None:
    FACTS["payment"]()
    assert balances() == {"cash": 10_900, "in_transit": -10_900}
    FACTS["settlement"]()
    assert balances() == {"cash": 10_900, "commission": -2_180, "worker_payable": -8_720}


def test_where_the_money_of_a_cancelled_order_is() -> None:
    FACTS["payment"]()
    FACTS["cancellation"]()
    assert balances() == {"cash": 10_900, "refunds_payable": -7_630, "fees": -654, "worker_payable": -2_616}
    FACTS["refund"]()
    assert balances() == {"cash": 3_270, "fees": -654, "worker_payable": -2_616}


def test_where_late_money_is() -> None:
    FACTS["payment"]()
    FACTS["late payment"]()
    assert balances() == {"cash": 10_900, "refunds_payable": -10_900}


def test_a_fee_without_a_worker_is_all_the_platforms() -> None:
    FACTS["cancellation without a worker"]()
    assert balances()["fees"] == -1_090
    assert "worker_payable" not in balances()


@given(total=st.integers(1, 10**7), parts=st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), worker=st.booleans())
def test_whatever_the_amounts_the_functions_balance(total: int, parts: tuple[int, int], worker: bool) -> None:
    """The amounts alone: what is posted in the database is tried above."""
    posted: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "post", lambda **fact: posted.append(sum(fact["amounts_fen"].values())))
        fee = min(parts[0], total)
        ledger.post_payment(payment_id=1, order_id=1, channel="sandbox", amount_fen=total)
        ledger.post_settlement(order_id=1, worker_id=1, total_fen=total, commission_fen=fee)
        ledger.post_cancellation(
            order_id=1,
            worker_id=1 if worker else None,
            total_fen=total,
            fee_fen=fee,
            worker_part_fen=min(parts[1], fee),
        )
        ledger.post_late_payment(payment_id=1, order_id=1, amount_fen=total)
        ledger.post_refund(refund_id=1, order_id=1, channel="sandbox", amount_fen=total)
    assert posted == [0] * 5


@pytest.mark.django_db(transaction=True)
def test_what_does_not_sum_to_zero_is_refused_at_commit_and_leaves_nothing() -> None:
    amounts = {Where(Account.CASH, "sandbox"): 100, Where(Account.IN_TRANSIT): -99}
    with pytest.raises(IntegrityError, match="does not sum to zero"), hub.atomic():
        ledger.post(key="crooked", kind="payment", order_id=1, amounts_fen=amounts)
    assert not Journal.objects.exists()
    assert not Posting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_line_added_to_a_journal_later_is_refused_too() -> None:
    with hub.atomic():
        FACTS["payment"]()
    posting = Posting.objects.all()[0]
    with pytest.raises(IntegrityError, match="does not sum to zero"), hub.atomic():
        Posting.objects.create(journal=posting.journal, account=posting.account, amount_fen=1)


@pytest.mark.django_db(transaction=True)
def test_one_fact_at_once_is_posted_once() -> None:
    def post() -> None:
        with hub.atomic():
            FACTS["settlement"]()

    at_once(4, post)
    assert Journal.objects.count() == 1
    assert balances() == {"commission": -2_180, "in_transit": 10_900, "worker_payable": -8_720}


def test_a_line_of_nothing_is_refused() -> None:
    FACTS["payment"]()
    journal = Journal.objects.get()
    with pytest.raises(DatabaseError, match="ledger_posting_not_zero"), transaction.atomic():
        Posting.objects.create(journal=journal, account=Account.objects.all()[0], amount_fen=0)


def test_an_account_exists_once() -> None:
    FACTS["payment"]()
    FACTS["refund"]()
    assert Account.objects.filter(kind=Account.CASH).count() == 1
    with pytest.raises(IntegrityError, match="ledger_account_once"), transaction.atomic():
        Account.objects.create(kind=Account.CASH, channel="sandbox")
