"""Recorded histories of every fate replay with the story as it is now, and hold nothing personal."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from tests.workflows.changed_story import OrderThatReadsTwice
from tests.workflows.fates import FATES
from tests.workflows.recording import HISTORIES, recorded_history
from tests.world.plants import PLANTED, found_in, texts_of
from workflows import order
from workflows.order import OrderWorkflow
from workflows.payment import PaymentWorkflow
from workflows.payout import PayoutWorkflow
from workflows.refund import RefundWorkflow

WORKFLOWS = [OrderWorkflow, PaymentWorkflow, PayoutWorkflow, RefundWorkflow]
RECORDED = sorted(HISTORIES.glob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays_with_the_story_as_it_is(path: Path) -> None:
    await Replayer(workflows=WORKFLOWS).replay_workflow(recorded_history(path))


async def test_an_actor_from_before_the_rule_goes_on_however_long_its_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided before there was a limit is decided so again."""
    monkeypatch.setattr(order, "LONG_HISTORY", 20)
    replayer = Replayer(workflows=[OrderWorkflow], workflow_runner=UnsandboxedWorkflowRunner())
    await replayer.replay_workflow(recorded_history(HISTORIES / "booked_ahead.order.before-the-patch.json"))


async def test_a_story_that_was_changed_without_a_patch_is_caught() -> None:
    history = recorded_history(HISTORIES / "settled.order.json")
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[OrderThatReadsTwice]).replay_workflow(history)


def test_every_fate_is_recorded_and_money_in_both_directions() -> None:
    stems = {path.stem for path in RECORDED}
    assert {f"{name}.order" for name in FATES} <= stems
    assert {"settled.payment", "unpaid.payment", "paid_too_late.payment"} <= stems
    assert {"cancelled_accepted.refund", "refund_parked.refund"} <= stems


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_history_names_nobody(path: Path) -> None:
    assert found_in(texts_of(_read(path))) == []


@pytest.mark.parametrize("plant", PLANTED)
def test_a_name_in_a_history_would_be_found_however_it_is_written(plant: str) -> None:
    history = _read(HISTORIES / "settled.order.json")
    started = history["history"]["events"][0]["workflowExecutionStartedEventAttributes"]
    hidden = base64.b64encode(json.dumps({"text": f"for {plant}!"}).encode()).decode()
    started["input"]["payloads"].append({"data": hidden})
    assert found_in(texts_of(history)) == [plant]


def _read(path: Path) -> Any:
    return json.loads(path.read_text())
