"""The way from the API to the actors: one Temporal client per process, on that process's loop.

`send_command` never waits for ever and never loses a command: what was not decided in time stays a pending row, and
the relay of the sweep sends it again, under the same Update id, until it is decided or nobody wants it any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from hub.batching import Batcher
from web.errors import CODES
from web.orders import selectors, services
from workflows.messages import (
    ORDER_QUEUE,
    REPORT_QUEUE,
    OrderNews,
    OrderState,
    Outcome,
    PaymentStart,
    PayoutStart,
    RefundStart,
    order_workflow_id,
    payment_workflow_id,
    payout_workflow_id,
    refund_workflow_id,
    what_if_workflow_id,
)
from workflows.order import OrderWorkflow
from workflows.payment import PaymentWorkflow
from workflows.payout import PayoutWorkflow
from workflows.refund import RefundWorkflow
from workflows.summaries import PHASE
from workflows.what_if import WhatIfWorkflow

if TYPE_CHECKING:
    from web.orders.models import Command, Order

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 4.0
"""An Update has no deadline of its own; a person waits so long, then reads 正在确认."""

ROW_EVERY_S = 0.5
"""Who waits longer for his Update also looks whether his row was decided by somebody else's step: all who wait in this
process with one question.
"""

START_WITHIN_S = 1.0
TASK_TIMEOUT = timedelta(seconds=5)
"""A worker killed in a task gives it back after so long: the longest stall of an order."""

AWAY = (TimeoutError, RPCError, RuntimeError, WorkflowUpdateRPCTimeoutOrCancelledError)
"""How it looks when Temporal does not answer, or not in time."""

IN_FLIGHT = frozenset({RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.ABORTED})
"""Too many Updates at once on one order: the same id again is right and safe."""


MoneyStart = PaymentStart | RefundStart | PayoutStart


class Process:
    """What this process holds: its client, connected once (at start, so that no request pays for it)."""

    client: Client | None = None
    connecting: asyncio.Lock | None = None


async def connect() -> Client:
    """This process's client. Raises RuntimeError or RPCError while Temporal is away."""
    if Process.client is None:
        Process.connecting = Process.connecting or asyncio.Lock()
        async with Process.connecting:
            if Process.client is None:
                Process.client = await Client.connect(settings.TEMPORAL_ADDRESS, namespace=settings.TEMPORAL_NAMESPACE)
    return Process.client


@dataclass(frozen=True)
class Pending:
    """Not decided yet: the outcome comes on the socket and by GET /api/commands/{id}."""

    command_id: int


async def start_order(order_id: int, *, again: bool = False) -> bool:
    """Start the order's actor after its row was committed, within a second; whether this call did.

    False where it runs already, and where Temporal is away: that is left to the sweep.

    again: also where an earlier actor has closed (somebody terminated it) while the row is open.
    """
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
    try:
        async with asyncio.timeout(START_WITHIN_S):
            client = await connect()
            await client.start_workflow(
                OrderWorkflow.run,
                OrderState(order_id=order_id),
                id=order_workflow_id(order_id),
                task_queue=ORDER_QUEUE,
                task_timeout=TASK_TIMEOUT,
                id_reuse_policy=reuse,
                **_titles(order_id),
            )
    except (WorkflowAlreadyStartedError, TimeoutError, RPCError, RuntimeError):
        return False
    return True


def _titles(order_id: int) -> dict[str, Any]:
    """What Temporal's page of an order says before its actor says anything: which it is, and where ours is."""
    page = f"{settings.SITE_URL}/ops/orders/order/{order_id}/change/"
    return {"static_summary": f"订单 {order_id}"} | (
        {"static_details": f"[后台订单页]({page})"} if settings.SITE_URL else {}
    )


