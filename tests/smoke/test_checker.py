"""The checker itself: a stream as it was logged is clean; whatever is planted into it turns the verdict red."""

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from config.home import CLONE
from tests.smoke.checker import Delivery, Following, TopicLog, check
from tests.smoke.report import Counts

TOPIC = "order:7"
LOG = TopicLog("e1", 6, {offset: f"id-{offset}" for offset in range(1, 7)})


def clean() -> Following:
    deliveries = [Delivery(offset, LOG.ids[offset], "order.paid") for offset in range(3, 7)]
    return Following("a customer", TOPIC, "e1", 2, deliveries, ["e1", "e1"])


def verdict_on(following: Following, log: TopicLog = LOG) -> Counts:
    found = check([clean(), following], {TOPIC: log})
    return Counts(orders=1, ended_as_expected=1, push_gaps=len(found.gaps), push_duplicates=len(found.duplicates))


def drop(stream: Following) -> None:
    del stream.deliveries[1]


def drop_the_last(stream: Following) -> None:
    del stream.deliveries[-1]


def swap(stream: Following) -> None:
    stream.deliveries[1:3] = reversed(stream.deliveries[1:3])


def change_an_id(stream: Following) -> None:
    stream.deliveries[1] = replace(stream.deliveries[1], id="id-of-another")


def change_the_epoch(stream: Following) -> None:
    stream.epochs[1] = "e2"


def refuse_a_recovery(stream: Following) -> None:
    stream.breaks.append("recovery refused")


def invent_an_event(stream: Following) -> None:
    stream.deliveries.append(Delivery(7, "id-7", "order.paid"))


GAPS = [drop, drop_the_last, swap, change_an_id, change_the_epoch, refuse_a_recovery, invent_an_event]


def test_a_stream_as_it_was_logged_passes() -> None:
    assert verdict_on(clean()).passed


@pytest.mark.parametrize("plant", GAPS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_a_gap(plant: Callable[[Following], None]) -> None:
    stream = clean()
    plant(stream)
    counts = verdict_on(stream)
    assert counts.push_gaps > 0
    assert not counts.passed


@pytest.mark.parametrize("position", [2, 4], ids=["at once", "later"])
def test_a_delivery_that_comes_again_is_a_duplicate(position: int) -> None:
    stream = clean()
    stream.deliveries.insert(position, stream.deliveries[1])
    counts = verdict_on(stream)
    assert (counts.push_gaps, counts.push_duplicates) == (0, 1)
    assert not counts.passed


def test_an_event_of_the_snapshot_that_comes_again_is_a_duplicate() -> None:
    stream = clean()
    stream.deliveries.insert(0, Delivery(2, LOG.ids[2], "order.paid"))
    assert verdict_on(stream).push_duplicates == 1


def test_an_event_under_another_offset_is_a_duplicate() -> None:
    stream = clean()
    stream.deliveries.append(Delivery(7, LOG.ids[5], "order.paid"))
    assert verdict_on(stream).push_duplicates == 1


def test_a_hole_in_the_log_itself_is_a_gap() -> None:
    stream = clean()
    drop(stream)
    holed = replace(LOG, ids={offset: event_id for offset, event_id in LOG.ids.items() if offset != 4})
    assert not verdict_on(stream, holed).passed


def test_a_topic_that_the_log_does_not_know_is_a_gap() -> None:
    assert check([clean()], {}).gaps


def test_each_count_alone_decides() -> None:
    good = Counts(orders=1, ended_as_expected=1)
    assert good.passed
    for name in ("lost", "stuck", "push_gaps", "push_duplicates", "ledger_unbalanced", "row_actor_mismatch"):
        assert not replace(good, **{name: 1}).passed, name
    assert not replace(good, ended_as_expected=0).passed


def test_nothing_that_is_imported_here_comes_from_the_hub() -> None:
    """Whoever checks it must not share its mistakes: not by way of something else either.

    The seeding is a program of its own, which writes what is there before the play.
    """
    seen, todo = set[Path](), set(Path(__file__).parent.glob("*.py")) - {Path(__file__).with_name("seeding.py")}
    while todo:
        path = todo.pop()
        seen.add(path)
        names = imports_of(path)
        assert not [name for name in names if name.split(".")[0] == "hub"], path
        todo |= {file for name in names for file in files_of(name)} - seen
    assert CLONE / "tests/world/people.py" in seen


def imports_of(path: Path) -> list[str]:
    """Every module that the file names, also inside functions; of `from a import b` both a and a.b."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def files_of(module: str) -> list[Path]:
    """The file of one of our modules, or none."""
    place = CLONE.joinpath(*module.split("."))
    return [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
