"""What cancelling costs: by phase, with a free window, at least and at most so much, never more than the total."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.orders.fees import CANCELLABLE, Cancellation, CancellationFee, cancellation_fee_fen
from web.orders.policies import Policies
from workflows.transitions import Phase

HOUR = 3600.0

bounds = st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)).map(sorted)
lines = st.builds(
    lambda share, between, free: CancellationFee(
        share_bp=share, min_fen=between[0], max_fen=between[1], free_before_s=free
    ),
    st.integers(0, 10_000),
    bounds,
    st.none() | st.floats(0, 1e6),
)


def table_with(phase: Phase, line: CancellationFee) -> Policies:
    """The default table but for this phase."""
    return Policies(cancellation=Cancellation(by_phase=Cancellation().by_phase | {phase: line}))


def fee(
    phase: Phase,
    *,
    total: int = 20_000,
    until_start_s: float = 0,
    paid: bool = True,
    late: bool = False,
    **line: object,
) -> int:
    """By the default table, or by one with this line for the phase."""
    policies = table_with(phase, CancellationFee.model_validate(line)) if line else Policies()
    return cancellation_fee_fen(
        policies.cancellation, phase=phase, total_fen=total, until_start_s=until_start_s, paid=paid, late=late
    )


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.AWAITING_PAYMENT, 0),
        (Phase.DISPATCHING, 0),
        (Phase.ACCEPTED, 2_000),
        (Phase.EN_ROUTE, 4_000),
        (Phase.ARRIVED, 6_000),
    ],
)
def test_the_later_the_dearer(phase: Phase, expected: int) -> None:
    assert fee(phase) == expected


def test_two_hours_before_the_visit_it_is_still_free() -> None:
    assert fee(Phase.ACCEPTED, until_start_s=2 * HOUR) == 0
    assert fee(Phase.ACCEPTED, until_start_s=2 * HOUR - 1) == 2_000
    assert fee(Phase.ACCEPTED, until_start_s=-HOUR) == 2_000


def test_a_worker_on_his_way_is_never_free() -> None:
    assert fee(Phase.EN_ROUTE, until_start_s=100 * HOUR) == 4_000


def test_at_least_and_at_most() -> None:
    assert fee(Phase.ACCEPTED, share_bp=100, min_fen=500, max_fen=900) == 500
    assert fee(Phase.ACCEPTED, share_bp=9_000, min_fen=500, max_fen=900) == 900
    assert fee(Phase.ACCEPTED, share_bp=300, min_fen=500, max_fen=900) == 600


def test_of_several_tiers_the_one_that_looks_furthest_holds() -> None:
    far = {"before_s": 4 * HOUR, "share_bp": 500}
    near = {"before_s": HOUR, "share_bp": 1_500, "max_fen": 2_500}
    line: dict[str, Any] = {"share_bp": 3_000, "free_before_s": 24 * HOUR, "tiers": [near, far]}
    expected = {24: 0, 23: 1_000, 4: 1_000, 3.99: 2_500, 1: 2_500, 0.99: 6_000, -1: 6_000}
    assert {hours: fee(Phase.ACCEPTED, until_start_s=hours * HOUR, **line) for hours in expected} == expected


def test_never_more_than_the_total() -> None:
    assert fee(Phase.ACCEPTED, total=700, min_fen=1_000) == 700
    assert fee(Phase.ARRIVED, total=1) == 1


def test_while_the_worker_is_late_it_costs_nothing() -> None:
    assert fee(Phase.EN_ROUTE, late=True) == 0
    assert fee(Phase.EN_ROUTE, late=False) == 4_000


def test_an_unpaid_order_costs_nothing() -> None:
    assert fee(Phase.ARRIVED, paid=False) == 0


def test_a_phase_that_is_not_in_the_table_costs_nothing() -> None:
    assert fee(Phase.IN_SERVICE) == 0


def test_a_fraction_of_a_fen_is_the_customers() -> None:
    assert fee(Phase.ACCEPTED, total=9_999, share_bp=1) == 0
    assert fee(Phase.ACCEPTED, total=19_999, share_bp=1) == 1


@given(
    line=lines,
    phase=st.sampled_from(sorted(CANCELLABLE)),
    total=st.integers(0, 1_000_000),
    until=st.floats(-1e7, 1e7),
    paid=st.booleans(),
)
def test_whatever_the_table_says_it_is_between_nothing_and_the_total(
    line: CancellationFee, phase: Phase, total: int, until: float, paid: bool
) -> None:
    found = cancellation_fee_fen(
        table_with(phase, line).cancellation, phase=phase, total_fen=total, until_start_s=until, paid=paid, late=False
    )
    assert 0 <= found <= total
    if not paid or (line.free_before_s is not None and until >= line.free_before_s):
        assert found == 0