async def send_command(command: Command, *, order: Order | None = None) -> Outcome | Pending:
    """Bring a stored command to its actor and wait for the decision, at most ANSWER_WITHIN_S. order: its order, where
    the caller has just read it.

    A refusal that no transaction wrote is written here. Must not be called inside a database transaction. The row is
    stored and the relay will come for it, so whatever fails from here on is "not known yet", the database included: a
    refusal that could not be written is none, because the relay may yet find it allowed.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await _by_actor_or_row(command, order)
    except (*AWAY, OperationalError, InterfaceError):
        return Pending(command.pk)


async def signal_order(news: OrderNews) -> None:
    """Signal a running actor. Raises RPCError NOT_FOUND when there is none."""
    client = await connect()
    await client.get_workflow_handle(order_workflow_id(news.order_id)).signal(news.signal, news.number)


async def start_order_with(news: OrderNews) -> None:
    """Start the actor together with its first message."""
    client = await connect()
    await client.start_workflow(
        OrderWorkflow.run,
        OrderState(order_id=news.order_id),
        id=order_workflow_id(news.order_id),
        task_queue=ORDER_QUEUE,
        task_timeout=TASK_TIMEOUT,
        start_signal=news.signal,
        start_signal_args=[news.number],
        **_titles(news.order_id),
    )


async def look_again(order_ids: Iterable[int]) -> None:
    """Wake orders that had nobody: a worker came on duty. Best effort, because each looks again by itself anyway."""
    with contextlib.suppress(TimeoutError, RPCError, RuntimeError):
        async with asyncio.timeout(START_WITHIN_S):
            client = await connect()
            for order_id in order_ids:
                with contextlib.suppress(RPCError):
                    await client.get_workflow_handle(order_workflow_id(order_id)).signal("look_again")


async def renew_orders() -> int:
    """Have every running actor go on in a new run; how many were told.

    Raises RPCError or RuntimeError when Temporal goes away, however many were told: to be repeated.
    """
    told = 0
    for order_id in await running_orders():
        told += await renew_order(order_id)
    return told


async def renew_order(order_id: int) -> bool:
    """Have an actor go on in a new run, which reads the row first; False where it has closed.

    Raises RPCError or RuntimeError while Temporal is away.
    """
    client = await connect()
    try:
        await client.get_workflow_handle(order_workflow_id(order_id)).signal("renew")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def open_payment(start: PaymentStart) -> str | None:
    """Start the payment's workflow and wait for the gateway's number of the trade; None while it is not known."""
    await sync_to_async(let_go_of_the_database)()
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            client = await connect()
            number: str = await client.execute_update_with_start_workflow(
                "opened",
                result_type=str,
                id=f"opened:{start.payment_id}",
                start_workflow_operation=_payment_start(start),
            )
            return number
    except (*AWAY, WorkflowUpdateFailedError):
        # Failed: the workflow ended while we asked. The customer asks again, and starts it anew.
        return None


async def tell_payment(start: PaymentStart, message_id: int) -> bool:
    """Bring a row of the inbox to its payment; False leaves it to the sweep."""
    return await _begin_money(PaymentWorkflow.run, start, _payment_id(start), signal="gateway_said", said=[message_id])


async def retry_payment(start: PaymentStart) -> bool:
    """Have a payment's gateway asked now, started where it does not run; False where Temporal is away."""
    return await _begin_money(PaymentWorkflow.run, start, _payment_id(start), signal="retry")


async def retry_refund(start: RefundStart) -> bool:
    """Have a refund tried now, started where it does not run; False where Temporal is away."""
    return await _begin_money(RefundWorkflow.run, start, refund_workflow_id(start.refund_id), signal="retry")


async def move_payout(start: PayoutStart) -> bool:
    """Have a withdrawal's payout asked for now, started where it does not run; False leaves it to the sweep."""
    return await _begin_money(PayoutWorkflow.run, start, payout_workflow_id(start.withdrawal_id), signal="retry")


