"""What a step reads before it moves, and what it leaves behind: two statements before and one after, written out.

They run for every move of every order, and Django takes several times as long to build such a statement as PostgreSQL
to answer it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.errors import DoorbellError
from web.orders.models import Command, Order, OrderEvent, OrderStep
from web.orders.services.commands import state_of
from web.prepared import Statement, assignments, insertion, prepared
from workflows.messages import CommandMessage, Outcome

# After the lock, in a statement of its own: one that waits for a lock still sees the other rows as they were before.
_KNOWN = """
SELECT (SELECT result FROM orders_orderstep WHERE order_id = %s AND key = %s),
       ARRAY(SELECT kind FROM orders_alarm WHERE order_id = %s AND cleared_at IS NULL)
"""


@dataclass(frozen=True)
class Left:
    """What a step leaves: its result; of a command what became of it; of a move its line of the timeline, and which
    columns of the order (by name, its version aside) have a new value.
    """

    key: str
    outcome: Outcome
    command: CommandMessage | None
    event: OrderEvent | None = None
    columns: Iterable[str] = ()


def take_lock(order_id: int, *, key: str) -> tuple[Order, Outcome | None]:
    """The order, locked until the transaction ends, and the outcome of its step of this key where that was taken
    before. Raises Order.DoesNotExist.
    """
    for order in _locked(order_id):
        name = vars(order).pop("worker_name")
        order.worker = User.called(order.worker_id, name) if order.worker_id else None
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [order_id, key, order_id])
            result, order.alarmed = cursor.fetchone()
        return order, Outcome(**json.loads(result)) if result else None
    raise Order.DoesNotExist(f"order:{order_id}")


def leave(order: Order, left: Left) -> datetime:
    """Write it, in one statement; returns when. The order has its new values already, its version among them.

    Raises DoorbellError expired when the command was decided before: the caller's transaction must then not stand.
    """
    now = timezone.now()
    result = OrderStep(order=order, key=left.key, result=asdict(left.outcome), at=now)
    parts = {"kept": insertion([result])}
    if left.event:
        parts |= {"moved": _move(order, left.columns), "told": insertion([left.event])}
    if left.command:
        parts["decided"] = _decision(left.command, left.outcome, now)
    written = ", ".join(f"{name} AS ({sql} RETURNING 1)" for name, (sql, _) in parts.items())
    counted = ", ".join(f"(SELECT count(*) FROM {name})" for name in parts)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {written} SELECT {counted}", [one for _, values in parts.values() for one in values])
        done = dict(zip(parts, cursor.fetchone(), strict=True))
    # The guard of the whole design: nobody else has moved the row since the actor looked. The lock makes a miss
    # impossible; if it ever happens the transaction must not survive.
    if done.get("moved") == 0:
        raise RuntimeError(f"{order} moved under its lock")
    # First to update wins: a step's transaction and the expiry race here, and the loser rolls back.
    if done.get("decided") == 0:
        raise DoorbellError("expired")
    return now


def note(order: Order, event: OrderEvent, columns: Iterable[str]) -> None:
    """Write a line of the timeline beside the step's own, and what it changes. The order has its new values already."""
    with connection.cursor() as cursor:
        for sql, values in (_move(order, columns), insertion([event])):
            cursor.execute(sql, values)
            if cursor.rowcount != 1:
                raise RuntimeError(f"{order} moved under its lock")


def look_at(order: Order, at: datetime | None) -> None:
    """Write when its actor moves or is looked at again: no event keeps it, because it follows from the rest."""
    order.moves_at = at
    changes, values = assignments(order, ["moves_at"])
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE orders_order SET {changes} WHERE id = %s", [*values, order.pk])


@prepared
def _locked(order_id: int) -> QuerySet[Order]:
    orders = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=order_id)
    return orders.annotate(worker_name=F("worker__display_name"))


def _move(order: Order, columns: Iterable[str]) -> Statement:
    changes, values = assignments(order, [*columns, "version"])
    sql = f"UPDATE orders_order SET {changes} WHERE id = %s AND version = %s"
    return sql, [*values, order.pk, order.version - 1]


def _decision(command: CommandMessage, outcome: Outcome, at: datetime) -> Statement:
    row = Command(state=state_of(outcome), outcome=asdict(outcome), decided_at=at)
    changes, values = assignments(row, ["state", "outcome", "decided_at"])
    sql = f"UPDATE orders_command SET {changes} WHERE id = %s AND state = %s"
    return sql, [*values, command.command_id, Command.PENDING]
