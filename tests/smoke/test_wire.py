"""From the frames on the wire to the exit code: what is planted into the frames of one socket turns the run red."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedOK

from tests.smoke.__main__ import Run
from tests.smoke.audit import Actor, Row
from tests.smoke.checker import TopicLog
from tests.smoke.listener import Listener
from tests.smoke.stage import Stage
from tests.smoke.verdict import ends_of, pronounce
from tests.smoke.waiting import Happening

TOPIC = "order:7"
LOG = TopicLog("e1", 8, {offset: f"id-{offset}" for offset in range(1, 9)})
SNAPSHOT = {"topic": TOPIC, "epoch": "e1", "offset": 2}
Message = dict[str, Any]


def publication(offset: int) -> Message:
    envelope = {"id": LOG.ids[offset], "type": "order.paid", "subject": TOPIC, "data": {}}
    return {"data": envelope, "offset": offset}


def push(offset: int) -> Message:
    return {"push": {"channel": TOPIC, "pub": publication(offset)}}


def as_sent() -> list[list[Message]]:
    """The frames of one connection, each with its lines: 3 and 4 by the recovery, then live."""
    reply = {"recovered": True, "epoch": "e1", "offset": 4, "publications": [publication(3), publication(4)]}
    return [
        [{"id": 1, "connect": {"client": "c", "ping": 25}}],
        [{"id": 2, "subscribe": reply}, push(5)],
        [{}],
        [push(6), push(7)],
        [push(8)],
    ]


class Wire:
    """A socket that gives these frames, then ends; it keeps what was sent."""

    def __init__(self, frames: list[list[Message]]) -> None:
        self.frames = ["\n".join(json.dumps(line) for line in frame) for frame in frames]
        self.sent: list[Message] = []

    async def recv(self) -> str:
        if not self.frames:
            raise ConnectionClosedOK(None, None)
        return self.frames.pop(0)

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))


async def listened(*connections: list[list[Message]]) -> Listener:
    """A listener that was given these frames, one connection after the other."""
    listener = Listener("a customer", ["http://nowhere"], token="t")
    await listener.follow(SNAPSHOT, lambda type, data: None)
    for frames in connections:
        wire = Wire(frames)
        with pytest.raises((ConnectionClosedOK, ConnectionResetError)):
            await listener._converse(cast(ClientConnection, wire))
        listener._socket = None
        wanted = [message["subscribe"]["offset"] for message in wire.sent if "subscribe" in message]
        assert wanted[:1] == [2] or len(connections) > 1
    return listener


def concluded(listener: Listener, *, failure: str = "", back_after_s: float | None = 1.0) -> Run:
    """A run in which all 40 orders went as their scripts say, and one person heard what `listener` heard."""
    stage = good_stage()
    stage.listeners, stage.back_after_s = [listener], back_after_s
    run = Run()
    run.conclude(stage, failure, pronounce(stage, good_ends(stage), {TOPIC: LOG}))
    return run


def good_stage() -> Stage:
    stage = Stage(["http://nowhere"], {})
    for number, case in enumerate(stage.cases, 1):
        case.order_id = number
    return stage


def good_rows(stage: Stage) -> dict[int, Row]:
    def row(script: Any) -> Row:
        timeline = [Happening(type, float(at)) for at, type in enumerate(script.timeline)]
        books = {(kind, 9 if kind == "worker_payable" else 0): fen for kind, fen in script.books.items()}
        return Row(script.phase, ended=True, worker_id=9, timeline=timeline, books=books)

    return {case.order_id: row(case.script) for case in stage.cases}


def good_actors(stage: Stage) -> list[Actor]:
    return [Actor("COMPLETED", case.script.phase, case.script.phase) for case in stage.cases]


def good_ends(stage: Stage) -> Any:
    return ends_of(stage.cases, good_rows(stage), good_actors(stage))


async def test_frames_as_they_were_sent_pass() -> None:
    run = concluded(await listened(as_sent()))
    assert (run.lines, run.passed) == ([], True)


async def test_what_comes_after_an_absence_is_asked_for_from_the_last_offset() -> None:
    again = {"recovered": True, "epoch": "e1", "offset": 8, "publications": [publication(7), publication(8)]}
    second = [[{"id": 3, "connect": {}}], [{"id": 4, "subscribe": again}]]
    run = concluded(await listened([*as_sent()[:3], [push(6)]], second))
    assert (run.lines, run.passed) == ([], True)


async def test_pings_are_answered() -> None:
    listener = Listener("a customer", ["http://nowhere"], token="t")
    wire = Wire([[{}]])
    with pytest.raises(ConnectionClosedOK):
        await listener._converse(cast(ClientConnection, wire))
    assert wire.sent[-1] == {}


def drop(frames: list[list[Message]]) -> None:
    del frames[3][0]


def drop_a_frame(frames: list[list[Message]]) -> None:
    del frames[3]


def drop_the_last(frames: list[list[Message]]) -> None:
    del frames[4]


def drop_in_the_recovery(frames: list[list[Message]]) -> None:
    del frames[1][0]["subscribe"]["publications"][0]


def repeat(frames: list[list[Message]]) -> None:
    frames[4].append(push(6))


def repeat_what_was_recovered(frames: list[list[Message]]) -> None:
    frames[1].append(push(4))


def repeat_what_the_snapshot_had(frames: list[list[Message]]) -> None:
    frames[1].append(push(2))


def swap(frames: list[list[Message]]) -> None:
    frames[3].reverse()


def swap_frames(frames: list[list[Message]]) -> None:
    frames[3], frames[4] = frames[4], frames[3]


def change_an_id(frames: list[list[Message]]) -> None:
    frames[3][0]["push"]["pub"]["data"]["id"] = "id-of-another"


def change_an_offset(frames: list[list[Message]]) -> None:
    frames[4][0]["push"]["pub"]["offset"] = 9


def change_the_epoch(frames: list[list[Message]]) -> None:
    frames[1][0]["subscribe"]["epoch"] = "e2"


def refuse_the_recovery(frames: list[list[Message]]) -> None:
    frames[1][0]["subscribe"]["recovered"] = False


def refuse_the_subscription(frames: list[list[Message]]) -> None:
    frames[1] = [{"id": 2, "error": {"code": 103, "message": "permission denied"}}]


def unsubscribe(frames: list[list[Message]]) -> None:
    frames.append([{"push": {"channel": TOPIC, "unsubscribe": {"code": 2000, "reason": "server unsubscribe"}}}])


FAULTS = [
    drop, drop_a_frame, drop_the_last, drop_in_the_recovery, repeat, repeat_what_was_recovered,
    repeat_what_the_snapshot_had, swap, swap_frames, change_an_id, change_an_offset, change_the_epoch,
    refuse_the_recovery, refuse_the_subscription, unsubscribe,
]  # fmt: skip


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
async def test_a_fault_that_is_planted_into_the_frames_turns_the_run_red(
    plant: Callable[[list[list[Message]]], None],
) -> None:
    frames = as_sent()
    plant(frames)
    run = concluded(await listened(frames))
    assert not run.passed
    assert run.verdict is not None
    counts = run.verdict.counts
    repeated = plant.__name__.startswith("repeat")
    assert (counts.push_duplicates > 0, counts.push_gaps > 0) == (repeated, not repeated)
    assert run.lines


async def test_what_broke_the_play_off_turns_the_run_red_whatever_the_counts() -> None:
    listener = await listened(as_sent())
    assert not concluded(listener, failure="✗ out of time").passed
    assert not concluded(listener, back_after_s=None).passed


def lose_the_row(rows: dict[int, Row], actors: list[Actor]) -> None:
    del rows[1]


def lose_the_actor(rows: dict[int, Row], actors: list[Actor]) -> None:
    actors[0] = Actor()


def leave_it_open(rows: dict[int, Row], actors: list[Actor]) -> None:
    rows[1].ended, actors[0] = False, Actor("RUNNING", "", rows[1].phase)


def let_them_disagree(rows: dict[int, Row], actors: list[Actor]) -> None:
    actors[0] = Actor("COMPLETED", "elsewhere", "elsewhere")


def end_elsewhere(rows: dict[int, Row], actors: list[Actor]) -> None:
    rows[1].phase, actors[0] = "elsewhere", Actor("COMPLETED", "elsewhere", "elsewhere")


COUNTED: dict[Callable[[dict[int, Row], list[Actor]], None], str] = {
    lose_the_row: "lost",
    lose_the_actor: "lost",
    leave_it_open: "stuck",
    let_them_disagree: "row_actor_mismatch",
    end_elsewhere: "",
}


@pytest.mark.parametrize("plant", COUNTED, ids=lambda plant: plant.__name__)
def test_an_order_that_ended_otherwise_is_counted_under_its_name(
    plant: Callable[[dict[int, Row], list[Actor]], None],
) -> None:
    stage = good_stage()
    rows, actors = good_rows(stage), good_actors(stage)
    plant(rows, actors)
    counts = pronounce(stage, ends_of(stage.cases, rows, actors), {}).counts
    names = ("lost", "stuck", "row_actor_mismatch")
    assert [name for name in names if getattr(counts, name)] == ([COUNTED[plant]] if COUNTED[plant] else [])
    assert counts.ended_as_expected == counts.orders - 1
    assert not counts.passed


def test_an_unbalanced_journal_is_counted() -> None:
    stage = good_stage()
    verdict = pronounce(stage, good_ends(stage), {}, [5])
    assert (verdict.counts.ledger_unbalanced, verdict.counts.passed) == (1, False)
    assert verdict.lines == ["journal 5 is unbalanced"]