async def start_payout(start: PayoutStart) -> bool:
    """Start a withdrawal's payout; whether this call did. One that runs is left in peace: it has its own pace."""
    return await _begin_money(PayoutWorkflow.run, start, payout_workflow_id(start.withdrawal_id))


async def start_what_if(run_id: int) -> bool:
    """Have a trial worked out; whether this call started it. False leaves it to the sweep."""
    summary = f"试算 {run_id}"
    return await _begin(WhatIfWorkflow.run, run_id, what_if_workflow_id(run_id), summary=summary, queue=REPORT_QUEUE)


async def _begin_money(
    run: Any, start: MoneyStart, workflow_id: str, *, signal: str = "", said: Sequence[int] = ()
) -> bool:
    return await _begin(run, start, workflow_id, summary=_summary_of(start), signal=signal, said=said)


async def _begin(
    run: Any,
    start: Any,
    workflow_id: str,
    *,
    summary: str,
    queue: str = ORDER_QUEUE,
    signal: str = "",
    said: Sequence[int] = (),
) -> bool:
    """Start a workflow, or tell the one that runs; False where Temporal is away, or where one runs and nothing is to be
    told.
    """
    try:
        async with asyncio.timeout(START_WITHIN_S):
            client = await connect()
            await client.start_workflow(
                run,
                start,
                id=workflow_id,
                task_queue=queue,
                task_timeout=TASK_TIMEOUT,
                start_signal=signal or None,
                start_signal_args=said,
                static_summary=summary,
            )
    except (WorkflowAlreadyStartedError, *AWAY):
        return False
    return True


def _payment_id(start: PaymentStart) -> str:
    return payment_workflow_id(start.payment_id, start.purpose)


def _summary_of(start: MoneyStart) -> str:
    match start:
        case PaymentStart():
            return f"支付 {start.payment_id}"
        case RefundStart():
            return f"退款 {start.refund_id}"
        case PayoutStart():
            return f"提现 {start.withdrawal_id}"


async def running_orders() -> dict[int, str]:
    """Order id -> phase of every order actor that is running, as Temporal's index has it (a second or two behind)."""
    client = await connect()
    running: dict[int, str] = {}
    async for execution in client.list_workflows('WorkflowType = "order" AND ExecutionStatus = "Running"'):
        running[int(execution.id.removeprefix("order:"))] = execution.typed_search_attributes.get(PHASE) or ""
    return running


async def running(kind: str) -> set[int]:
    """The refunds ("refund") or withdrawals ("payout") whose workflow is running, as Temporal's index has them."""
    client = await connect()
    listed = client.list_workflows(f'WorkflowType = "{kind}" AND ExecutionStatus = "Running"')
    return {int(execution.id.removeprefix(f"{kind}:")) async for execution in listed}


async def is_running(workflow_id: str) -> bool:
    """Whether a workflow of this id is running, as it says itself. Raises RPCError or RuntimeError while Temporal is
    away.
    """
    client = await connect()
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return described.status is WorkflowExecutionStatus.RUNNING


async def _decided(command: Command, order: Order | None) -> Outcome:
    """The actor's answer. Where its view was behind the row, the same Update again: a refused one is not remembered."""
    while True:
        order = order or await sync_to_async(_order_now)(command.order_id)
        if order.ended_at:
            return Outcome(False, order.phase, order.version, "order_ended")
        try:
            return await _update(command, order)
        except WorkflowUpdateFailedError as failure:
            outcome = _refusal(failure, order)
            if await _bring_earlier_ones(command):
                order = None
                continue
            row = await sync_to_async(selectors.order_now)(command.order_id)
            if row.version <= max(outcome.version, order.version):
                return outcome
        except RPCError as error:
            if error.status not in IN_FLIGHT:
                raise
            await asyncio.sleep(0.05)
        order = None


