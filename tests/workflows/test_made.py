"""Every line of the order's table is in a recorded history, and a history is read rightly."""

import pytest

from tests.workflows.made import HOW, activities_of, lines_of, recorded_events, unmade
from tests.workflows.recording import HISTORIES
from workflows.transitions import TABLE, Move, Phase, Role, Rule


def test_every_line_of_the_table_is_in_a_recorded_history() -> None:
    made = {line for path in HISTORIES.glob("*.order*.json") for line in lines_of(recorded_events(path))}
    missing = unmade(made)
    assert not missing, f"no recorded history has {missing}: {HOW}"
    assert made == {(rule.phase, rule.move, rule.role) for rule in TABLE}


def test_a_line_that_no_history_has_is_named() -> None:
    planted = Rule(Phase.EXCEPTION, Move.CONFIRM, Role.STAFF, None)
    assert unmade([], [planted]) == ["EXCEPTION confirm by staff"]
    assert unmade([("EXCEPTION", "confirm", "staff")], [planted]) == []


@pytest.mark.parametrize(
    ("name", "line", "times"),
    [
        ("unlocked", ("ARRIVED", "start", "worker"), 1),  # after five that were refused
        ("grabbed", ("DISPATCHING", "accept", "worker"), 1),  # of two
        ("row_held", ("AWAITING_PAYMENT", "cancel", "customer"), 1),  # by a regular activity
        ("exception_continued", ("EXCEPTION", "withdraw_exception", "worker"), 1),
        ("settled", ("COMPLETED", "settle", "system"), 1),
        ("settled", ("IN_SERVICE", "tick", "worker"), 2),
    ],
)
def test_what_was_done_counts_and_what_was_refused_does_not(name: str, line: tuple[str, str, str], times: int) -> None:
    assert lines_of(recorded_events(HISTORIES / f"{name}.order.json")).count(line) == times


def test_activities_are_found_however_they_were_run() -> None:
    assert activities_of(recorded_events(HISTORIES / "row_held.order.json")) == {"adopt_order", "take_step"}
    assert activities_of(recorded_events(HISTORIES / "settled.payment.json")) == {
        *("open_at_gateway", "record_payment", "tell_order")
    }
