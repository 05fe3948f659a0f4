"""Whatever a client sends: an error with a code, or a close with a code; the process and the others go on unharmed."""

import asyncio
import contextlib
import itertools
import json
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.stack import DaphneServer
from tests.hub.test_malformed import BAD
from tests.hub.writing import issued

pytestmark = pytest.mark.usefixtures("database")
# Of the hub, and of the WebSocket protocol below it. 1006: Daphne drops what it finds too large without a word.
CLOSES = {3012, 3013, 3500, 3501, 3502, 3508, 1002, 1006, 1007, 1009}
LAST = 4_000_000_000

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
methods = st.sampled_from(
    "connect subscribe unsubscribe publish presence presence_stats history rpc refresh sub_refresh ping send".split()
)
fields = st.sampled_from("channel token recover offset epoch flag data method limit since reverse positioned".split())
names = st.sampled_from(["open:frames", "private:1", "position:frames", "$revocations", "", "nonsense"])
plausible = names | st.sampled_from(["echo", "refuse", 0, 1, 2**63])
bodies = st.dictionaries(fields, plausible | json_values, max_size=6) | json_values
commands = st.builds(
    lambda number, method, body: json.dumps({"id": number, method: body}),
    st.integers(0, 1000) | json_values,
    methods,
    bodies,
)
deep = st.builds(lambda depth, opening: opening * depth, st.integers(1, 30_000), st.sampled_from(["[", '{"a":', "[{"]))
huge = st.builds(lambda size: json.dumps({"id": 1, "rpc": {"data": "x" * size}}), st.integers(60_000, 200_000))
texts = st.lists(commands | st.text(max_size=50), min_size=1, max_size=5).map("\n".join)
frames: st.SearchStrategy[str | bytes | list[str]] = (
    texts
    | st.sampled_from(BAD)
    | deep
    | huge
    | st.binary(max_size=200)
    # One message in fragments.
    | texts.flatmap(lambda text: st.integers(1, 20).map(lambda size: pieces(text, size)))
)
# Well formed, and often refused: the connection lives on.
tame = st.builds(
    lambda number, method, body: json.dumps({"id": number, method: body}),
    st.integers(1, 1000),
    st.sampled_from("subscribe unsubscribe publish presence presence_stats history rpc sub_refresh ping".split()),
    st.fixed_dictionaries(
        {"channel": names.filter(bool)},
        optional={
            "recover": st.booleans(),
            "offset": st.integers(0, 2**63 - 1),
            "epoch": st.text(max_size=10),
            "flag": st.integers(0, 3),
            "method": st.sampled_from(["echo", "refuse", "broken", "nonsense"]),
            "data": json_values,
            "limit": st.integers(-1, 100),
            "reverse": st.booleans(),
        },
    ),
)
# Past the client's library: bytes that are no frames. Where they begin one the server waits for its end, and rightly.
REST = bytes(70_000)
raw = st.binary(min_size=1, max_size=60)


def pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)] or [""]


@pytest.mark.case(17, "malformed, huge, deep, binary and interleaved frames")
async def test_whatever_a_client_sends(pair: list[DaphneServer], number: int, case: Case, size: Size) -> None:
    token, turns, outcomes = await issued(7), itertools.count(), dict[str, int]()

    @settings(max_examples=size(100, 1500), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        sent=st.lists(frames, min_size=1, max_size=3) | st.lists(tame, min_size=1, max_size=10),
        bytes_=st.none() | raw,
        connected=st.booleans(),
    )
    def try_frames(sent: list[Any], bytes_: bytes | None, connected: bool) -> None:
        outcome = outcome_of(pair[next(turns) % 2].url, token if connected else None, sent, bytes_)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1

    pids = [server.process.pid for server in pair if server.process is not None]
    async with crowd(pair, [f"open:{number}"], 10) as others, load(others.topics, 20) as published:
        await asyncio.sleep(size(1, 5))
        await others.pushes()
        await asyncio.sleep(size(1, 5))
        case.tell(p99_before_s=await others.p99())
        await asyncio.to_thread(try_frames)
        case.tell(outcomes=outcomes)
        case.tell(p99_meanwhile_s=await others.p99())
        published.stop()
        await asyncio.sleep(0.5)
        await others.caught_up()
        report = await others.report()
    assert outcomes["lives on"]
    assert report["codes"] == {}
    assert all(server.runs for server in pair)
    assert pids == [server.process.pid for server in pair if server.process is not None]
    case.holds(report)


def outcome_of(url: str, token: str | None, sent: list[Any], bytes_: bytes | None) -> str:
    """The code that the connection ended with, or "lives on"."""
    with connect(url, ping_interval=None, max_size=None, close_timeout=1) as client:
        try:
            if token is not None:
                client.send(json.dumps({"id": LAST - 1, "connect": {"token": token}}))
            for frame in sent:
                client.send(frame)
                client.ping()
            if bytes_ is not None:
                with contextlib.suppress(OSError):
                    client.socket.sendall(bytes_ + REST)
            client.send(json.dumps({"id": LAST, "ping": {}}))
            read_until_answered(client)
            return "lives on"
        except websockets.ConnectionClosed as closed:
            code = 1006 if closed.rcvd is None else closed.rcvd.code
            assert code in CLOSES, code
            return str(code)


def read_until_answered(client: ClientConnection) -> None:
    """Every answer to what came before is a reply or an error with a code."""
    while True:
        for line in str(client.recv(timeout=20)).split("\n"):
            message = json.loads(line)
            if "error" in message:
                assert message["error"]["code"] >= 100
                assert message["error"]["message"]
            if message.get("id") == LAST:
                return
