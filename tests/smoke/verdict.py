"""After the play: everything is read from outside, compared, and put into figures."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.service import RPCError

from config.stack.embedded import Stack
from tests.smoke.audit import Actor, Row, complaints, disagree, read_actor, read_rows, unbalanced_journals
from tests.smoke.checker import TopicLog, check, read_log, up_to
from tests.smoke.play import followings_of
from tests.smoke.report import Counts
from tests.smoke.stage import Case, Stage
from tests.smoke.waiting import Wait, accept_to_push, longest_after, waits_of

MOST_LINES, MOST_HISTORIES = 60, 5


@dataclass
class Verdict:
    """counts and times; lines: what is wrong, for people."""

    counts: Counts
    accept_to_push: list[float]
    stall: Wait | None
    lines: list[str] = field(default_factory=list)


async def judge(stage: Stage, stack: Stack, heads: Mapping[str, TopicLog]) -> Verdict:
    """Read rows, actors, ledger and log, and compare them with the scripts and with what everybody was given.

    heads: the log as it was when the subscribers were last seen to listen.
    """
    database_url = stack.environment["DATABASE_URL"]
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    actors = await asyncio.gather(*(_actor(client, case) for case in stage.cases))
    # Rows after actors: an actor that was waited for has written its row.
    rows = read_rows(database_url)
    found = check(followings_of(stage), up_to(heads, read_log(database_url)))
    unbalanced = unbalanced_journals(database_url)
    ends = [(case, rows.get(case.order_id), actor) for case, actor in zip(stage.cases, actors, strict=True)]
    wrong = {case.number: complaints(case, row, actor) for case, row, actor in ends}
    await _keep_histories(
        client, [case.order_id for case in stage.cases if case.order_id and wrong[case.number]], stack
    )
    counts = Counts(
        orders=len(stage.cases),
        ended_as_expected=sum(not said for said in wrong.values()),
        lost=sum(_is_lost(case, row, actor) for case, row, actor in ends),
        stuck=sum(_is_stuck(row, actor) for _, row, actor in ends),
        push_gaps=len(found.gaps),
        push_duplicates=len(found.duplicates),
        ledger_unbalanced=len(unbalanced),
        row_actor_mismatch=sum(disagree(row, actor) for _, row, actor in ends),
    )
    waits = [
        wait for case, row, _ in ends if row for wait in waits_of(case, row.timeline, on_duty_at=stage.late_on_duty_at)
    ]
    lines = [_line(case, row, actor, wrong[case.number]) for case, row, actor in ends if wrong[case.number]]
    lines += [
        *found.gaps,
        *found.duplicates,
        *(f"journal {each} is unbalanced" for each in unbalanced),
    ]
    return Verdict(
        counts, accept_to_push(stage.cases, stage.kills), longest_after(stage.kills, waits), lines[:MOST_LINES]
    )


async def _keep_histories(client: Client, order_ids: Iterable[int], stack: Stack) -> None:
    """Beside the logs, for who looks into it: what the actors of these orders went through (ids only)."""
    for order_id in list(order_ids)[:MOST_HISTORIES]:
        with suppress(RPCError):
            history = await client.get_workflow_handle(f"order:{order_id}").fetch_history()
            (stack.processes.logs / f"history-of-order-{order_id}.json").write_text(history.to_json())


async def _actor(client: Client, case: Case) -> Actor:
    return await read_actor(client, case.order_id) if case.order_id else Actor()


def _is_lost(case: Case, row: Row | None, actor: Actor) -> bool:
    """The API said that it was placed, and there is no row, or nobody who drives it."""
    return bool(case.order_id) and (row is None or not actor.status)


def _is_stuck(row: Row | None, actor: Actor) -> bool:
    """There, and not through."""
    return row is not None and bool(actor.status) and (not row.ended or actor.status == "RUNNING")


def _line(case: Case, row: Row | None, actor: Actor, said: list[str]) -> str:
    """What is wrong with one order, with what its actor is waiting for."""
    where = f"{row.phase}, last event {row.timeline[-1].type}" if row and row.timeline else "not in the database"
    pending = f"; pending {', '.join(actor.pending)}" if actor.pending else ""
    return f"order {case.order_id} ({case.script.name}): {where}{pending}: " + "; ".join(said)
