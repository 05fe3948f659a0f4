"""The supervisor of child processes: each writes to a file of its own, and none outlives us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

LOG_BYTES = 20 << 20
LAUNCH = Path(__file__).with_name("launch.py")


class StackError(Exception):
    """A part of the stack did not start or ended. The text is for people: what, why, where its log is."""


def tied_to_us(command: Sequence[str], *, stop_signal: signal.Signals, user: str = "") -> list[str]:
    """`command` such that it gets `stop_signal` when the thread that starts it ends, however it ends."""
    return [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(stop_signal)), user, *command]


@dataclass
class Child:
    """One child, and all that is needed to start it again."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    user: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 20.0
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            # A file, never a pipe: a child whose pipe nobody reads freezes after 64 KiB.
            self.process = subprocess.Popen(
                tied_to_us(self.command, stop_signal=self.stop_signal, user=self.user),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(self.environment or {})},
                start_new_session=True,  # the terminal's Ctrl-C reaches the supervisor only, which ends us in order
            )

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.running:
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self) -> None:
        try:
            self.process.wait(self.grace_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL to the child and what it started."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-count:])


class Processes:
    """Children by name, in the order of their start. Start and restart them from the main thread (see launch.py)."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._children: dict[str, Child] = {}

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        user: str = "",
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 20.0,
    ) -> Child:
        """Start `command` as `name`; output goes to `<logs>/<name>.log`. `environment` is added to ours."""
        if name in self._children and self._children[name].running:
            raise StackError(f"{name} is running already")
        child = Child(name, command, self.logs / f"{name}.log", environment, user, stop_signal, grace_s)
        child.start()
        self._children[name] = child
        return child

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def __contains__(self, name: str) -> bool:
        return name in self._children

    def stop(self, *names: str) -> None:
        """Ask all of `names` to end, then wait for each; SIGKILL after its grace."""
        children = [self._children[name] for name in names]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait_or_kill()

    def kill(self, name: str) -> None:
        """SIGKILL, as a fault test wants it."""
        self._children[name].kill()

    def start_again(self, name: str) -> Child:
        """Start a child that has ended, with its former command and environment."""
        child = self._children[name]
        if child.running:
            raise StackError(f"{name} is still running")
        child.start()
        return child

    def running(self) -> dict[str, Child]:
        """By name."""
        return {name: child for name, child in self._children.items() if child.running}

    def ended(self) -> list[Child]:
        return [child for child in self._children.values() if not child.running]

    def stop_all(self, groups: Sequence[Sequence[str]] = ()) -> None:
        """End everything: those not named in `groups` first, together, then group after group."""
        named = {name for group in groups for name in group}
        self.stop(*(name for name in reversed(self._children) if name not in named))
        for group in groups:
            self.stop(*(name for name in group if name in self._children))


def wait_until(
    ready: Callable[[], bool], *, what: str, child: Child | None = None, timeout_s: float = 30.0, pause_s: float = 0.05
) -> None:
    """Poll until `ready()`. Raises StackError when `child` ends before, or after `timeout_s`, with its last lines."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        ended = child is not None and not child.running
        if ended or time.monotonic() > deadline:
            why = "ended" if ended else f"not ready after {timeout_s:g} s"
            raise StackError(f"{what}: {why}" + (f"\n{child.last_lines()}\n(log: {child.log})" if child else ""))
        time.sleep(pause_s)


class Stopped(BaseException):
    """SIGTERM, SIGHUP or Ctrl-C reached the supervisor. Not an Exception: nothing may swallow it."""


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turns these signals into Stopped, so that `finally` ends the children. A second one changes nothing."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
