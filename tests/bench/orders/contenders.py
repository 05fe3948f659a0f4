"""The three that take six Updates an order: each makes orders that wait for their first one, and sends them.

Six of people's commands: accept, depart, arrive, start, tick, finish. What comes before (booking, payment, ranking,
offer) is done by the services beforehand; what comes after is not waited for.
"""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol
from uuid import uuid4

from django.utils import timezone
from temporalio.client import Client, WorkflowHandle

from tests.bench.orders.skeleton import QUEUE, UPDATES, Skeleton
from tests.web.orders.story import Story
from tests.web.people import make_address, make_customer
from tests.world import seeds
from tests.world.town import in_database
from web.accounts.models import Address, User
from web.catalog.models import Service
from web.orders import services
from web.orders.models import Order
from workflows.client import TASK_TIMEOUT
from workflows.messages import ORDER_QUEUE, CommandMessage, OrderState, Outcome, order_workflow_id
from workflows.order import OrderWorkflow
from workflows.transitions import Move

SPACING = timedelta(minutes=3)
FIRST_VISIT = timedelta(hours=1)
STARTED = 4
"""Events of a history whose first workflow task is done."""

_visits = itertools.count()


@dataclass(frozen=True)
class Prepared:
    """An order whose actor waits; `updates`: what is sent to it, one after the other."""

    handle: WorkflowHandle[Any, Any]
    updates: Sequence[Callable[[], Awaitable[object]]]


class Contender(Protocol):
    """lane: who drives one order after the other; each has a worker of his own."""

    async def prepare(self, client: Client, lane: int) -> Prepared:
        """An order that is ready for its first Update."""
        ...


@dataclass(frozen=True)
class Bare:
    """C0 and C1: see skeleton.py."""

    step: str

    async def prepare(self, client: Client, lane: int) -> Prepared:
        """See Contender."""
        handle = await client.start_workflow(
            Skeleton.run, self.step, id=f"{self.step}:{uuid4()}", task_queue=QUEUE, task_timeout=TASK_TIMEOUT
        )

        def sent(number: int) -> Callable[[], Awaitable[object]]:
            return lambda: handle.execute_update(Skeleton.command, number, id=str(number))

        return Prepared(handle, [sent(number) for number in range(UPDATES)])


class Product:
    """C2: the actor as it is, its steps, its rows, its events."""

    async def prepare(self, client: Client, lane: int) -> Prepared:
        """See Contender."""
        order_id, messages = await in_database(offered_order, lane)
        handle = await started(client, order_id)
        return Prepared(handle, [sending(handle, message) for message in messages])


async def started(client: Client, order_id: int) -> WorkflowHandle[Any, str]:
    """The order's actor, as `workflows.client.start_order` starts it."""
    return await client.start_workflow(
        OrderWorkflow.run,
        OrderState(order_id=order_id),
        id=order_workflow_id(order_id),
        task_queue=ORDER_QUEUE,
        task_timeout=TASK_TIMEOUT,
        static_summary=f"订单 {order_id}",
    )


def sending(handle: WorkflowHandle[Any, Any], message: CommandMessage) -> Callable[[], Awaitable[object]]:
    """A command's Update. Whoever calls it gets an outcome that was done, or an AssertionError."""

    async def send() -> object:
        update_id = str(message.command_id)
        outcome = await handle.execute_update("command", message, id=update_id, result_type=Outcome)
        assert outcome.done, (message.move, outcome)
        return outcome

    return send


def placed(lane: int, *, steps: int = 1) -> Story:
    """A booking of the lane's only worker, within a day: a longer wait would be waited for in a new run."""
    _, service, customer, address = _people(lane, steps)
    starts_at: datetime = timezone.now().replace(microsecond=0) + FIRST_VISIT + SPACING * next(_visits)
    return Story.placed(customer, service, address=address, starts_at=starts_at)


def commands_of(story: Story, *, steps: int = 1, confirm: bool = False) -> list[CommandMessage]:
    """From accept to finish, as rows that wait for their actor and as what their Updates carry."""
    order, worker = story.order, story.offered.worker
    asked: list[tuple[User, Move, str, dict[str, int]]] = [
        (worker, Move.ACCEPT, "", {"offer_id": story.offered.pk}),
        (worker, Move.DEPART, "", {}),
        (worker, Move.ARRIVE, "", {}),
        (worker, Move.START, order.start_code, {}),
        *((worker, Move.TICK, "", {"step": position}) for position in range(1, steps + 1)),
        (worker, Move.FINISH, "", {}),
        *([(order.customer, Move.CONFIRM, "", dict[str, int]())] if confirm else []),
    ]
    return [_message(order, *one) for one in asked]


def offered_order(lane: int) -> tuple[int, list[CommandMessage]]:
    """An order whose worker has his offer, and his six commands."""
    story = placed(lane).pay().offer()
    return story.id, commands_of(story)


def _message(order: Order, by: User, move: Move, typed: str, choice: dict[str, int]) -> CommandMessage:
    command, _ = services.receive_command(user=by, order=order, move=move, key=uuid4().hex, choice=choice, typed=typed)
    # Stored well before they are sent: an accept is nobody's wish any more after half a minute.
    command.valid_for_s = timedelta(hours=1).total_seconds()
    command.save(update_fields=["valid_for_s"])
    return services.message_of(command, seen_version=0)


@cache
def _people(lane: int, steps: int) -> tuple[User, Service, User, Address]:
    skill, customer = f"lane-{lane}-{steps}", make_customer()
    worker = seeds.make_worker(1000 + 100 * steps + lane, skills=[skill])
    service = seeds.make_service(skill=skill, steps=steps)
    return worker.user, service, customer, make_address(customer)
