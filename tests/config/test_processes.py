"""The supervisor: children write to files, end in order, are started again, and die with it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.home import CLONE
from config.stack.processes import Processes, StackError, Stopped, stopping_on_signals, wait_until

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)",
]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    supervisor = Processes(tmp_path / "logs")
    yield supervisor
    supervisor.stop_all()


def said(log: Path, text: str = "here") -> Callable[[], bool]:
    return lambda: log.exists() and text in log.read_text()


def gone(pid: int) -> bool:
    """The process has ended (a zombie that nobody has waited for counts as ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_child_writes_to_a_file_of_its_own(processes: Processes) -> None:
    child = processes.start("one", SLEEPER)
    wait_until(said(child.log), what="the child", child=child)
    assert child.log.name == "one.log"


def test_a_child_that_fills_its_output_never_freezes(processes: Processes) -> None:
    child = processes.start("chatty", [sys.executable, "-c", "print('x' * 1_000_000); print('done')"])
    assert child.process.wait(20) == 0
    assert child.last_lines(1) == "done"


def test_a_child_sees_our_environment_and_its_own(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    program = "import os; print(os.environ['OURS'], os.environ['ITS'])"
    child = processes.start("one", [sys.executable, "-c", program], environment={"ITS": "2"})
    child.process.wait(20)
    assert child.last_lines() == "1 2"


def test_two_children_of_one_name_are_refused(processes: Processes) -> None:
    processes.start("one", SLEEPER)
    with pytest.raises(StackError, match="one is running already"):
        processes.start("one", SLEEPER)


def test_what_cannot_be_started_says_so(processes: Processes) -> None:
    child = processes.start("one", ["/nonexistent/program"])
    with pytest.raises(StackError, match=r"(?s)the program: ended.*No such file"):
        wait_until(lambda: False, what="the program", child=child)


def test_waiting_too_long_names_what_and_its_log(processes: Processes) -> None:
    child = processes.start("one", SLEEPER)
    with pytest.raises(StackError, match=r"(?s)readiness: not ready after 0.2 s.*one\.log"):
        wait_until(lambda: False, what="readiness", child=child, timeout_s=0.2)


def test_a_child_that_ignores_its_signal_is_killed_after_its_grace(processes: Processes) -> None:
    child = processes.start("one", STUBBORN, grace_s=0.3)
    wait_until(said(child.log), what="the child", child=child)
    processes.stop("one")
    assert child.process.returncode == -signal.SIGKILL


def test_a_killed_child_is_started_again_with_its_command_and_environment(processes: Processes) -> None:
    program = "import os, time; print('mark', os.environ['MARK'], flush=True); time.sleep(60)"
    child = processes.start("one", [sys.executable, "-c", program], environment={"MARK": "7"})
    wait_until(said(child.log, "mark 7"), what="the child", child=child)
    processes.kill("one")
    assert [ended.name for ended in processes.ended()] == ["one"]
    processes.start_again("one")
    wait_until(lambda: child.log.read_text().count("mark 7") == 2, what="the second start", child=child)
    assert processes.ended() == []


def test_what_a_child_has_started_dies_with_it_when_killed(processes: Processes) -> None:
    program = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    child = processes.start("parent", [sys.executable, "-c", program])
    wait_until(lambda: child.last_lines().isdigit(), what="the grandchild", child=child)
    grandchild = int(child.last_lines())
    processes.kill("parent")
    wait_until(lambda: gone(grandchild), what="the grandchild's end")


def test_the_named_groups_end_last_and_in_order(processes: Processes, tmp_path: Path) -> None:
    order = tmp_path / "order"
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('here', flush=True)\n"
        "time.sleep(60)\n"
    )
    for name in ("database", "queue", "web"):
        child = processes.start(name, [sys.executable, "-c", program, str(order), name])
        wait_until(said(child.log), what=name, child=child)
    processes.stop_all((("queue",), ("database",)))
    assert order.read_text().split() == ["web", "queue", "database"]


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from config.stack.processes import Processes\n"
        f"child = Processes(Path({str(tmp_path)!r})).start('one', {SLEEPER!r})\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program], cwd=CLONE, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    wait_until(said(tmp_path / "one.log"), what="the child")
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    wait_until(lambda: gone(child), what="the child's end", timeout_s=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_become_an_exception_that_runs_every_finally(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped, match=number.name), stopping_on_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


def test_a_long_log_is_put_aside(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.stack.processes.LOG_BYTES", 10)
    for _ in range(2):
        processes.start("one", [sys.executable, "-c", "print('0123456789')"]).process.wait(20)
    processes.start("one", [sys.executable, "-c", "print('new')"]).process.wait(20)
    assert (processes.logs / "one.log").read_text().strip() == "new"
    assert (processes.logs / "one.old.log").exists()
