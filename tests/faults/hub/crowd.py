"""Many subscribers, in processes of their own (subscribers.py), as one."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from tests.hub.database import url as database_url
from tests.hub.stack import ROOT, DaphneServer
from tests.hub.writing import in_thread, issued

PATIENCE_S = 60.0
ANSWER_BYTES_MAX = 1 << 28


def heads(topics: Sequence[str]) -> dict[str, int]:
    """The offset of the last event of each, by SQL."""
    with psycopg.connect(database_url()) as connection:
        rows = connection.execute("SELECT name, head FROM hub_topic WHERE name = ANY(%s)", (list(topics),)).fetchall()
    return dict(rows)


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[round(part * (len(values) - 1))] if values else 0.0


class Crowd:
    def __init__(self, topics: Sequence[str], processes: Sequence[asyncio.subprocess.Process]) -> None:
        self.topics = topics
        self._processes = processes

    async def ask(self, command: str, /, **options: Any) -> list[dict[str, Any]]:
        """Every process' answer."""
        return await asyncio.gather(*(_ask(process, {"do": command, **options}) for process in self._processes))

    async def caught_up(self, *, with_log: bool = True, seconds: float = PATIENCE_S) -> float:
        """Waits until everybody is live, and has all that the log has now; how long that took."""
        due = await in_thread(heads, self.topics) if with_log else {}
        answers = await self.ask("wait", heads=due, seconds=seconds)
        assert not sum(answer["behind"] for answer in answers), answers
        return float(max(answer["seconds"] for answer in answers))

    async def pushes(self) -> tuple[list[float], list[float]]:
        """The latencies of pushes since this was last asked, and when disconnects were told; both in seconds."""
        answers = await self.ask("latencies")
        latencies, left = ([each for answer in answers for each in answer[name]] for name in ("latencies", "left_at"))
        return latencies, left

    async def p99(self) -> float:
        return percentile((await self.pushes())[0], 0.99)

    async def report(self) -> dict[str, Any]:
        """What comparing with the log found, in numbers; `codes`; `resumed`: seconds from release to live."""
        total, codes, resumed = Counter[str](), Counter[str](), list[float]()
        for answer in await self.ask("report"):
            codes.update(answer.pop("codes"))
            resumed += answer.pop("resumed")
            total.update(answer)
        assert not codes["not recovered"], codes
        return {**total, "codes": dict(codes), "resumed": resumed}


async def _ask(process: asyncio.subprocess.Process, command: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(command).encode() + b"\n")
    answer = await asyncio.wait_for(process.stdout.readline(), 2 * PATIENCE_S)
    assert answer, f"Subscribers ended at {command}"
    found: dict[str, Any] = json.loads(answer)
    return found


@asynccontextmanager
async def crowd(
    servers: Sequence[DaphneServer], topics: Sequence[str], count: int, *, processes: int = 1
) -> AsyncIterator[Crowd]:
    """So many subscribers, spread over the topics and the servers; all live at the beginning."""
    options: dict[str, Any] = {
        "urls": [server.url for server in servers],
        "database": database_url(),
        "token": await issued(7),
    }
    options |= {"topics": list(topics), "count": count // processes}
    command = [sys.executable, "-m", "tests.faults.hub.subscribers", json.dumps(options)]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": ANSWER_BYTES_MAX}
    running = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, **pipes) for _ in range(processes)]  # type: ignore[arg-type]
    try:
        made = Crowd(topics, running)
        await made.caught_up(with_log=False)
        yield made
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()
