"""A town whose services and processes may be killed: it knows how, and how to become whole again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import dj_database_url
import psycopg
import redis
from django.db import connections

from config.stack.ports import answers
from config.stack.processes import Child, wait_until
from tests.faults.trapped_worker import trap
from tests.hub.client import Client as Socket
from tests.hub.client import opened
from tests.world.people import Person, Refused, next_number
from tests.world.town import Town, in_database, wait_for_worker
from tests.world.waiting import until
from web.orders.models import Order
from workflows.transitions import LIVE

T = TypeVar("T")
METRICS_TOKEN = "metrics"
AT_ONCE = 16
WORKERS = ("worker-1", "worker-2")
SERVERS = ("web-1", "web-2")
SERVICES = ("postgres", "redis", "temporal")


@dataclass
class FaultyTown(Town):
    """Two servers, two workers with traps, and services of its own."""

    traps: Path = Path()

    def server(self) -> int:
        """One after the other."""
        return next_number()

    def kill(self, *names: str) -> None:
        """SIGKILL, to each and all that it has started."""
        for name in names:
            family = _family(self._child(name).process.pid)
            self.stack.processes.kill(name)
            _signal(family, signal.SIGKILL)

    async def deploy(self, story: str) -> None:
        """The workers are replaced one after the other, in order, by those of another story ("": the product's)."""
        for name in WORKERS:
            child = self._child(name)
            # All from this thread: a process ends with the thread that has started it.
            child.ask_to_stop()
            await _until(partial(_has_ended, child))
            child.environment = {**(child.environment or {}), "FAULT_STORY": story}
            earlier = len(child.log.read_bytes())
            self.stack.processes.start_again(name)
            await _until(partial(_is_at_work, child, earlier))

    def freeze(self, name: str) -> None:
        """As a machine that hangs: the process and its children stop where they are; `thaw` lets them go on."""
        # The parent first: from then on there are no more children.
        _signal([self._child(name).process.pid], signal.SIGSTOP)
        _signal(_family(self._child(name).process.pid), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """See `freeze`."""
        _signal(_family(self._child(name).process.pid), signal.SIGCONT)

    def start_again(self, *names: str) -> None:
        """All at once; returns when they are at work."""
        earlier = {name: len(self._child(name).log.read_bytes()) for name in names}
        for name in names:
            self.stack.processes.start_again(name)
        for name in names:
            self._wait(name, earlier[name])
        if "postgres" in names:
            let_go()

    def make_whole(self) -> None:
        """Start again what has ended, services first."""
        for group in (SERVICES, (*SERVERS, *WORKERS)):
            ended = [name for name in group if not self._child(name).running]
            self.start_again(*ended)

    async def end_all(self) -> None:
        """Staff end the orders that still live: one that looks for a worker, and will find none, never rests."""
        room = asyncio.Semaphore(AT_ONCE)

        async def end(order_id: int) -> None:
            async with room:
                with suppress(Refused):
                    await staff.command(f"/api/orders/{order_id}/call-off", {"reason": "other"})

        async with self.dispatcher() as staff:
            await asyncio.gather(*(end(order_id) for order_id in await in_database(_alive)))

    @asynccontextmanager
    async def death(self, moment: str, move: str, *, local: bool = True, within_s: float = 60) -> AsyncIterator[None]:
        """The worker that takes this step dies at that moment, once; the block ends after that. See `trap`."""
        file = self.traps / trap(moment, move, local=local)
        file.touch()
        try:
            yield
            async with asyncio.timeout(within_s):
                while True:
                    if not file.exists():
                        return
                    await asyncio.sleep(0.02)
        finally:
            file.unlink(missing_ok=True)

    def logged(self) -> dict[str, int]:
        """How long each worker's log is by now."""
        return {name: len(self._child(name).log.read_bytes()) for name in WORKERS}

    async def workers_say(self, text: str, *, after: Mapping[str, int]) -> None:
        """Wait until one of them has logged it, behind these lengths of their logs."""
        said = text.encode()
        await _until(lambda: any(said in self._child(name).log.read_bytes()[after[name] :] for name in WORKERS))

    async def somebody_waits(self, *, within_s: float = 30) -> None:
        """Wait until a session of the database waits for a lock, as for a row that is held."""
        async with await psycopg.AsyncConnection.connect(self.stack.environment["DATABASE_URL"]) as watcher:
            async with asyncio.timeout(within_s):
                while True:
                    waiting = await watcher.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
                    if await waiting.fetchone():
                        return
                    await watcher.rollback()
                    await asyncio.sleep(0.02)

    @asynccontextmanager
    async def phone(self, person: Person, *, server: int = 0) -> AsyncIterator[Person]:
        """The same person's other phone: it speaks to one server only, and hears what that says."""
        other = Person(self.addresses[server])
        other.signed_in(person.http.headers["Authorization"].removeprefix("Bearer "), person.id)
        try:
            yield other
        finally:
            await other.close()

    @asynccontextmanager
    async def socket(self, person: Person, *, server: int = 0) -> AsyncIterator[Socket]:
        """A connected socket of somebody at one of the servers."""
        token = (await person.post("/api/hub/token", key=None))["token"]
        url = self.addresses[server].replace("http", "ws", 1) + "/connection/websocket"
        async with opened(url, token) as socket:
            yield socket

    def _child(self, name: str) -> Child:
        return self.stack.processes[name]

    def _wait(self, name: str, earlier: int) -> None:
        if name in WORKERS:
            wait_for_worker(self.stack, name, after=earlier)
        elif name in SERVERS:
            self.stack.wait_for_server(name, self.addresses[SERVERS.index(name)])
        else:
            wait_until(lambda: _answers(name, self.stack.environment), what=name, child=self._child(name))


def _family(pid: int) -> list[int]:
    """A process, its children and theirs. PostgreSQL's have sessions of their own: no group holds them together."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # pid (name) state parent …: the name may hold anything.
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            parents.setdefault(int(parent), []).append(int(folder.name))
    family = [pid]
    for one in family:
        family += parents.get(one, [])
    return family


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _has_ended(child: Child) -> bool:
    return not child.running


def _is_at_work(child: Child, earlier: int) -> bool:
    """earlier: bytes of its log that are a former life's."""
    return b"worker ready" in child.log.read_bytes()[earlier:]


async def _until(is_so: Callable[[], bool], *, within_s: float = 120) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - another process tells by its end, or by its log
            await asyncio.sleep(0.05)


async def eventually(ask: Callable[..., T | None], *args: Any, within_s: float = 60) -> T:
    """What the database says, as soon as it is something."""
    return await until(lambda: in_database(ask, *args), within_s=within_s)


def _alive() -> list[int]:
    return list(Order.objects.filter(ended_at=None, phase__in=LIVE).values_list("pk", flat=True))


def let_go() -> None:
    """Forget this process's connections to the database: their other ends may be gone."""
    connections.close_all()
    pooled: Any = connections["default"]
    pooled.close_pool()


@contextmanager
def django_on(url: str) -> Iterator[None]:
    """This process's own queries go to another database inside of the block."""
    database = connections.settings["default"]
    before = dict(database)
    let_go()
    there: dict[str, Any] = dict(dj_database_url.parse(url))
    options = {**database["OPTIONS"], **there["OPTIONS"]}
    database.update({name: there[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}, OPTIONS=options)
    try:
        yield
    finally:
        let_go()
        database.update(before)


def _answers(name: str, environment: dict[str, str]) -> bool:
    try:
        if name == "postgres":
            psycopg.connect(environment["DATABASE_URL"], connect_timeout=1).close()
        elif name == "redis":
            with redis.Redis.from_url(environment["REDIS_URL"], socket_timeout=1) as client:
                client.ping()
        else:
            return answers(environment["TEMPORAL_ADDRESS"])
    except (psycopg.OperationalError, redis.RedisError):
        return False
    return True
