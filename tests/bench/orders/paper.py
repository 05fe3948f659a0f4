"""What was measured, for people: a table for the terminal, the same in docs/order-benchmarks.md."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PAPER = Path(__file__).resolve().parents[3] / "docs" / "order-benchmarks.md"
WANTED = {"c2_over_c1": "≥ 0.8", "history_events": "< 120", "history_bytes": "< 60,000"}
NAMES = {
    "c0": "C0, six empty steps",
    "c1": "C1, an empty transaction a step",
    "c2": "C2, the product's actor",
}
INTRODUCTION = """\
# What an order's actor does, in figures

Written by `make bench-orders ARGS=--write-docs`, which measures the first table in one run on a machine: {cores} cores,
Python {python}, load {load_before:g} before; Temporal's dev server, PostgreSQL (a throw-away one: it does not wait for
the disk), Redis, {workers} worker processes of each contender and the bench share them. `ARGS=--quick` shows in a
minute that it runs; the last line is always one JSON object.

An Update's time runs from sending it to having its outcome. Six of people's commands an order (accept, depart, arrive,
start, tick, finish), one after the other; so many orders at once as are in flight; {rounds} rounds of {orders} orders
each, in which C0, C1 and C2 take turns; rates are medians of the rounds, times are of all Updates. Booking, payment,
ranking and offer are done beforehand, without the actor; there is no HTTP and no socket. The ordinary order is measured
by itself: from the payment's signal to its end, with two steps and its confirmation.

| what | figure | wanted |
|---|---|---|
"""
BOUNDS = """
What bounds C2 is processor time, of which two cores have 2,000 ms a second for everybody: so many Updates a second as
an Update's milliseconds go into that. The table by process is not the command's: it was measured once, on 2026-11-28,
by the processes' own times with 20 in flight, in ms of an Update, while the machine was busy with others' work, which
makes each ms longer for all alike:

| | Temporal | PostgreSQL | the workers | of these the step | the sender | all |
|---|---|---|---|---|---|---|
| C1 | 7 | 0.2 | 7 | 0 | 1 | 15 |
| C2, steps through the ORM (18 statements) | 12 | 5.5 | 29 | 15 | 1.5 | 48 |
| C2, steps as they are (10 statements) | 10 | 4 | 14 | 6 | 1.5 | 30 |

A step that took no time at all would leave some 20 ms and bring C2 to 0.7 of C1: the rest is Temporal's and the SDK's
own work on an actor that has deadlines (a timer begun and cancelled in most phases), an index of phases (a search
attribute a phase) and 1 KB of its row in every answer, where C1 has none of these. On more cores more worker processes
make more Updates at once; Temporal's dev server here is one process with one SQLite file.
"""


def table(results: Mapping[str, Any]) -> str:
    """For the terminal."""
    rows = list(_rows(results))
    width = max(len(what) for what, _, _ in rows)
    return "\n".join(
        f"{what:{width}}  {figure}{f'  (wanted {wanted})' if wanted else ''}" for what, figure, wanted in rows
    )


def write(results: Mapping[str, Any]) -> None:
    """docs/order-benchmarks.md."""
    told = {name: results[name] for name in ("rounds", "orders", "workers")}
    lines = "".join(f"| {' | '.join(row)} |\n" for row in _rows(results))
    PAPER.write_text(INTRODUCTION.format(**told, **results["machine"]) + lines + BOUNDS)


def _rows(results: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, title in NAMES.items():
        found = results[name]
        for in_flight, rate in found["updates_per_s_by_in_flight"].items():
            times = found["update_ms"][in_flight]
            figure = f"{rate:,} Updates/s, p50 {times['p50']} ms, p99 {times['p99']} ms"
            yield f"{title}, {in_flight} in flight", figure, ""
        history = found["history"]
        yield f"{title}, history of six Updates", _history(history), ""
    of_c1 = results["c1"]["updates_per_s_by_in_flight"]
    for in_flight, rate in results["c2"]["updates_per_s_by_in_flight"].items():
        yield f"C2 ÷ C1, Updates/s, {in_flight} in flight", f"{rate / of_c1[in_flight]:.2f}", WANTED["c2_over_c1"]
    wanted = f"{WANTED['history_events']} events, {WANTED['history_bytes']} bytes"
    yield "an ordinary order's whole history", _history(results), wanted
    yield "of these events", ", ".join(f"{count} {type}" for type, count in results["history_types"].items()), ""
    statements = results["statements_per_step"]
    figure = ", ".join(f"{move} {count}" for move, count in statements.items())
    yield "statements of a step's transaction, BEGIN, savepoints and COMMIT included", figure, ""
    kept = results["reservation"]
    figure = f"{results['reservation_per_s']:,} attempts/s decided, {kept['kept']} kept, {kept['overlaps']} overlap"
    yield f"{kept['writers']} writers on one worker's day", figure, "no overlap"


def _history(found: Mapping[str, Any]) -> str:
    return f"{found['history_events']:,} events, {found['history_bytes']:,} bytes"
