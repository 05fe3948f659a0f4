"""`make demo` as a story: first start, a second one refused, a killed part, Ctrl-C, the same data again."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from config.home import CLONE
from config.stack.embedded import SERVICES, running_stack
from config.stack.ports import HOST, free_port, http_get
from config.stack.processes import Child, Processes, wait_until


class Demo:
    """The demo on a home of its own, without what the tests' stack has put into the environment."""

    def __init__(self, home: Path, processes: Processes) -> None:
        self.home = home
        self.port = free_port()
        self.processes = processes
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOORBELL_")}
        self.environment = {name: value for name, value in kept.items() if name not in SERVICES}
        self.environment["DOORBELL_HOME"] = str(home)

    def start(self, name: str) -> Child:
        command = ["env", "-i", *(f"{key}={value}" for key, value in self.environment.items())]
        command += [sys.executable, "-m", "config.demo", "--speed", "60", "--port", str(self.port)]
        return self.processes.start(name, command, stop_signal=signal.SIGINT, grace_s=60)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=CLONE, env=self.environment, capture_output=True, text=True, timeout=60)

    def people(self) -> int:
        environment = running_stack(self.home)
        assert environment is not None
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT count(*) FROM accounts_user WHERE role = 'staff'").fetchone()
            assert row is not None
            return int(row[0])


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    home = Path("/tmp").resolve() / f"doorbell-demo-{os.getpid()}"  # noqa: S108 - PostgreSQL's user must pass
    processes = Processes(tmp_path)
    yield Demo(home, processes)
    processes.stop_all()
    shutil.rmtree(home, ignore_errors=True)


def said(child: Child, text: str) -> Callable[[], bool]:
    return lambda: text in child.log.read_text()


def runs(child: Child) -> None:
    wait_until(said(child, "Ctrl-C ends it all"), what="the demo", child=child, timeout_s=120)


def address_of(child: Child, what: str) -> str:
    found = re.search(rf"{what} +(http\S+)", child.log.read_text())
    assert found is not None
    return found[1]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def test_the_demo_from_its_first_start_to_its_second(demo: Demo) -> None:
    with closing(socket.create_server((HOST, demo.port))):
        first = demo.start("first")
        runs(first)
    board = address_of(first, "dispatch board")
    assert f"port {demo.port} is taken: the web server gets" in first.log.read_text()
    assert str(demo.port) not in board
    for address in (f"{board}login", address_of(first, "API documentation"), address_of(first, "Temporal")):
        assert http_get(address, timeout_s=10)[0] == 200, address
    assert re.search(r"dispatcher, password \S+", first.log.read_text())
    assert (demo.home / "secrets.json").stat().st_mode & 0o777 == 0o600
    staff = demo.people()

    # A command by hand finds the running demo.
    doctor = demo.manage("doctor", "--only", "database", "migrations", "redis", "temporal", "workers")
    assert doctor.returncode == 0, doctor.stdout

    second = demo.start("second")
    assert second.process.wait(60) == 1
    assert "running already" in second.last_lines()

    # What ends by itself is said and started again.
    (server,) = [pid for pid in children_of(first.process.pid) if "config.serve" in command_of(pid)]
    os.kill(server, signal.SIGKILL)
    wait_until(said(first, "web-1 ended (code -9); starting it again"), what="the restart", child=first)

    everything = {pid: command_of(pid) for pid in children_of(first.process.pid)}
    first.ask_to_stop()
    assert first.process.wait(60) == 0
    assert "the data stays" in first.last_lines()
    # By their commands, too: a number is soon another process's.
    alive = [
        command for pid, command in everything.items() if Path(f"/proc/{pid}").exists() and command_of(pid) == command
    ]
    assert alive == []
    assert running_stack(demo.home) is None

    again = demo.start("again")
    runs(again)
    assert address_of(again, "dispatch board").startswith(f"http://{HOST}:{demo.port}/")
    assert demo.people() == staff
    again.ask_to_stop()
    assert again.process.wait(60) == 0

    reset = [sys.executable, "-m", "config.demo", "--reset"]
    assert subprocess.run(reset, cwd=CLONE, env=demo.environment, capture_output=True).returncode == 0
    left = sorted(path.name for path in demo.home.iterdir())
    assert left == ["secrets.json", "stack.lock"]
