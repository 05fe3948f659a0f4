"""What became of the orders, read from outside: rows, timeline and ledger by SQL, actors by the Temporal client."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import dict_row
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from tests.smoke.stage import Case
from tests.smoke.waiting import Happening

PHASE = SearchAttributeKey.for_keyword("phase")
CLOSES_WITHIN_S = 15.0
"""A row that has ended is followed by the end of its actor: it has nothing left to do."""

ROWS = "SELECT id, phase, ended_at, worker_id, payment_due, autoconfirm_at, review_until FROM orders_order"
EVENTS = "SELECT order_id, type, at FROM orders_orderevent ORDER BY order_id, version"
LAPSES = "SELECT order_id, due_at FROM orders_offer WHERE state = 'lapsed' ORDER BY id"
BOOKS = """
SELECT j.order_id, a.kind, a.owner, sum(p.amount_fen)::bigint AS fen
FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id JOIN ledger_account a ON a.id = p.account_id
GROUP BY j.order_id, a.kind, a.owner HAVING sum(p.amount_fen) <> 0
"""
UNBALANCED = """
SELECT j.id FROM ledger_journal j LEFT JOIN ledger_posting p ON p.journal_id = j.id
GROUP BY j.id HAVING count(p.id) < 2 OR sum(p.amount_fen) <> 0
"""
MONEY = """
SELECT CASE p.purpose WHEN 'tip' THEN 'tip:' ELSE 'payment:' END || p.id FROM payments_payment p
WHERE p.order_id = ANY(%(orders)s)
UNION ALL
SELECT 'refund:' || r.id FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
WHERE p.order_id = ANY(%(orders)s)
"""


@dataclass
class Row:
    """An order in the database. books: non-zero balances by (kind of account, owner), fen."""

    phase: str
    ended: bool
    worker_id: int | None
    timeline: Sequence[Happening] = ()
    books: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Actor:
    """An order's workflow. status "" where there is none; phase: its search attribute; pending: its activities."""

    status: str = ""
    result: str = ""
    phase: str = ""
    pending: tuple[str, ...] = ()


def read_rows(database_url: str) -> dict[int, Row]:
    """Every order by its id."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        orders, events, lapses, books = (connection.execute(q).fetchall() for q in (ROWS, EVENTS, LAPSES, BOOKS))
    lapse_dues: dict[int, list[datetime]] = defaultdict(list)
    for lapse in lapses:
        lapse_dues[lapse["order_id"]].append(lapse["due_at"])
    rows = {}
    for order in orders:
        mine = [event for event in events if event["order_id"] == order["id"]]
        rows[order["id"]] = Row(
            phase=order["phase"],
            ended=order["ended_at"] is not None,
            worker_id=order["worker_id"],
            timeline=_timeline(mine, order, iter(lapse_dues[order["id"]])),
            books={(one["kind"], one["owner"]): one["fen"] for one in books if one["order_id"] == order["id"]},
        )
    return rows


def unbalanced_journals(database_url: str) -> list[int]:
    """Journals that do not sum to zero, or have less than two sides."""
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute(UNBALANCED).fetchall()]


def workflows_of(order_ids: Sequence[int], database_url: str) -> list[str]:
    """Ids of the actors of these orders, and of what moved their money."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(MONEY, {"orders": list(order_ids)}).fetchall()
    return [*(f"order:{order_id}" for order_id in order_ids), *(row[0] for row in rows)]


async def read_actor(client: Client, order_id: int) -> Actor:
    """The workflow, waited for a little where it has not closed."""
    handle = client.get_workflow_handle(f"order:{order_id}", result_type=str)
    result = ""
    try:
        async with asyncio.timeout(CLOSES_WITHIN_S):
            result = await handle.result()
    except (TimeoutError, WorkflowFailureError):
        pass
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Actor()
    described = await handle.describe()
    phase = described.typed_search_attributes.get(PHASE) or ""
    status = described.status.name if described.status else ""
    return Actor(status, result, phase, tuple(_pending(described)))


def complaints(case: Case, row: Row | None, actor: Actor) -> list[str]:
    """In what this order's end differs from its script; nothing is as it should be."""
    script = case.script
    if row is None:
        return [case.failure or "no row"]
    found = [case.failure] if case.failure else []
    if row.phase != script.phase or not row.ended:
        found.append(f"is {row.phase}, {'ended' if row.ended else 'open'}; expected {script.phase}, ended")
    if (actor.status, actor.result) != (WorkflowExecutionStatus.COMPLETED.name, script.phase):
        found.append(f"its actor is {actor.status or 'missing'} with {actor.result!r}; expected {script.phase}")
    if not row.ended:
        return found  # what is missing still may come: timeline and books say nothing more
    told = tuple(happening.type for happening in row.timeline)
    if told != script.timeline:
        found.append(f"timeline {told}, expected {script.timeline}")
    expected = {
        (kind, (row.worker_id or 0) if kind == "worker_payable" else 0): fen for kind, fen in script.books.items()
    }
    if row.books != expected:
        found.append(f"books {row.books}, expected {expected}")
    return found


def disagree(row: Row | None, actor: Actor) -> bool:
    """Whether row and actor say different things; one that is missing is lost, not this."""
    if row is None or not actor.status:
        return False
    closed = actor.status == WorkflowExecutionStatus.COMPLETED.name
    return actor.phase != row.phase or closed != row.ended or (closed and actor.result != row.phase)


def _timeline(
    events: Iterable[Mapping[str, object]], order: Mapping[str, object], lapses: Iterable[datetime]
) -> list[Happening]:
    dues = iter(lapses)
    happenings = []
    for event in events:
        type, at = str(event["type"]), event["at"]
        due = next(dues, None) if type == "lapsed" else order.get(DUE_BY.get(type, ""))
        happenings.append(Happening(type, _seconds(at) or 0.0, _seconds(due)))
    return happenings


DUE_BY = {"payment_lapsed": "payment_due", "completed": "autoconfirm_at", "closed": "review_until"}


def _seconds(moment: object) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else None


def _pending(described: WorkflowExecutionDescription) -> Iterable[str]:
    for activity in described.raw_description.pending_activities:
        failure = activity.last_failure.message
        yield f"{activity.activity_type.name} attempt {activity.attempt}" + (f" ({failure})" if failure else "")
