"""What was measured, for people: a table for the terminal, the same in docs/hub-benchmarks.md, and a plot beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.hub.plot import Curve, curves

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAPER, PLOT = DOCS / "hub-benchmarks.md", DOCS / "hub-growth.svg"
NAMES = {
    "doorbell": "Doorbell",
    "channels": "stock Channels",
    "websockets": "`websockets.broadcast`",
    "websockets_uncompressed": "`websockets.broadcast`, `compression=None`",
    "centrifuge": "centrifuge (Go)",
}
NOT_MEASURED = "not measured: `CENTRIFUGE_BIN` names no server that answers"
# By what was measured, and of whom.
BOUNDS = {
    ("saturation", "doorbell"): "The receivers' decoding, which leaves the server little: see the cores.",
    (
        "saturation",
        "channels",
    ): "One core of the server: each message to each socket goes through a consumer.",
    ("saturation", "websockets"): "One core of the server, which compresses for each connection, and the receivers'.",
    ("saturation", "websockets_uncompressed"): "The cores: one write and one read of the kernel's for each delivery.",
    ("saturation", "centrifuge"): "The cores: the receivers' decoding takes more of them than the server.",
    ("half_load", "doorbell"): "Wanted: p99 ≤ 50 ms. The commit, a round of the fan-out that waits for the one before, "
    "and everybody's turn on the cores.",
    ("half_load", "channels"): "The round through all consumers, one after the other.",
    ("half_load", "websockets"): "The round through all connections: no commit, no other process.",
    ("half_load", "websockets_uncompressed"): "The same, without the compression.",
    ("half_load", "centrifuge"): "A write for each event and connection: it joins nothing by default.",
    (
        "many_topics",
        "doorbell",
    ): "What was offered, where all of it came; else the hub's loop: a write for each event.",
    ("publish", "one_topic"): "The topic's head is locked from the flush to the commit: one commit after the other.",
    ("publish", "hundred_topics"): "The cores, which the writers' Python shares with PostgreSQL.",
    ("memory", "doorbell"): "Daphne's protocol object, the consumer's task and the session, subscribed to one topic.",
    ("memory", "channels"): "Daphne's protocol object, the consumer's tasks and its channel of the layer.",
    ("memory", "websockets"): "The connection's tasks and its compressor.",
    ("memory", "websockets_uncompressed"): "The connection's tasks.",
    ("http", "alone"): "The fan-out's round.",
    ("http", "one_process"): "One interpreter: while a request computes, the hub's loop waits for its turn.",
    ("http", "apart"): "The cores, which the two processes share.",
    ("recovery", "doorbell"): "Handshakes on one core. Each topic is read once, whoever asks; the rest of the queries "
    "are the process' start and its comparison of heads.",
}
INTRODUCTION = """\
# What the hub does, in figures

Written by `make bench-hub ARGS=--write-docs`, which measures all of it in one run on one machine: {cores} cores,
Python {python}, load {load_before:g} before; servers, PostgreSQL, Redis, publishers and receivers share them. {sockets}
sockets, 200-byte events and one topic, unless said otherwise; medians of {rounds} rounds of {seconds:g} s, in each of
which everybody has his turn. A delivery counts when its receiver has decoded it. All receive with the same client,
which offers compression as browsers do (`tests/bench/hub/audience.py`). Latency is from before `publish()`, so ours has
the commit in it, to the decoded event. What each competitor is, and how it is published to, is told by the first lines
of its module in `tests/bench/hub/competitors/`.

| what | figure | what bounds it |
|---|---|---|
"""
GROWTH = """
## The cost of growth

![Deliveries a second and latency as sockets grow]({plot})

