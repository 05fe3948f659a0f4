"""Records the histories that `test_replay.py` replays: `python -m tests.workflows.record`.

Runs every fate for real on a stack of its own and keeps what Temporal wrote of its order, payment and refund. To be run
again when the story has changed on purpose and no order of the old story is open any more; else `workflow.patched` it.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.stack.embedded import embedded_stack

if TYPE_CHECKING:
    from tests.world.town import Town

HISTORIES = Path(__file__).with_name("histories")


def main() -> None:
    """All fates at once, then their histories."""
    with embedded_stack(ephemeral=True, private=True, say=print) as stack:
        os.environ.update(stack.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        stack.manage("migrate", "--verbosity", "0")
        import django

        django.setup()
        from tests.world.town import town_on

        with town_on(stack) as town:
            asyncio.run(_record(town))


async def _record(town: "Town") -> None:
    from tests.workflows.fates import FATES

    await asyncio.gather(*(_record_fate(town, name) for name in FATES))


async def _record_fate(town: "Town", name: str) -> None:
    from tests.workflows.fates import FATES
    from tests.world.town import in_database

    fate = FATES[name]
    async with fate.trade(town) as trade:
        order_id = await fate.tell(trade)
        await town.closed(order_id)
        for workflow_id in await in_database(workflows_of, order_id):
            await _keep(town, name, workflow_id)


def workflows_of(order_id: int) -> list[str]:
    """The ids of an order's workflow and of those of its money."""
    from web.payments.models import Payment, Refund
    from workflows.messages import order_workflow_id, payment_workflow_id, refund_workflow_id

    payments = Payment.objects.filter(order_id=order_id).values_list("pk", flat=True)
    refunds = Refund.objects.filter(payment__order_id=order_id).values_list("pk", flat=True)
    return [
        order_workflow_id(order_id),
        *(payment_workflow_id(pk) for pk in payments),
        *(refund_workflow_id(pk) for pk in refunds),
    ]


async def _keep(town: "Town", name: str, workflow_id: str) -> None:
    await town.ended(workflow_id)
    client = await town.temporal()
    history = (await client.get_workflow_handle(workflow_id).fetch_history()).to_json_dict()
    _forget_the_machine(history)
    kind = workflow_id.partition(":")[0]
    events = ",\n".join(json.dumps(event, ensure_ascii=False) for event in history["events"])
    HISTORIES.mkdir(exist_ok=True)
    text = f'{{"workflow_id": "{workflow_id}", "history": {{"events": [\n{events}\n]}}}}\n'
    (HISTORIES / f"{name}.{kind}.json").write_text(text)
    sys.stdout.write(f"{name}.{kind}: {len(history['events'])} events\n")


def _forget_the_machine(value: Any) -> None:
    """`identity` is the process and the host that ran it."""
    if isinstance(value, dict):
        if "identity" in value:
            value["identity"] = "recorder"
        for part in value.values():
            _forget_the_machine(part)
    elif isinstance(value, list):
        for part in value:
            _forget_the_machine(part)


if __name__ == "__main__":
    main()
