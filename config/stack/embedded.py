"""The whole stack as one context: what the environment does not name is started here, and ends with the block.

with embedded_stack(ephemeral=True) as stack:
    stack.environment            # the variables that point a process of ours to it
    stack.start_server("web-1")  # a Daphne; stack.start_worker("worker-1") a Temporal worker
    stack.processes.kill("web-1")
"""

import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path

from config.home import CLONE, ROOTS_STATE, state_home
from config.stack import postgres, redis, redis_binary, tables, temporal, temporal_binary
from config.stack.ports import HOST, free_port, http_get, wanted_port
from config.stack.processes import Processes, StackError, wait_until

# A demonstration and the tests: nothing of it is for production.
DEMONSTRATION = {
    "DOORBELL_SMS": "sandbox",
    "DOORBELL_PAYMENT_SANDBOX": "1",
    "DOORBELL_PLAIN_HTTP": "1",
    "DOORBELL_SERVE_STATIC": "1",
}
SERVICES = ("DATABASE_URL", "REDIS_URL", "TEMPORAL_ADDRESS")
MIGRATED = "MIGRATED_DATABASE"
"""Names the database of a `migrated` stack, of which tests make theirs."""

STATE = "stack.json"
LAST_TO_STOP = ((temporal.NAME,), (redis.NAME, postgres.NAME))
Say = Callable[[str], None]


def _silent(line: str) -> None:
    pass


