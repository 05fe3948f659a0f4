"""Commands that run to their end leave nothing running, however the wait for them ends."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from config.home import CLONE
from config.stack import commands
from config.stack.processes import wait_until

# A program that says its process id, and sleeps; one that starts another one, says which, and waits for it.
SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
PARENT = (
    "import subprocess, sys; child = subprocess.Popen(['sleep', '60']);"
    "open(sys.argv[1], 'w').write(str(child.pid)); child.wait()"
)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "pid"


def grandchild(told: Path) -> int:
    wait_until(lambda: told.exists() and told.read_text().isdigit(), what="the grandchild")
    return int(told.read_text())


def gone(pid: int) -> Callable[[], bool]:
    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    return ended


def test_what_was_printed_is_given_back_with_the_code() -> None:
    done = commands.finished(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)
    assert commands.finished(["sh", "-c", "echo err >&2"], together=True).stdout == "err\n"


def test_what_is_not_there_says_so() -> None:
    done = commands.finished(["/nonexistent/program"])
    assert done.returncode != 0
    assert "No such file" in done.stderr


def test_out_of_time_ends_what_the_command_has_started(told: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        commands.finished([sys.executable, "-c", PARENT, str(told)], timeout_s=1)
    wait_until(gone(grandchild(told)), what="the end of the grandchild")


def test_all_that_run_in_other_threads_are_ended(told: Path) -> None:
    codes: list[int] = []
    command = [sys.executable, "-c", PARENT, str(told)]
    thread = threading.Thread(target=lambda: codes.append(commands.finished(command).returncode))
    thread.start()
    pid = grandchild(told)
    commands.end_all()
    thread.join(10)
    assert codes == [-signal.SIGTERM]
    wait_until(gone(pid), what="the end of the grandchild")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_bootstrap_that_is_told_to_end_leaves_nothing_running(told: Path, number: signal.Signals) -> None:
    program = (
        "import signal, sys; from concurrent.futures import ThreadPoolExecutor\n"
        "from config import bootstrap; from config.stack.commands import finished\n"
        f"command = {[sys.executable, '-c', PARENT, str(told)]!r}\n"
        "bootstrap.make_venv = lambda: None\n"
        "bootstrap.side_by_side = lambda purpose: ThreadPoolExecutor().submit(finished, command).result()\n"
        "sys.argv = ['bootstrap']; bootstrap.main()\n"
    )
    bootstrap = subprocess.Popen([sys.executable, "-c", program], cwd=CLONE, stdout=subprocess.PIPE, text=True)
    pid = grandchild(told)
    bootstrap.send_signal(number)
    said, _ = bootstrap.communicate(timeout=15)
    assert bootstrap.returncode == 128 + number
    assert said.endswith("stopped; what is done stays done\n")
    wait_until(gone(pid), what="the end of the grandchild")


def test_a_command_ends_with_us_when_we_are_killed(told: Path) -> None:
    command = [sys.executable, "-c", SLEEPER, str(told)]
    program = f"from config.stack.commands import finished; finished({command!r})"
    killed = subprocess.Popen([sys.executable, "-c", program], cwd=CLONE)
    pid = grandchild(told)
    killed.kill()
    killed.wait()
    wait_until(gone(pid), what="the end of the command")
