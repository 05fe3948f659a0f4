"""`make test`: everything. Each part's lines as they come, then its time, then one plain line for all.

python -m config.suite [PART…]      all parts, or those named (`--help` names them)

Most of a part's time is waiting for deadlines and for what was killed, so parts go in four lanes, each on a stack of
its own; a part that measures comes last and alone.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from xml.etree import ElementTree

from config.bootstrap import say
from config.frontends import BOARD, CLIENT
from config.home import CLONE
from config.stack.download import Unavailable
from config.stack.embedded import SERVICES, Stack, embedded_stack
from config.stack.processes import StackError, Stopped, stopping_on_signals, tied_to_us
from config.stack.toolchain import node_environment

PYTEST = (sys.executable, "-m", "pytest")
NPM_TEST = ("npm", "run", "test", "--", "--reporter=default")
# Parts with a run of their own: because of their settings (hub, faults-hub), their event loop (e2e), their length or
# their waiting.
APART = (
    *("tests/hub", "tests/e2e", "tests/bench", "tests/faults", "tests/config", "tests/demo", "tests/workflows"),
    *("tests/web/orders", "tests/web/ops", "tests/web/marketing"),
)
LANES = 4

_printing = threading.Lock()
_running: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Part:
    """A command; one that writes JUnit XML is counted test by test, any other as one."""

    name: str
    command: Sequence[str]
    folder: Path = CLONE
    environment: dict[str, str] = field(default_factory=dict)
    junit: bool = False
    alone: bool = False


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


@dataclass(frozen=True)
class Done:
    part: Part
    tally: Tally
    seconds: float
    # Each test that failed with its reason: who sees but the end of what was printed (as CI keeps it) reads it there.
    failures: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{'✗' if self.tally.failed else '✓'} {self.part.name}: {self.tally}, {self.seconds:.1f} s"


def parts() -> list[Part]:
    """The longest first: what comes last should be short, so that the lanes end together. Beside one that computes goes
    one that waits most of its time: those that compute share two cores.
    """
    apart = [f"--ignore={folder}" for folder in APART]
    return [
        Part("orders", [*PYTEST, "tests/web/orders"], junit=True),
        Part("tests", [*PYTEST, "tests", *apart], junit=True),
        Part("workflows", [*PYTEST, "tests/workflows"], junit=True),
        Part("faults-orders", [*PYTEST, "tests/faults/orders"], junit=True),
        Part("office", [*PYTEST, "tests/web/ops", "tests/web/marketing"], junit=True),
        Part("e2e", [*PYTEST, "tests/e2e"], junit=True),
        Part("hub", [*PYTEST, "tests/hub"], junit=True),
        Part("faults", [*PYTEST, "tests/faults", "--ignore=tests/faults/orders"], junit=True),
        Part("processes", [*PYTEST, "tests/config", "tests/demo"], junit=True),
        Part("faults-hub", [*PYTEST, "tests/faults/hub"], junit=True),
        Part("check", [sys.executable, "-m", "config.check"]),
        Part("board-page", [*NPM_TEST], BOARD.folder, {"CI": "1"}),
        Part("client-page", [*NPM_TEST], CLIENT.folder, {"CI": "1"}),
        Part("smoke", [sys.executable, "-m", "tests.smoke"], alone=True),
    ]


def main() -> None:
    known = {part.name: part for part in parts()}
    parser = argparse.ArgumentParser(description="Run the checks and every test.")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *known], help=", ".join(known))
    chosen = parser.parse_args().parts or list(known)
    try:
        with stopping_on_signals():
            tally = run([known[name] for name in chosen])
    except (StackError, Unavailable) as reason:
        sys.exit(f"  ✗ {reason}")
    except Stopped as signal_name:
        sys.exit(f"  stopped by {signal_name}")
    sys.exit(1 if tally.failed else 0)


def run(chosen: Sequence[Part]) -> Tally:
    """All parts; the sum of their tests."""
    started, done = time.monotonic(), list[Done]()
    together = [part for part in chosen if not part.alone]
    # Tests of one Temporal share its task queues, and tests of one PostgreSQL the name of their database: where the
    # environment names a service there is only one of it.
    lanes = 1 if any(os.environ.get(name) for name in SERVICES) else min(LANES, len(together))
    with ExitStack() as stacks:
        opened = [open_stack(stacks) for _ in range(max(lanes, 1))]
        waiting = SimpleQueue[Part]()
        for part in together:
            waiting.put(part)
        with ThreadPoolExecutor() as pool, ending_what_runs(waiting):
            for lane in [pool.submit(run_lane, waiting, stack) for stack in opened]:
                done += lane.result()
        done += [run_part(part, opened[0]) for part in chosen if part.alone]
    total = Tally()
    print()
    for part_done in sorted(done, key=lambda one: chosen.index(one.part)):
        total.add(part_done.tally)
        say(str(part_done))
        for failure in part_done.failures:
            say(f"    ✗ {failure}")
    print(f"{total} in {time.monotonic() - started:.0f} s", flush=True)
    return total


def open_stack(stacks: ExitStack) -> Stack:
    stack = stacks.enter_context(embedded_stack(ephemeral=True, migrated=True, say=say))
    # The e2e tests serve static files as the demo does.
    stack.manage("collectstatic", "--noinput", "--verbosity", "0")
    return stack


@contextmanager
def ending_what_runs(waiting: "SimpleQueue[Part]") -> Iterator[None]:
    """A signal reaches this thread alone: the lanes end when their parts do and nothing waits any more."""
    try:
        yield
    except BaseException:
        while not waiting.empty():
            waiting.get()
        for process in _running.copy():
            process.terminate()
        raise


def run_lane(waiting: "SimpleQueue[Part]", stack: Stack) -> list[Done]:
    """One part after the other until none is left."""
    done: list[Done] = []
    while True:
        try:
            part = waiting.get_nowait()
        except Empty:
            return done
        done.append(run_part(part, stack))


def run_part(part: Part, stack: Stack) -> Done:
    """The part's lines as they come, each with its name in front."""
    began = time.monotonic()
    if not part.folder.is_dir():
        tell(part, f"{part.folder} is not there")
        return Done(part, Tally(failed=1), 0.0)
    environment = {**os.environ, **stack.environment, **part.environment}
    if part.command[0] == "npm":
        environment |= node_environment(say, python=sys.executable)
    report = stack.home / f"{part.name}.xml"
    command = [*part.command, *([f"--junitxml={report}"] if part.junit else [])]
    tell(part, "begins")
    code = run_command(part, command, environment)
    failures = failures_of(report) if report.exists() else []
    done = Done(part, tally_of(part, report, code), time.monotonic() - began, failures)
    tell(part, str(done))
    return done