@dataclass
class Stack:
    """A running stack. Start and restart its processes from the main thread."""

    home: Path
    processes: Processes
    environment: dict[str, str] = field(default_factory=dict)
    temporal_ui: str | None = None
    database: postgres.EmbeddedPostgres | None = None

    def start_server(
        self, name: str, *, port: int | None = None, environment: Mapping[str, str] | None = None, wait: bool = True
    ) -> str:
        """Start a Daphne with HTTP and sockets (`DOORBELL_SERVE` in `environment` narrows it). Its base URL."""
        port = port or free_port()
        command = [sys.executable, "-m", "config.serve", "--port", str(port)]
        self.processes.start(name, command, environment={**self.environment, **(environment or {})})
        address = f"http://{HOST}:{port}"
        if wait:
            self.wait_for_server(name, address)
        return address

    def wait_for_server(self, name: str, address: str) -> None:
        wait_until(lambda: _healthy(address), what=name, child=self.processes[name], timeout_s=60)

    def start_worker(self, name: str, *, environment: Mapping[str, str] | None = None) -> None:
        """Start a Temporal worker process; it is at work when `manage.py doctor` counts it as a poller."""
        command = [sys.executable, "-m", "workflows.worker"]
        self.processes.start(name, command, environment={**self.environment, **(environment or {})}, grace_s=30)

    def manage(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Run a manage.py command to its end. Raises StackError with its last lines."""
        self.run(f"manage-{arguments[0]}", [str(CLONE / "manage.py"), *arguments], environment=environment)

    def run(self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        """Run a Python program on this stack to its end. Raises StackError with its last lines."""
        child = self.processes.start(
            name, [sys.executable, *arguments], environment={**self.environment, **(environment or {})}
        )
        if child.process.wait() != 0:
            raise StackError(f"{name} failed:\n{child.last_lines(30)}\n(log: {child.log})")

    def new_database(self, name: str, *, template: str = "template0") -> str:
        """The URL of a further database on the embedded server (as for processes of one test alone)."""
        if self.database is None:
            raise StackError("DATABASE_URL names the server: further databases are made on the embedded one only")
        return self.database.create_database(name, template=template)


def _healthy(address: str) -> bool:
    try:
        return http_get(f"{address}/healthz", timeout_s=2)[0] == 200
    except (OSError, HTTPException):
        return False


@contextmanager
def embedded_stack(
    *,
    home: Path | None = None,
    ephemeral: bool = False,
    temporal_port: int | None = None,
    temporal_ui_port: int | None = None,
    with_temporal: bool = True,
    private: bool = False,
    migrated: bool = False,
    say: Say = _silent,
) -> Iterator[Stack]:
    """Start the services that the environment leaves unset. Ports default to free ones; of a wanted one that is taken,
    `say` hears which stands in for it.

    `ephemeral` keeps everything in a temporary folder, removed afterwards. `private` starts every service even where
    the environment names one: for tests that kill services. `migrated` is for an ephemeral one whose database has all
    tables from the start. Raises StackError, and download.Unavailable when there is no way to get Temporal or Redis.
    """
    with _home(home, ephemeral) as place, only_one(place):
        stack = Stack(place, Processes(place / "logs"))
        try:
            if not private:
                stack.environment |= {name: os.environ[name] for name in SERVICES if os.environ.get(name)}
            if migrated and "DATABASE_URL" not in stack.environment:
                tables.lay_out(place, partial(embedded_stack, ephemeral=True, private=True, with_temporal=False))
                stack.environment[MIGRATED] = postgres.DATABASE
            _start_services(stack, ephemeral, temporal_port, temporal_ui_port, with_temporal, say)
            if not ephemeral:
                _write_state(stack)
            yield stack
        finally:
            (place / STATE).unlink(missing_ok=True)
            stack.processes.stop_all(LAST_TO_STOP)


def _start_services(
    stack: Stack, ephemeral: bool, temporal_port: int | None, ui_port: int | None, with_temporal: bool, say: Say
) -> None:
    """All are started before any is waited for."""
    environment, processes, home = stack.environment, stack.processes, stack.home
    environment |= {**DEMONSTRATION, "DOORBELL_HOME": str(home)}
    waits: list[Callable[[], None]] = []
    if "TEMPORAL_ADDRESS" not in environment and with_temporal:
        orders = temporal.start(
            processes,
            home,
            binary=temporal_binary.find_binary(say),
            port=_port(temporal_port, "Temporal", say) or free_port(),
            ui_port=_port(ui_port, "Temporal's page", say),
            ephemeral=ephemeral,
        )
        environment["TEMPORAL_ADDRESS"], stack.temporal_ui = orders.address, orders.ui
        waits.append(orders.wait)
    if "REDIS_URL" not in environment:
        bus = redis.start(processes, home, binary=redis_binary.find_binary(say))
        environment["REDIS_URL"] = bus.url
        waits.append(bus.wait)
    if "DATABASE_URL" not in environment:
        stack.database = postgres.start(processes, home, ephemeral=ephemeral)
        environment["DATABASE_URL"] = stack.database.url()
        waits.append(stack.database.wait)
    for wait in waits:
        wait()


def _port(wanted: int | None, for_what: str, say: Say) -> int | None:
    return wanted and wanted_port(wanted, for_what=for_what, say=say)


@contextmanager
def _home(home: Path | None, ephemeral: bool) -> Iterator[Path]:
    if not ephemeral:
        home = home or state_home()
        home.mkdir(parents=True, exist_ok=True)
        _let_server_user_pass(home)
        yield home
        return
    # /tmp and not TMPDIR: PostgreSQL's own user must reach it, and a Unix socket's path has 107 bytes.
    place = Path(tempfile.mkdtemp(prefix="doorbell-", dir="/tmp" if os.path.isdir("/tmp") else None))  # noqa: S108
    _let_server_user_pass(place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _let_server_user_pass(home: Path) -> None:
    """Root only: PostgreSQL's user may walk through folders of ours, not list them. Secrets in it stay 0600."""
    if os.geteuid() == 0:
        home.chmod(0o711)
        if ROOTS_STATE in home.parents:
            ROOTS_STATE.chmod(0o711)  # made by us as well, and root's umask may be 077


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Nobody else runs a stack on `home`, or touches the data of one. Raises StackError."""
    with (home / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"a stack is running already on {home}, or just starting or ending") from None
        (home / STATE).unlink(missing_ok=True)  # of one that crashed
        yield


def running_stack(home: Path) -> dict[str, str] | None:
    """The environment of the stack that runs on `home`, or None. The lock tells, not the file: a crash leaves that."""
    lock, state = home / "stack.lock", home / STATE
    if not lock.exists() or not state.exists():
        return None
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            environment: dict[str, str] = json.loads(state.read_text())
            return environment
    return None


def _write_state(stack: Stack) -> None:
    state = stack.home / STATE
    state.touch(mode=0o600)
    state.write_text(json.dumps(stack.environment))
