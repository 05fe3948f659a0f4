"""One ordinary order from its payment to its end: what it leaves in Temporal, and what a step asks of the database."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from temporalio.client import Client, WorkflowHandle

from tests.bench.orders.contenders import commands_of, placed, sending, started
from tests.web.orders.story import Story, paid_at_gateway
from tests.world.town import in_database
from web.orders import services
from web.orders.models import Offer
from web.payments import services as payments
from workflows.messages import CommandMessage, StepRequest
from workflows.transitions import Move

STEPS = 2
LANE = 90
ATTRIBUTES = "_event_attributes"


async def ordinary_order(client: Client) -> dict[str, Any]:
    """history_events, history_bytes, and of which types the events are."""
    story, payment_id = await in_database(_paid)
    handle = await started(client, story.id)
    await handle.signal("payment_arrived", payment_id)
    while not await in_database(_is_offered, story.id):  # noqa: ASYNC110 - a row is waited for
        await asyncio.sleep(0.05)
    for message in await in_database(lambda: commands_of(story, steps=STEPS, confirm=True)):
        await sending(handle, message)()
    await handle.result()
    return await history_of(handle)


async def history_of(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """What a workflow has left so far."""
    described = (await handle.describe()).raw_description.workflow_execution_info
    history = await handle.fetch_history()
    types = Counter((event.WhichOneof("attributes") or "").removesuffix(ATTRIBUTES) for event in history.events)
    return {
        "history_events": len(history.events),
        "history_bytes": described.history_size_bytes or sum(event.ByteSize() for event in history.events),
        "history_types": dict(types.most_common()),
    }


def statements_per_step() -> Mapping[str, int]:
    """By move: the statements of its transaction, BEGIN, savepoints and COMMIT included."""
    story = placed(LANE + 1, steps=STEPS).pay().offer()
    counts: dict[str, int] = {}
    for message in commands_of(story, steps=STEPS, confirm=True):
        counts[message.move] = _statements(story, message.move, f"command:{message.command_id}", message)
    counts["settle"] = _statements(story, Move.SETTLE, "settle")
    counts["close"] = _statements(story, Move.CLOSE, "close")
    return counts


def _statements(story: Story, move: str, key: str, message: CommandMessage | None = None) -> int:
    request = StepRequest(story.id, key, str(move), story.order.version, command=message)
    with CaptureQueriesContext(connection) as captured:
        result = services.take_step(request=request)
    assert result.outcome.done, (move, result.outcome)
    return len(captured)


def _paid() -> tuple[Story, int]:
    story = placed(LANE, steps=STEPS)
    payment = story.open_payment()
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    return story, payment.pk


def _is_offered(order_id: int) -> bool:
    return Offer.objects.filter(order_id=order_id, state=Offer.OPEN).exists()
