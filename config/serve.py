"""The server process: Daphne, with what it lacks: work at start, and an end that lets people go in order.

    python -m config.serve --port 8000

Daphne speaks no lifespan protocol. Here the Temporal client is connected as soon as the loop runs (lazily, on the hub's
loop, it cost pushes 230 ms), and on SIGTERM the process stops accepting, drains the hub and the requests, then ends.
"""

# Daphne installs Twisted's asyncio reactor when imported, and must be first.
from daphne.server import Server  # isort: skip

import argparse
import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from twisted.internet import defer, reactor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = structlog.get_logger("serve")
# HTTP requests in flight get this long after SIGTERM; the supervisor's grace is 20 s.
REQUESTS_GRACE_S = 5.0
END_S = 18.0
"""So long after SIGTERM it ends whatever a thread is still at: the supervisor, who would kill it, may be gone."""
RETRY_S = 2.0
Hook = Callable[[], Awaitable[object]]


class DoorbellServer(Server):  # type: ignore[misc]
    """Daphne's server with `on_start` hooks (each retried until it succeeds) and an `on_drain` hook."""

    def __init__(self, *, on_start: list[Hook], on_drain: Hook | None, **options: Any) -> None:
        super().__init__(ready_callable=self._when_ready, **options)
        self._on_start = on_start
        self._on_drain = on_drain
        self._ports: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def _when_ready(self) -> None:
        reactor.callWhenRunning(self._start_hooks)

    def _start_hooks(self) -> None:
        for hook in self._on_start:
            task = asyncio.get_event_loop().create_task(_until_done(hook))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def kill_all_applications(self) -> Any:
        """Twisted waits for what this returns before it stops."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        last = threading.Timer(END_S, os._exit, [1])
        last.daemon = True
        last.start()
        for task in list(self._tasks):
            task.cancel()
        for port in self._ports:
            port.stopListening()
        if self._on_drain is not None:
            try:
                await self._on_drain()
            except Exception:
                log.exception("drain failed")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REQUESTS_GRACE_S):
                await self._finished(self._running())
        left = self._running()
        for application in left:
            application.cancel()
        await self._finished(left)
        log.info("stopped", cancelled=len(left))

    def _running(self) -> list[asyncio.Future[None]]:
        # Daphne's own walk fails on a kept-alive connection between two requests: it has no application then.
        instances = [details.get("application_instance") for details in self.connections.values()]
        return [instance for instance in instances if instance is not None and not instance.done()]

    @staticmethod
    async def _finished(applications: list[asyncio.Future[None]]) -> None:
        if applications:
            await asyncio.wait(applications)


async def _until_done(hook: Hook) -> None:
    while True:
        try:
            await hook()
            return
        except Exception as error:
            log.warning("not started yet, trying again", hook=hook.__module__, error=type(error).__name__)
        await asyncio.sleep(RETRY_S)


def _hooks() -> tuple[list[Hook], Hook | None]:
    """What the parts that are served here want done at start and at the end."""
    from django.conf import settings

    starts: list[Hook] = []
    drain: Hook | None = None
    if settings.SERVE != "hub":
        from web.catalog.finder import FINDER
        from workflows import client

        starts += [client.connect, FINDER.keep]
    if settings.SERVE != "http":
        from hub import asgi

        starts.append(asgi.start)
        drain = asgi.drain
    return starts, drain


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve HTTP and the hub's sockets.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()

    from config.asgi import application

    starts, drain = _hooks()
    server = DoorbellServer(
        application=application,
        # A deploy brings every socket back at once; Twisted's backlog of 50 would turn them away.
        endpoints=[f"tcp:port={arguments.port}:interface={arguments.host}:backlog=4096"],
        on_start=starts,
        on_drain=drain,
        websocket_timeout=-1,  # sockets live as long as their people; the hub's pings find the dead ones
        server_name="doorbell",
        verbosity=2,  # 2 sends Twisted's log to logging (level WARNING there); 1 would drop its errors
    )
    log.info("serving", host=arguments.host, port=arguments.port)
    server.run()
    if server.abort_start:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
