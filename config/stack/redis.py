"""The embedded Redis: a redis-server of ours on a Unix socket."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import redis

from config.stack.processes import Child, Processes, wait_until

NAME = "redis"


@dataclass(frozen=True)
class EmbeddedRedis:
    socket: Path
    child: Child

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def wait(self) -> None:
        wait_until(self._answers, what="Redis", child=self.child)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url, socket_timeout=1) as client:
            return bool(client.ping())
        return False


def start(processes: Processes, home: Path, *, binary: Path) -> EmbeddedRedis:
    """Start the server without waiting for it. It keeps nothing on disk: all it carries are hints."""
    folder = home / NAME
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "redis.sock"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "allkeys-lru",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return EmbeddedRedis(socket, processes.start(NAME, [str(binary), *arguments], grace_s=5))