async def _bring_earlier_ones(command: Command) -> bool:
    """Bring the order what the same person asked of it before and is still on its way; whether there was anything.

    Who departs where there is no network and arrives where there is some must not hear that he never departed.
    """
    earlier = await sync_to_async(selectors.earlier_undecided)(command)
    for one in earlier:
        outcome = await _decided(one, None)
        if not outcome.done:
            await sync_to_async(services.record_outcome)(command=one, outcome=outcome)
    return bool(earlier)


def _order_now(order_id: int) -> Order:
    try:
        return selectors.order_now(order_id)
    finally:
        let_go_of_the_database()


async def _by_actor_or_row(command: Command, order: Order | None) -> Outcome:
    """Whichever is first: Temporal takes ten Updates of an order at a time, and of hundreds who want it one has it."""
    ways = [asyncio.ensure_future(way) for way in (_by_actor(command, order), _by_row(command.pk))]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        return next(way for way in ways if way in done).result()
    finally:
        for way in ways:
            way.cancel()
            # How the other one ends is nobody's concern any more.
            way.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


async def _by_actor(command: Command, order: Order | None) -> Outcome:
    outcome = await _decided(command, order)
    if not outcome.done:
        outcome = await sync_to_async(services.record_outcome)(command=command, outcome=outcome)
    return outcome


async def _by_row(command_id: int) -> Outcome:
    await asyncio.sleep(ROW_EVERY_S)  # most need not look
    outcome = None
    while outcome is None:
        outcome = await _rows(command_id)
    return outcome


async def _outcomes_now(command_ids: list[int]) -> dict[int, Outcome | None]:
    def read() -> dict[int, Outcome]:
        try:
            return services.outcomes_of(command_ids)
        finally:
            let_go_of_the_database()

    known = dict[int, Outcome]()
    with contextlib.suppress(OperationalError, InterfaceError):
        known = await sync_to_async(read)()
    return {command_id: known.get(command_id) for command_id in command_ids}


_rows: Batcher[int, Outcome | None] = Batcher(_outcomes_now, at_once=1000, delay_s=ROW_EVERY_S)


def let_go_of_the_database() -> None:
    """Before waiting for Temporal, in the request's thread: a request keeps its connection to its end, and during a
    stall of some seconds ten waiting commands would empty the pool for everybody.
    """
    close_old_connections()


async def _update(command: Command, order: Order) -> Outcome:
    client = await connect()
    message = services.message_of(command, seen_version=order.version)
    handle = client.get_workflow_handle(order_workflow_id(order.pk))
    try:
        decided: Outcome = await handle.execute_update("command", message, id=str(command.pk), result_type=Outcome)
        return decided
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    # The row is open and has no actor: it heals by being touched.
    start = WithStartWorkflowOperation(
        OrderWorkflow.run,
        OrderState(order_id=order.pk),
        id=order_workflow_id(order.pk),
        task_queue=ORDER_QUEUE,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **_titles(order.pk),
    )
    healed: Outcome = await client.execute_update_with_start_workflow(
        "command", message, id=str(command.pk), result_type=Outcome, start_workflow_operation=start
    )
    return healed


def _payment_start(start: PaymentStart) -> WithStartWorkflowOperation[PaymentWorkflow, str]:
    return WithStartWorkflowOperation(
        PaymentWorkflow.run,
        start,
        id=_payment_id(start),
        task_queue=ORDER_QUEUE,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=_summary_of(start),
    )


def _refusal(failure: WorkflowUpdateFailedError, order: Order) -> Outcome:
    """What the actor's refusal says. Its type is one of our codes, or the name of an exception that nobody foresaw."""
    cause = failure.cause
    if not isinstance(cause, ApplicationError) or cause.type not in CODES:
        log.warning("an update failed", order=order.pk, error=getattr(cause, "type", None) or type(cause).__name__)
        return Outcome(False, order.phase, order.version, "not_allowed")
    if cause.details and isinstance(cause.details[0], dict):
        return Outcome(**cause.details[0])
    return Outcome(False, order.phase, order.version, cause.type)
