"""What `record.py` does once Django is there."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory

from config.stack.embedded import Stack
from tests.workflows.fates import FATES
from tests.world.town import Town, in_database, town_on
from web.ledger.models import Withdrawal
from web.payments.models import Payment, Refund
from workflows.messages import order_workflow_id, payment_workflow_id, payout_workflow_id, refund_workflow_id

HISTORIES = Path(__file__).with_name("histories")


def record(stack: Stack, names: Sequence[str] = ()) -> None:
    """Write a file per run of every workflow of these fates, or of all."""
    HISTORIES.mkdir(exist_ok=True)
    with town_on(stack) as town:
        asyncio.run(_record(town, names or list(FATES)))


def recorded_history(path: Path) -> WorkflowHistory:
    """A file of HISTORIES."""
    recorded = json.loads(path.read_text())
    return WorkflowHistory.from_json(recorded["workflow_id"], recorded["history"])


def workflows_of(order_id: int) -> list[str]:
    """The ids of an order's workflow and of those of its money."""
    payments = Payment.objects.filter(order_id=order_id).values_list("pk", "purpose")
    refunds = Refund.objects.filter(payment__order_id=order_id).values_list("pk", flat=True)
    payouts = Withdrawal.objects.filter(payee__jobs=order_id).values_list("pk", flat=True)
    return [
        order_workflow_id(order_id),
        *(payment_workflow_id(pk, purpose) for pk, purpose in payments),
        *(refund_workflow_id(pk) for pk in refunds),
        *(payout_workflow_id(pk) for pk in payouts),
    ]


async def runs_of(client: Client, workflow_id: str) -> list[Any]:
    """The events of each of its runs, oldest first."""
    runs, run_id = list[Any](), None
    # From the last run back: each names the one that it continues.
    while not runs or run_id:
        history = (await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()).to_json_dict()
        run_id = history["events"][0]["workflowExecutionStartedEventAttributes"].get("continuedExecutionRunId")
        runs.insert(0, history["events"])
    return runs


async def _record(town: Town, names: Sequence[str]) -> None:
    await asyncio.gather(*(_record_fate(town, name) for name in names))


async def _record_fate(town: Town, name: str) -> None:
    fate = FATES[name]
    async with fate.trade(town) as trade:
        order_id = await fate.tell(trade)
        await town.closed(order_id)
        for workflow_id in await in_database(workflows_of, order_id):
            await _keep(town, name, workflow_id)


async def _keep(town: Town, name: str, workflow_id: str) -> None:
    await town.ended(workflow_id)
    kind, runs = workflow_id.partition(":")[0], await runs_of(await town.temporal(), workflow_id)
    for number, events in enumerate(runs, start=1):
        _forget_the_machine(events)
        lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
        stem = f"{name}.{kind}" if number == len(runs) else f"{name}.{kind}.run-{number}"
        text = f'{{"workflow_id": "{workflow_id}", "history": {{"events": [\n{lines}\n]}}}}\n'
        (HISTORIES / f"{stem}.json").write_text(text)
        sys.stdout.write(f"{stem}: {len(events)} events\n")


def _forget_the_machine(value: Any) -> None:
    """`identity` is the process and the host that ran it; a stack trace names its folders."""
    if isinstance(value, dict):
        value.pop("stackTrace", None)
        if "identity" in value:
            value["identity"] = "recorder"
        for part in value.values():
            _forget_the_machine(part)
    elif isinstance(value, list):
        for part in value:
            _forget_the_machine(part)
