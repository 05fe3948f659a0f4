"""Where an order's row and its actor, or its row and its money, say different things; and what is done about it.

The sweep counts what it sees in Temporal's index; `manage.py check_orders` looks again at each actor itself, says what
it would do, and does it with `--fix`. Every cure may be repeated: it only makes somebody look at the row again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.db import database_sync_to_async as in_database
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from web.ledger import selectors as ledger
from web.orders import selectors as orders
from web.payments import selectors as payments
from workflows import client
from workflows.activities.telling import tell_order
from workflows.messages import OrderNews, order_workflow_id, refund_workflow_id
from workflows.summaries import PHASE

NO_ACTOR, OTHER_PHASE, NOT_ENDED = "no_actor", "other_phase", "not_ended"
PAYMENT_UNTOLD, TIP_UNTOLD, REFUND_UNTOLD = "payment_untold", "tip_untold", "refund_untold"
REFUND_UNSENT, BOOKS = "refund_unsent", "books"

CURES: Mapping[str, str] = {
    NO_ACTOR: "start its actor",
    OTHER_PHASE: "have its actor read the row again",
    NOT_ENDED: "have its actor read the row again",
    PAYMENT_UNTOLD: "tell its actor of the payment",
    TIP_UNTOLD: "tell its actor of the tip",
    REFUND_UNTOLD: "tell its actor of the refund",
    REFUND_UNSENT: "start the refund's workflow",
    BOOKS: "",
}
"""By kind: what `cure` does; "" where people must look, because money that is missing is not to be made up."""


AWAITED: Mapping[str, tuple[str, str]] = {
    "order": (PAYMENT_UNTOLD, "row"),
    "supplement": (PAYMENT_UNTOLD, "supplement"),
    "tip": (TIP_UNTOLD, "tip"),
}
"""Purpose of a payment -> the kind, and which row still says that it is unpaid."""

NEWS: Mapping[str, str] = {
    PAYMENT_UNTOLD: "payment_arrived",
    TIP_UNTOLD: "tip_arrived",
    REFUND_UNTOLD: "refund_done",
}
"""By kind: the actor's handler of it."""


@dataclass(frozen=True)
class Disagreement:
    """One order of which two say different things. says: what each of them says. number: the payment's or refund's."""

    order_id: int
    kind: str
    says: str
    number: int = 0

    @property
    def cure(self) -> str:
        """What `cure` does, "" for nothing."""
        return CURES[self.kind]


async def without_actor(running: Mapping[int, str]) -> list[Disagreement]:
    """Open orders that nobody drives. running: as `client.running_orders` has it."""
    open_orders = await in_database(orders.open_order_ids)()
    return [Disagreement(pk, NO_ACTOR, "row open, no actor") for pk in open_orders if pk not in running]


async def of_another_mind(running: Mapping[int, str]) -> list[Disagreement]:
    """Orders whose actor's phase is not their row's, or whose actor runs on after their end; of those that have not
    moved for a while, because the index lags.
    """
    rows = await in_database(orders.settled_phases)()
    ended = await in_database(orders.ended_of)(list(running))
    return [
        *(
            Disagreement(pk, OTHER_PHASE, f"row {phase}, actor {running[pk]}")
            for pk, phase in rows.items()
            if running.get(pk, phase) not in ("", phase)
        ),
        *(Disagreement(pk, NOT_ENDED, f"row ended, actor {running[pk] or 'running'}") for pk in ended),
    ]


async def about_money() -> list[Disagreement]:
    """Orders that do not know of money that was booked, refunds that nobody sends, and orders that ended with books
    that are not even.
    """
    uneven = await in_database(_uneven)()
    return [
        *await unheard(),
        *await unsent(),
        *(Disagreement(pk, BOOKS, f"ended with {fen} fen in {kind}") for pk, kind, fen in uneven),
    ]


async def unheard() -> list[Disagreement]:
    """Open orders that do not know of money that was booked: its workflow ended, or the actor's signal was lost."""
    return [*await in_database(_untold_payments)(), *await in_database(_untold_refunds)()]


async def unsent() -> list[Disagreement]:
    """Refunds that no workflow sends. Raises RuntimeError or RPCError while Temporal is away."""
    waiting = await in_database(payments.waiting_refunds)()
    if not waiting:
        return []
    listed = await client.running("refund")
    # The index may be behind: each that it does not name is asked itself.
    missing = [one for one in waiting if one not in listed and not await client.is_running(refund_workflow_id(one))]
    return [Disagreement(waiting[one], REFUND_UNSENT, f"refund {one} waits, no workflow", one) for one in missing]


async def all_disagreements() -> list[Disagreement]:
    """Everything, each actor asked itself. Raises RuntimeError or RPCError while Temporal is away."""
    running = await client.running_orders()
    suspects = [*await without_actor(running), *await of_another_mind(running)]
    exact = {one.order_id: await _phase_of_actor(one.order_id) for one in suspects}
    now = {**running, **{pk: phase for pk, phase in exact.items() if phase is not None}}
    for pk in [pk for pk, phase in exact.items() if phase is None]:
        now.pop(pk, None)
    return [*await without_actor(now), *await of_another_mind(now), *await about_money()]


async def cure(one: Disagreement) -> bool:
    """Do what `one.cure` says; whether it is done. Raises RuntimeError or RPCError while Temporal is away."""
    if one.kind == NO_ACTOR:
        return await client.start_order(one.order_id, again=True) or await _is_driven(one.order_id)
    if one.kind in (OTHER_PHASE, NOT_ENDED):
        return await client.renew_order(one.order_id)
    if one.kind == REFUND_UNSENT:
        return await client.retry_refund(await in_database(payments.refund_start_of)(one.number))
    if one.kind not in NEWS:
        return False
    await tell_order(OrderNews(one.order_id, NEWS[one.kind], one.number))
    return True


async def _is_driven(order_id: int) -> bool:
    # Somebody else may have started it.
    return await client.is_running(order_workflow_id(order_id))


async def _phase_of_actor(order_id: int) -> str | None:
    """The phase an order's actor has told Temporal, "" before it has told any; None where none is running.

    Its own state, not the index's. Raises RPCError or RuntimeError while Temporal is away.
    """
    temporal = await client.connect()
    try:
        actor = await temporal.get_workflow_handle(order_workflow_id(order_id)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    if actor.status is not WorkflowExecutionStatus.RUNNING:
        return None
    return actor.typed_search_attributes.get(PHASE) or ""


def _untold_payments() -> list[Disagreement]:
    return [
        Disagreement(pk, kind, f"payment {number} booked, {row} unpaid", number)
        for purpose, charges in orders.awaited_charges().items()
        for kind, row in [AWAITED[purpose]]
        for number, pk in payments.paid_of(purpose, charges)
    ]


def _untold_refunds() -> list[Disagreement]:
    untold = orders.untold_refunds(payments.done_refunds_of(orders.refunding_order_ids()))
    return [
        Disagreement(pk, REFUND_UNTOLD, f"refund {number} booked, row not refunded", number)
        for number, pk in untold.items()
    ]


def _uneven() -> list[tuple[int, str, int]]:
    left = ledger.unfinished_business()
    ended = set(orders.ended_of(list(left))) - payments.refunding(list(left))
    return [(pk, kind, fen) for pk in sorted(ended) for kind, fen in left[pk].items()]
