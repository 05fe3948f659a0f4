"""When an order's actor moves by itself: a table by hand, against what workflows/order.py does in each phase."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workflows.deadlines import moves_at
from workflows.messages import Deadlines, OrderView, Timer
from workflows.transitions import Phase

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BEFORE, SOON, LATER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
ALL = Deadlines(LATER, LATER, LATER, LATER, LATER, LATER)


def expected(phase: Phase, *, deadlines: Deadlines = ALL, **view: Any) -> datetime | None:
    return moves_at(OrderView(1, phase.value, 7, deadlines=deadlines, **view), now=NOW)


@pytest.mark.parametrize(
    ("phase", "view", "at"),
    [
        (Phase.AWAITING_PAYMENT, {}, LATER),
        (Phase.DISPATCHING, {}, NOW),
        (Phase.DISPATCHING, {"by_hand": True}, NOW),
        (Phase.DISPATCHING, {"offer_id": 3}, LATER),
        (Phase.DISPATCHING, {"exhausted": True, "deadlines": Deadlines()}, None),
        (Phase.ACCEPTED, {}, LATER),
        (Phase.ACCEPTED, {"late_told": True}, None),
        (Phase.EN_ROUTE, {}, LATER),
        (Phase.EN_ROUTE, {"late_told": True}, None),
        (Phase.ARRIVED, {}, None),
        (Phase.IN_SERVICE, {}, None),
        (Phase.AWAITING_CONFIRMATION, {}, LATER),
        (Phase.COMPLETED, {}, NOW),
        (Phase.COMPLETED, {"settled": True}, LATER),
        (Phase.COMPLETED, {"settled": True, "closable": False}, None),
        (Phase.EXCEPTION, {}, None),
        (Phase.CANCELLED, {}, NOW),
        (Phase.CANCELLED, {"open_refunds": [4]}, None),
        (Phase.CANCELLED, {"ended": True}, None),
        (Phase.COMPLETED, {"ended": True}, None),
    ],
)
def test_each_phase_has_its_own(phase: Phase, view: dict[str, Any], at: datetime | None) -> None:
    assert expected(phase, **view) == at


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.ARRIVED, Phase.EXCEPTION, Phase.AWAITING_PAYMENT])
def test_the_rows_timers_count_too(phase: Phase) -> None:
    assert expected(phase, timers=[Timer("remind", "1", LATER), Timer("remind", "2", SOON)]) == SOON


def test_what_is_over_already_is_due_now() -> None:
    assert expected(Phase.COMPLETED, settled=True, deadlines=Deadlines(review_until=BEFORE)) == NOW
    assert expected(Phase.IN_SERVICE, timers=[Timer("remind", "1", BEFORE)]) == NOW
