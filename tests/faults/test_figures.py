"""The last line of a full run: a key per case, and passed is only what was through."""

import json

from tests.faults.hub.figures import Case, Figures


def test_what_failed_or_was_broken_off_has_not_passed() -> None:
    figures = Figures(long=True)
    parts = {
        1: [("setup", True), ("call", True), ("teardown", True)],
        2: [("setup", True)],
        3: [("setup", True), ("call", False), ("teardown", True)],
        4: [("setup", False), ("teardown", True)],
        5: [("setup", True), ("call", True), ("teardown", True), ("setup", True)],
    }
    for number, reports in parts.items():
        for when, passed in reports:
            figures.note(number, when, passed=passed)
    case = Case(3, "planted", long=True)
    case.tell(orders=7)
    figures.add(case)
    summary = json.loads(json.dumps(figures.summary()))
    assert (summary["cases"], summary["passed"]) == (5, 1)
    assert {number: found["passed"] for number, found in summary["figures"].items()} == {
        "1": True,
        "2": False,
        "3": False,
        "4": False,
        "5": False,
    }
    assert summary["figures"]["3"] == {"passed": False, "orders": 7}


def test_who_waits_hears_what_is_done() -> None:
    lines: list[str] = []
    Case(3, "planted", long=True, say=lines.append).say("10 orders")
    assert lines == ["case  3: 10 orders …"]
