"""Subscribers' comparison with the log is what the cases rest on: a planted fault must turn it red."""

import pytest

from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case
from tests.hub.stack import DaphneServer
from tests.hub.writing import published

pytestmark = pytest.mark.usefixtures("database")

# What one subscriber's comparison then counts. Where two are swapped, the second comes out of its order.
FOUND = {
    "drop": {"gaps": 1},
    "duplicate": {"duplicates": 1},
    "swap": {"out_of_order": 1},
}


@pytest.mark.parametrize("fault", FOUND)
async def test_a_planted_fault_turns_the_comparison_red(pair: list[DaphneServer], number: int, fault: str) -> None:
    topic, clean = f"open:{number}", {"gaps": 0, "duplicates": 0, "out_of_order": 0, "unlike": 0}
    async with crowd(pair, [topic], 2) as readers:
        await published(topic, *range(10))
        await readers.caught_up()
        before = await readers.report()
        await readers.ask("plant", fault=fault)
        report = await readers.report()
    assert {name: before[name] for name in clean} == clean
    assert {name: report[name] for name in clean} == clean | FOUND[fault]
    with pytest.raises(AssertionError):
        Case(0, "planted", long=False).holds(report)
