"""A platform that answers by a script: a real HTTP server on a real socket, for what the real one does rarely."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What to answer; status 0 hangs up without a word."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Answer]


class ScriptedPlatform:
    """`asked` has every request so far."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.url = ""

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(method, path, headers, json.loads(raw) if raw else None)
        self.asked.append(asked)
        answer = self.script(asked)
        if answer.status:
            content = b"" if answer.status == 204 else json.dumps(answer.body).encode()
            lines = [f"HTTP/1.1 {answer.status} x", f"Content-Length: {len(content)}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def scripted_platform(script: Script) -> AsyncIterator[ScriptedPlatform]:
    """Answers by `script` until the end."""
    platform = ScriptedPlatform(script)
    server = await asyncio.start_server(platform.serve_one, "127.0.0.1", 0)
    platform.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield platform


def in_turn(*answers: Answer) -> Script:
    """One answer after the other."""
    left = iter(answers)
    return lambda _: next(left)
