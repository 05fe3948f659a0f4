"""A stand-in for the whole server, so that the board's page can be seen and measured alone: HTTP, and the protocol.

`python -m tests.bench.board_standin --port 8099 --rate 20` and open /board/hangzhou/. It knows one dispatcher, keeps
nothing, and speaks as much of the protocol as the page uses.
"""

import argparse
import asyncio
import json
import mimetypes
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server

from tests.bench import board_answers
from tests.bench.board_city import GEOJSON, City

STATIC = Path(__file__).resolve().parents[2] / "web/board/static/board/dist"
BOOT = {
    "city": "hangzhou",
    "cities": [{"code": "hangzhou", "name": "杭州"}],
    "user": {"id": 7, "name": "陈调度"},
    "may": ["orders.command_order", "orders.handle_alarm", "orders.write_message"],
    "urls": {
        "board": "/board/",
        "login": "/board/login",
        "logout": "/board/logout",
        "map": "/board/hangzhou/map.json",
    },
}
PAGE = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>调度台</title><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="/static/board/dist/board.css"></head><body><div id="board"></div>'
    f'<script id="board-boot" type="application/json">{json.dumps(BOOT)}</script>'
    '<script type="module" src="/static/board/dist/board.js"></script></body></html>'
)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class StandIn:
    """One city and the sockets that listen to it."""

    def __init__(self, city: City, *, rate: float) -> None:
        self.city, self.rate = city, rate
        self.sockets: dict[Send, set[str]] = {}
        self.sent = len(city.log)
        self.life: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        # Started here, because only here the server's loop runs.
        self.life = self.life or asyncio.ensure_future(self._live())
        if scope["type"] == "http":
            body = (await receive()).get("body") or b"{}"
            await self._answer(scope["method"], scope["path"], body, send)
        elif scope["type"] == "websocket":
            await self._socket(receive, send)

    async def _live(self) -> None:
        steps = 20
        while True:
            await asyncio.sleep(1 / steps)
            for _ in range(steps):
                if random.random() < self.rate / steps / steps:
                    self.city.act()
            if self.rate and random.random() < 0.6:
                worker, position = self.city.walk()
                await self._push("positions:hangzhou", {"data": _envelope(str(worker), position)})
            await self.flush()

    async def flush(self) -> None:
        """Pushes what the city's log has and the sockets have not."""
        for offset in range(self.sent + 1, len(self.city.log) + 1):
            self.sent = offset
            await self._push("board:hangzhou", {"data": self.city.log[offset - 1], "offset": offset})

    async def _push(self, topic: str, pub: dict[str, Any]) -> None:
        for send, topics in list(self.sockets.items()):
            if topic in topics:
                await _reply(send, {"push": {"channel": topic, "pub": pub}})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while (message := await receive())["type"] == "websocket.receive":
                for line in filter(None, message["text"].split("\n")):
                    await self._command(json.loads(line), send)
        finally:
            self.sockets.pop(send, None)

    async def _command(self, command: dict[str, Any], send: Send) -> None:
        answer: dict[str, Any] = {"id": command.get("id")}
        if "connect" in command:
            self.sockets[send] = set()
            answer["connect"] = {"client": "standin", "version": "0", "ping": 25, "pong": True}
        elif "subscribe" in command:
            answer["subscribe"] = self._subscribe(command["subscribe"], send)
        elif "history" in command:
            answer["history"] = {"publications": [], "offset": self.sent, "epoch": self.city.epoch}
        if answer["id"]:
            await _reply(send, answer)

    def _subscribe(self, asked: dict[str, Any], send: Send) -> dict[str, Any]:
        self.sockets[send].add(asked["channel"])
        if not asked["channel"].startswith("board:"):
            return {}
        place = {"recoverable": True, "positioned": True, "epoch": self.city.epoch, "offset": self.sent}
        if not asked.get("recover"):
            return place
        whole = asked.get("epoch") == self.city.epoch
        missed = range(asked.get("offset", 0) + 1, self.sent + 1) if whole else ()
        publications = [{"data": self.city.log[offset - 1], "offset": offset} for offset in missed]
        return place | {"recovered": whole, "was_recovering": True, "publications": publications}

    async def _answer(self, method: str, path: str, body: bytes, send: Send) -> None:
        parts = path.strip("/").split("/")
        if path == "/board/hangzhou/":
            await _http(send, 200, "text/html; charset=utf-8", PAGE.encode())
        elif path == "/board/hangzhou/map.json":
            await _http(send, 200, "application/geo+json", GEOJSON.read_bytes())
        elif parts[0] == "static":
            await _file(send, STATIC / "/".join(parts[3:]))
        else:
            status, answer = self._api(method, parts, json.loads(body))
            await _http(send, status, "application/json", json.dumps(answer, ensure_ascii=False).encode())
            await self.flush()

    def _api(self, method: str, parts: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        match [method, *parts]:
            case ["POST", "api", "hub", "token"]:
                return 200, {"token": "standin"}
            case ["GET", "api", "board", "hangzhou"]:
                return 200, self.city.snapshot()
            case ["GET", "api", "orders", number] if int(number) in self.city.orders:
                return 200, board_answers.detail(self.city, int(number))
            case ["GET", "api", "board", "orders", number, "candidates"]:
                return 200, board_answers.candidates(self.city, int(number))
            case ["POST", "api", "orders", number, "assign"]:
                order = self.city.assign(int(number), body["worker_id"])
                return 200, {"command": 1, "status": "done", "state": order["phase"], "version": order["version"]}
            case ["POST", "api", "board", "alarms", number, "take"]:
                self.city.take(int(number))
                return 200, {}
            case ["POST", "standin", "rate", rate]:
                self.rate = float(rate)
                return 200, {}
        return 404, {"code": "not_found", "message": "没有找到", "details": {}}


def _envelope(subject: str, data: Any) -> dict[str, Any]:
    return {"id": "", "source": "/standin", "type": "latest", "subject": subject, "time": data["at"], "data": data}


async def _reply(send: Send, message: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message, ensure_ascii=False)})


async def _file(send: Send, file: Path) -> None:
    kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
    body = await asyncio.to_thread(lambda: file.read_bytes() if file.is_file() else None)
    await _http(send, 404 if body is None else 200, kind, body or b"")


async def _http(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(*, port: int, orders: int, workers: int, rate: float, seed: int = 7) -> None:
    """Runs until it is killed. rate: events per second on board:hangzhou."""
    stand_in = StandIn(City(orders=orders, workers=workers, seed=seed), rate=rate)
    endpoints = build_endpoint_description_strings(host="127.0.0.1", port=port)
    Server(stand_in, endpoints=endpoints, signal_handlers=True).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("port", 8099), ("orders", 300), ("workers", 120), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rate", type=float, default=2.0)
    serve(**vars(parser.parse_args()))
