"""After the play: everything is read from outside, compared, and put into figures."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from config.stack.embedded import Stack
from tests.smoke.audit import (
    Actor,
    Row,
    complaints,
    disagree,
    read_actor,
    read_rows,
    unbalanced_journals,
    workflows_of,
)
from tests.smoke.checker import Findings, TopicLog, check, read_log, up_to
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


@dataclass(frozen=True)
class End:
    """What became of one case; wrong: in what it differs from its script."""

    case: Case
    row: Row | None
    actor: Actor
    wrong: list[str]


async def judge(stage: Stage, stack: Stack, heads: Mapping[str, TopicLog]) -> Verdict:
    """Read rows, actors, ledger and log, and compare them with the scripts and with what everybody was given.

    heads: the log as it was when the subscribers were last seen to listen.
    """
    database_url = stack.environment["DATABASE_URL"]
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    actors = await asyncio.gather(*(_actor(client, case) for case in stage.cases))
    # Rows after actors: an actor that was waited for has written its row.
    ends = ends_of(stage.cases, read_rows(database_url), actors)
    logs = up_to(heads, read_log(database_url))
    verdict = pronounce(stage, ends, logs, unbalanced_journals(database_url))
    looked_into = [end.case.order_id for end in ends if end.wrong and end.case.order_id][:MOST_HISTORIES]
    looked_into += [verdict.stall.order_id] if verdict.stall else []
    await _keep_histories(client, workflows_of(looked_into, database_url), stack.processes.logs)
    return verdict


def pronounce(
    stage: Stage, ends: Sequence[End], logs: Mapping[str, TopicLog], unbalanced: Sequence[int] = ()
) -> Verdict:
    """What was read, in figures. logs: the log up to where everything must have been given."""
    found = check(followings_of(stage), logs)
    stall = longest_after(stage.kills, (wait for end in ends for wait in _waits(end, stage)))
    lines = [_line(end) for end in ends if end.wrong] + found.gaps + found.duplicates
    lines += [f"journal {each} is unbalanced" for each in unbalanced]
    counts = _counts(ends, found, len(unbalanced))
    return Verdict(counts, accept_to_push(stage.cases, stage.kills), stall, lines[:MOST_LINES])


def ends_of(cases: Sequence[Case], rows: Mapping[int, Row], actors: Sequence[Actor]) -> list[End]:
    """Each case beside its row and its actor, of the same place."""
    return [
        End(case, row := rows.get(case.order_id), actor, complaints(case, row, actor))
        for case, actor in zip(cases, actors, strict=True)
    ]


def _counts(ends: Sequence[End], found: Findings, unbalanced: int) -> Counts:
    return Counts(
        orders=len(ends),
        ended_as_expected=sum(not end.wrong for end in ends),
        lost=sum(_is_lost(end.case, end.row, end.actor) for end in ends),
        stuck=sum(_is_stuck(end.row, end.actor) for end in ends),
        push_gaps=len(found.gaps),
        push_duplicates=len(found.duplicates),
        ledger_unbalanced=unbalanced,
        row_actor_mismatch=sum(disagree(end.row, end.actor) for end in ends),
    )


def _waits(end: End, stage: Stage) -> list[Wait]:
    return waits_of(end.case, end.row.timeline, on_duty_at=stage.late_on_duty_at) if end.row else []


async def _keep_histories(client: Client, workflow_ids: Iterable[str], logs: Path) -> None:
    """Beside the logs, for who looks into it: what these workflows went through (ids only)."""
    for workflow_id in workflow_ids:
        with suppress(RPCError):
            history = await client.get_workflow_handle(workflow_id).fetch_history()
            (logs / f"history-of-{workflow_id.replace(':', '-')}.json").write_text(history.to_json())


async def _actor(client: Client, case: Case) -> Actor:
    return await read_actor(client, case.order_id) if case.order_id else Actor()


def _is_lost(case: Case, row: Row | None, actor: Actor) -> bool:
    """The API said that it was placed, and there is no row, or nobody who drives it."""
    return bool(case.order_id) and (row is None or not actor.status)


def _is_stuck(row: Row | None, actor: Actor) -> bool:
    """There, and not through."""
    return row is not None and bool(actor.status) and (not row.ended or actor.status == "RUNNING")


def _line(end: End) -> str:
    """What is wrong with one order, with what its actor is waiting for."""
    case, row = end.case, end.row
    where = f"{row.phase}, last event {row.timeline[-1].type}" if row and row.timeline else "not in the database"
    pending = f"; pending {', '.join(end.actor.pending)}" if end.actor.pending else ""
    return f"order {case.order_id} ({case.script.name}): {where}{pending}: " + "; ".join(end.wrong)
