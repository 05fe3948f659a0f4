"""A town on a running stack, and its trades: a trade is a service with people, a skill and terms of its own, so that
many tests share one town's processes and none takes another's workers.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import psycopg
from channels.db import database_sync_to_async
from django.db import DatabaseError, connections
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from config.stack.embedded import Stack
from config.stack.processes import wait_until
from tests.world import seeds
from tests.world.people import Customer, Person, Worker, next_number
from tests.world.waiting import until
from web.accounts.models import User
from web.accounts.tokens import issue_access
from web.catalog.models import Service
from web.orders import selectors
from web.orders.models import Order
from web.orders.past import unrecorded
from web.orders.services.terms import put_policy
from workflows.messages import order_workflow_id

T = TypeVar("T")
Terms = Mapping[str, Mapping[str, Any]]

UNHURRIED: dict[str, dict[str, Any]] = {
    **seeds.SHORT_POLICIES,
    "payment": {"window_s": 300},
    "dispatch": {"offer_s": 120, "retry_s": 1, "max_offers": 5},
    "completion": {"autoconfirm_s": 120, "review_s": 1},
}
"""No deadline decides anything on a busy machine, except where a trade's own terms ask for one."""


@dataclass
class Trade:
    """A customer at home, and workers who are on duty and do nothing else. starts_in_s: how far ahead a visit is."""

    starts_in_s: ClassVar[float] = 60.0
    town: "Town"
    service_id: int
    customer: Customer
    workers: list[Worker]

    @property
    def worker(self) -> Worker:
        """The only one, or the first."""
        return self.workers[0]

    async def book(self, *, starts_in_s: float | None = None) -> int:
        """An order that waits for its payment."""
        ahead_s = self.starts_in_s if starts_in_s is None else starts_in_s
        return int((await self.customer.order(self.service_id, starts_in_s=ahead_s))["order"]["id"])

    async def dispatched(self, *, starts_in_s: float | None = None) -> int:
        """A paid order."""
        order_id = await self.book(starts_in_s=starts_in_s)
        await self.customer.pay(order_id)
        # The cashier has the money, the order hears of it a moment later: until then a cancel finds an unpaid one.
        await self.town.until(order_id, "paid")
        return order_id

    async def accepted(self, *, starts_in_s: float | None = None) -> int:
        """An order that the first worker has taken. For a trade with one worker."""
        order_id = await self.dispatched(starts_in_s=starts_in_s)
        offer = await self.worker.next_offer()
        await self.worker.command(f"/api/offers/{offer['id']}/accept")
        return order_id

    async def arrived(self) -> int:
        """An order whose worker stands at the door."""
        order_id = await self.accepted()
        for step in ("depart", "arrive"):
            await self.worker.command(f"/api/orders/{order_id}/{step}")
        return order_id

    async def code(self, order_id: int) -> str:
        """The customer's start code."""
        return str((await self.customer.get(f"/api/orders/{order_id}"))["start_code"])


@dataclass
class Town:
    """A stack of ours at work, seen from a test. Trades are opened inside of one event loop.

    Where there are several servers, people fall over to another one, and ask again after a 503. patience_s: how long
    anything is waited for.
    """

    stack: Stack
    addresses: list[str]
    patience_s: ClassVar[float] = 60.0

    @asynccontextmanager
    async def trade(self, *, workers: int = 1, steps: int = 2, terms: Terms | None = None) -> AsyncIterator[Trade]:
        """Open a trade. terms: policies of its service, over those of the town.

        Its customer signs in by phone. Its workers have a token already: that is two requests less for each of them.
        """
        service_id, worker_ids = await in_database(_seed, workers, steps, terms or {})
        customer = Customer(*self.addresses, first=self.server())
        staff = [Worker(*self.addresses, first=self.server()) for _ in range(workers)]
        try:
            await customer.sign_in(seeds.customer_phone(next_number()))
            await customer.move_in()
            for worker, worker_id in zip(staff, worker_ids, strict=True):
                worker.signed_in(issue_access(user_id=worker_id, family=uuid4()), worker_id)
            yield Trade(self, service_id, customer, staff)
        finally:
            await asyncio.gather(*(person.close() for person in (customer, *staff)))
            # Every ranking looks at a city's whole staff: a town would be slower with each trade that it has had.
            with suppress(DatabaseError):
                await in_database(_retire, service_id)

    def server(self) -> int:
        """The server that the next person asks first."""
        return 0

    @asynccontextmanager
    async def dispatcher(self) -> AsyncIterator[Person]:
        """A member of staff; signed in without the password, which takes its time on purpose."""
        user = await in_database(seeds.make_dispatcher, f"dispatcher-{next_number()}")
        person = Person(*self.addresses, first=self.server())
        person.signed_in(issue_access(user_id=user.pk, family=uuid4()), user.pk)
        try:
            yield person
        finally:
            await person.close()

    async def temporal(self) -> Client:
        """A client on the running loop."""
        return await Client.connect(self.stack.environment["TEMPORAL_ADDRESS"])

    async def actor(self, order_id: int) -> WorkflowHandle[Any, str]:
        """The order's workflow."""
        client = await self.temporal()
        return client.get_workflow_handle(order_workflow_id(order_id), result_type=str)

    async def closed(self, order_id: int) -> Order:
        """Wait until the order's workflow has closed by itself; the row then."""
        await self.ended(order_workflow_id(order_id))
        return await self.row(order_id)

    async def ended(self, workflow_id: str, *, within_s: float | None = None) -> str:
        """Wait until a workflow has closed by itself; what it returned. Raises WorkflowFailureError.

        One that is not there yet is waited for, too: money that came to nothing is sent back by what the sweep starts.
        """
        client = await self.temporal()
        try:
            async with asyncio.timeout(within_s or self.patience_s):
                while True:
                    try:
                        return str(await client.get_workflow_handle(workflow_id).result())
                    except RPCError as error:
                        if error.status is not RPCStatusCode.NOT_FOUND:
                            raise
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            error.add_note(f"{workflow_id} has not ended, or was never there")
            raise

    async def row(self, order_id: int) -> Order:
        """The order as the database has it now."""
        return await in_database(selectors.order_now, order_id)

    async def timeline(self, order_id: int) -> list[str]:
        """Types of all that happened to the order, oldest first."""
        return await in_database(_timeline, order_id)

    async def until(self, order_id: int, type: str, *, times: int = 1, within_s: float | None = None) -> None:
        """Wait until something has happened to the order, so many times."""

        async def happened() -> bool:
            return (await self.timeline(order_id)).count(type) >= times

        await until(happened, within_s=within_s or self.patience_s)

    @asynccontextmanager
    async def row_held(self, order_id: int) -> AsyncIterator[None]:
        """Nobody can take a step on the order inside of the block.

        A weaker lock than FOR UPDATE: a command's own row, which points at the order, can still be written.
        """
        async with await psycopg.AsyncConnection.connect(self.stack.environment["DATABASE_URL"]) as holder:
            await holder.execute("SELECT 1 FROM orders_order WHERE id = %s FOR NO KEY UPDATE", [order_id])
            yield

    async def scheduled(self, order_id: int, activity: str, *, within_s: float | None = None) -> None:
        """Wait until the order's history has a regular activity of that name."""
        actor = await self.actor(order_id)

        async def scheduled() -> bool:
            events = (await actor.fetch_history()).events
            return activity in {each.activity_task_scheduled_event_attributes.activity_type.name for each in events}

        await until(scheduled, within_s=within_s or self.patience_s)