def run_command(part: Part, command: Sequence[str], environment: dict[str, str]) -> int:
    """The command's code; its lines are told as they come."""
    with subprocess.Popen(
        tied_to_us(command, stop_signal=signal.SIGTERM),
        cwd=part.folder,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        _running.append(process)
        if process.stdout:
            for line in process.stdout:
                tell(part, line.rstrip("\n"))
        code = process.wait()
        _running.remove(process)
    return code


def tell(part: Part, line: str) -> None:
    with _printing:
        print(f"{part.name:9} | {line}", flush=True)


def tally_of(part: Part, report: Path, code: int) -> Tally:
    """What the report counts. A run that broke off (collection, a crash) or tested nothing is a failure too."""
    if not part.junit:
        return Tally(passed=int(code == 0), failed=int(code != 0))
    tally = read_report(report) if report.exists() else Tally()
    broken = code != 0 or not tally.passed
    return Tally(tally.passed, max(tally.failed, int(broken)), tally.skipped)


def read_report(report: Path) -> Tally:
    tally = Tally()
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - written by our own pytest
        counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
        failed = counts["failures"] + counts["errors"]
        tally.add(Tally(counts["tests"] - failed - counts["skipped"], failed, counts["skipped"]))
    return tally


def failures_of(report: Path) -> list[str]:
    """`folder.file::test: the error's first line`."""
    return [
        f"{case.get('classname')}::{case.get('name')}: {(what.get('message') or '').split(chr(10))[0][:160]}"
        for case in ElementTree.parse(report).iter("testcase")  # noqa: S314 - written by our own pytest
        for what in [*case.iter("failure"), *case.iter("error")]
    ]


if __name__ == "__main__":
    main()
