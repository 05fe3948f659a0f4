"""What an actor carries from run to run: JSON written by an older version of it must still load."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from workflows.messages import Deadlines, OrderState, OrderView, Outcome

STATES = sorted((Path(__file__).parent / "states").glob("*.json"))


@pytest.mark.parametrize("path", STATES, ids=lambda path: path.stem)
def test_the_state_of_an_older_version_still_loads(path: Path) -> None:
    state = _loaded(path.read_bytes())
    assert isinstance(state.view, OrderView)
    assert (state.order_id, state.view.phase, state.view.version) == (7, "ACCEPTED", 5)
    assert state.view.deadlines.depart_by == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert state.recent_commands == {"12": Outcome(True, "ACCEPTED", 5)}


def test_the_state_of_the_very_first_start_is_all_defaults() -> None:
    assert _loaded(b'{"order_id": 7}') == OrderState(order_id=7)


def test_a_view_with_the_fewest_fields_still_loads() -> None:
    state = _loaded(b'{"order_id": 7, "view": {"order_id": 7, "phase": "DISPATCHING", "version": 2}}')
    assert state.view == OrderView(order_id=7, phase="DISPATCHING", version=2, deadlines=Deadlines())


def _loaded(text: bytes) -> OrderState:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=text)
    values: list[Any] = DataConverter.default.payload_converter.from_payloads([payload], [OrderState])
    state: OrderState = values[0]
    return state