| sockets | deliveries/s, saturated | p50 at half of that, ms | p99, ms | the hub's cores when saturated |
|---|---|---|---|---|
"""
GROWTH_BOUND = """
With few sockets the publisher's transactions bound it: an event is written to PostgreSQL and Redis for however many
readers. From some hundred on it is the cores. A round of the fan-out writes once to each socket, so latency grows with
their number, and what comes meanwhile is joined to the next round's message.
"""


class Row(NamedTuple):
    what: str
    figure: str
    bound: str = ""


Found = Mapping[str, Any]


def table(results: Found) -> str:
    """For the terminal: of each part that was measured."""
    rows = list(_rows(results))
    width = max((len(row.what) for row in rows), default=0)
    return "\n".join(f"{row.what:{width}}  {row.figure}" for row in rows)


def write(results: Found) -> None:
    """docs/hub-benchmarks.md and docs/hub-growth.svg. Raises KeyError where a part was not measured."""
    growth = results["growth"]
    speeds = Curve("deliveries a second, saturated", [each["deliveries_per_s"] for each in growth], "#1668b8")
    delays = Curve("p99 at half of that, ms", [each["p99_ms"] or 0 for each in growth], "#c2410c")
    PLOT.write_text(curves([each["sockets"] for each in growth], [speeds, delays]))
    told = {name: results[name] for name in ("sockets", "rounds", "seconds")}
    text = INTRODUCTION.format(**told, **results["machine"])
    text += _lines(row for row in _rows(results) if not row.what.startswith("growth"))
    text += GROWTH.format(plot=PLOT.name) + _lines(list(each.values()) for each in growth) + GROWTH_BOUND
    PAPER.write_text(text)


def _lines(rows: Iterator[Any]) -> str:
    cells = ((f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _rows(results: Found) -> Iterator[Row]:
    for part, rows in ROWS.items():
        if part in results:
            yield from rows(results[part], results)


def _saturation(found: Found, results: Found) -> Iterator[Row]:
    for name, per_s in found.items():
        if per_s is None:
            yield Row(f"saturation, {NAMES[name]}", NOT_MEASURED)
            continue
        core = f"{results['saturation_per_server_core'].get(name, 0):,} for each core of the server"
        figure = f"{per_s:,} deliveries/s, {core}; {_used(results['saturation_cores'][name])}"
        yield Row(f"saturation, {NAMES[name]}", figure, BOUNDS["saturation", name])
    for name, ratio in results["ratios"].items():
        ours, _, theirs = name.partition("_to_")
        aim = f"wanted ≥ {results['wanted'][name]}" if name in results["wanted"] else ""
        yield Row(f"{NAMES[ours]} ÷ {NAMES[theirs]}", str(ratio or "–"), aim)


def _used(cores: Mapping[str, float]) -> str:
    """Who used how much of the processor."""
    return "cores: " + ", ".join(f"{name} {used:.2f}" for name, used in cores.items() if used >= 0.01)


def _half_load(found: Found, results: Found) -> Iterator[Row]:
    for name, each in found.items():
        if each is None:
            yield Row(f"latency at half load, {NAMES[name]}", NOT_MEASURED)
        else:
            at = f"at {results['half_load_deliveries_per_s'][name]:,} deliveries/s"
            yield Row(f"latency at half load, {NAMES[name]}", f"{_latency(each)} {at}", BOUNDS["half_load", name])


def _latency(found: Found) -> str:
    return f"p50 {found['p50']} ms, p99 {found['p99']} ms"


def _many_topics(found: Found, results: Found) -> Iterator[Row]:
    delivered = f"{found['delivered_per_s']:,} of {found['offered_per_s']:,} events/s"
    figure = f"{delivered}, {_latency(found)}; {_used(found['cores'])}"
    yield Row(f"{found['topics']} sockets, each its own topic", figure, BOUNDS["many_topics", "doorbell"])


def _publish(found: Found, results: Found) -> Iterator[Row]:
    for name, per_s in found.items():
        what = f"publish beside an order's row, {name.replace('_', ' ')}, {results['publish_writers']} writers"
        yield Row(what, f"{per_s:,} events/s", BOUNDS["publish", name])


def _memory(found: Found, results: Found) -> Iterator[Row]:
    for name, kib in found.items():
        figure = f"{kib} KiB, at {results['memory_connections']:,}"
        yield Row(f"memory of an idle connection, {NAMES[name]}", figure, BOUNDS.get(("memory", name), ""))


def _http(found: Found, results: Found) -> Iterator[Row]:
    rates = ", ".join(f"{rate} {kind}" for kind, rate in found["requests_per_s"].items())
    where = {"alone": "without HTTP", "one_process": f"beside HTTP ({rates} a second) in one process", "apart": "apart"}
    for name, what in where.items():
        http = ", ".join(f"{kind} {p99}" for kind, p99 in found[name]["http_p99_ms"].items())
        figure = _latency(found[name]) + (f"; requests' p99, ms: {http}" if http else "")
        yield Row(f"push of {found['events_per_s']} events/s {what}", figure, BOUNDS["http", name])


def _recovery(found: Found, results: Found) -> Iterator[Row]:
    what = f"recovery of {found['clients']:,} clients, {found['missed_each']} events each, {found['topics']} topics"
    yield Row(what, f"all live after {found['seconds']} s, {found['queries']} queries", BOUNDS["recovery", "doorbell"])


def _growth(found: Sequence[Found], results: Found) -> Iterator[Row]:
    for each in found:
        figure = f"{each['deliveries_per_s']:,} deliveries/s; at half of that p99 {each['p99_ms']} ms"
        yield Row(f"growth, {each['sockets']:,} sockets", figure)


ROWS: dict[str, Callable[[Any, Found], Iterator[Row]]] = {
    "saturation": _saturation,
    "half_load_ms": _half_load,
    "many_topics": _many_topics,
    "publish_per_s": _publish,
    "memory_kib_per_connection": _memory,
    "http_beside_push": _http,
    "recovery": _recovery,
    "growth": _growth,
}
