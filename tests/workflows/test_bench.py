"""`make bench-orders` runs, and says all that it should; how fast is not judged here, how long a history is."""

import json
import subprocess
import sys
from typing import Any

import pytest

from config.home import CLONE
from tests.bench.orders import paper
from workflows.transitions import Move

SIX = {Move.ACCEPT, Move.DEPART, Move.ARRIVE, Move.START, Move.TICK, Move.FINISH}


@pytest.fixture(scope="module")
def printed() -> list[str]:
    command = [sys.executable, "-m", "tests.bench.orders", "--quick"]
    done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def results(printed: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed[-1])
    return found


def test_all_three_take_six_updates(results: dict[str, Any]) -> None:
    for name in ("c0", "c1", "c2"):
        found = results[name]
        assert found["updates_per_s"] > 0
        assert set(found["update_ms"]) == {"1", "2"}
        assert all(0 < times["p50"] <= times["p99"] for times in found["update_ms"].values())
        assert found["history"]["history_types"]["workflow_execution_update_completed"] == len(SIX)


def test_the_ratio_is_that_of_the_rates(results: dict[str, Any]) -> None:
    c1, c2 = (results[name]["updates_per_s"] for name in ("c1", "c2"))
    assert results["c2_over_c1"] == pytest.approx(c2 / c1, abs=0.01)


def test_an_ordinary_order_has_a_short_history(results: dict[str, Any]) -> None:
    """Whoever takes an order over reads all of it."""
    assert results["history_events"] < 120
    assert results["history_bytes"] < 60_000


def test_the_statements_of_each_step_are_counted(results: dict[str, Any]) -> None:
    assert set(results["statements_per_step"]) == {*SIX, Move.CONFIRM, Move.SETTLE, Move.CLOSE}
    assert all(results["statements_per_step"].values())


def test_many_writers_on_one_day_never_overlap(results: dict[str, Any]) -> None:
    assert results["reservation_per_s"] > 0
    assert 0 < results["reservation"]["kept"] < results["reservation"]["writers"] * 10
    assert results["reservation"]["overlaps"] == 0


def test_the_table_and_the_docs_are_written_from_the_result(
    printed: list[str], results: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(paper, "PAPER", tmp_path / "order-benchmarks.md")
    paper.write(results)
    for text in ("\n".join(printed[:-1]), (tmp_path / "order-benchmarks.md").read_text()):
        for what in ("C0", "C1", "C2 ÷ C1", "ordinary order", "statements", "writers on one worker's day"):
            assert what in text