async def in_database(ask: Callable[..., T], *args: Any) -> T:
    """Ask the database from a test that is a coroutine, in a thread that gives its connection back."""
    answer: T = await database_sync_to_async(ask)(*args)
    return answer


@contextmanager
def town_on(stack: Stack, *, servers: int = 1, workers: int = 1, program: str = "workflows.worker") -> Iterator[Town]:
    """Start processes on a stack whose database is migrated and empty. They and the actors end with the block."""
    names = [f"web-{number}" for number in range(1, servers + 1)]
    others = [f"worker-{number}" for number in range(1, workers + 1)]
    addresses = [stack.start_server(name, wait=False) for name in names]
    for name in others:
        stack.processes.start(name, [sys.executable, "-m", program], environment=stack.environment, grace_s=30)
    try:
        seeds.make_city(UNHURRIED)
        for name, address in zip(names, addresses, strict=True):
            stack.wait_for_server(name, address)
        for name in others:
            wait_for_worker(stack, name)
        yield Town(stack, addresses)
        # Whatever became of them: each order can be rebuilt from its timeline. The database may have been away.
        connections.close_all()
        assert unrecorded() == {}
    finally:
        stack.processes.stop(*(name for name in (*names, *others) if stack.processes[name].running))
        asyncio.run(_end_what_runs(stack.environment["TEMPORAL_ADDRESS"]))


def wait_for_worker(stack: Stack, name: str, *, after: int = 0) -> None:
    """Until the worker process says that it is at work. after: bytes of its log that are an earlier life's."""
    child = stack.processes[name]
    wait_until(lambda: b"worker ready" in child.log.read_bytes()[after:], what=name, child=child, timeout_s=90)


def _seed(workers: int, steps: int, terms: Terms) -> tuple[int, list[int]]:
    """(the service, its workers)"""
    skill = f"skill-{next_number()}"
    service = seeds.make_service(skill=skill, steps=steps)
    for kind, data in terms.items():
        # A row of a service replaces the town's row of that kind whole.
        put_policy(kind=kind, data={**UNHURRIED.get(kind, {}), **data}, service=service)
    return service.pk, [seeds.make_worker(next_number(), skills=[skill]).pk for _ in range(workers)]


def _retire(service_id: int) -> None:
    """Nobody reckons any more with those who can do this."""
    skill = Service.objects.values_list("skill", flat=True).get(pk=service_id)
    User.objects.filter(worker__skills__skill=skill).update(is_active=False)


def _timeline(order_id: int) -> list[str]:
    return list(selectors.order_now(order_id).events.order_by("version").values_list("type", flat=True))


async def _end_what_runs(address: str) -> None:
    """Actors whose rows are about to go would ask for them for ever."""
    client = await Client.connect(address)
    async for execution in client.list_workflows('ExecutionStatus = "Running"'):
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        # The index is a moment behind: what has closed by now is not found.
        with suppress(RPCError):
            await handle.terminate("the test is over")
