"""python -m tests.smoke: the whole run, bounded. The last line is its figures as one JSON object."""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from config.stack.download import Unavailable
from config.stack.embedded import Stack, embedded_stack
from config.stack.processes import StackError, Stopped, stopping_on_signals, wait_until
from tests.smoke.play import SERVERS, WORKERS, last_pushes, perform
from tests.smoke.report import Times, last_line
from tests.smoke.stage import Stage
from tests.smoke.verdict import Verdict, judge
from tests.smoke.waiting import Wait

STARTED = time.monotonic()
LIMIT_S = 170.0
JUDGING_S = 35.0
"""Of the limit, kept for saying what is stuck."""


class OutOfTime(BaseException):
    """The limit has passed in a place that nothing else bounds. Not an Exception: nothing may swallow it."""


@dataclass
class Run:
    """What is known of a run so far: told in any case, however it ends."""

    passed: bool = False
    verdict: Verdict | None = None
    lines: list[str] = field(default_factory=list)

    def conclude(self, stage: Stage, failure: str, verdict: Verdict) -> None:
        """Passed when every count is right, nothing else is wrong, and what was killed came back."""
        self.verdict = verdict
        self.lines += filter(None, [failure, *stage.failures, *verdict.lines])
        self.passed = verdict.counts.passed and not self.lines and stage.back_after_s is not None


def main() -> None:
    """Exit code 0 when every count is as it should be."""
    parser = argparse.ArgumentParser(description="40 orders on two servers and two workers, with kills.")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds after which it gives up")
    parser.add_argument("--keep-logs", action="store_true", help="also when everything is as it should be")
    wanted = parser.parse_args()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, wanted.limit)
    run = Run()
    try:
        with stopping_on_signals():
            play_on_a_stack(run, limit_s=wanted.limit, keep_logs=wanted.keep_logs)
    except (StackError, Unavailable) as reason:
        run.lines.append(f"✗ {reason}")
    except (OutOfTime, Stopped) as reason:
        run.passed = False
        run.lines.append(f"✗ ended by {type(reason).__name__}")
    tell(run)
    # A process that used Temporal's client can die while the interpreter finalizes: not with our exit code.
    os._exit(0 if run.passed else 1)


def play_on_a_stack(run: Run, *, limit_s: float, keep_logs: bool) -> None:
    """A stack of our own (private: the kills and the ids of orders are nobody else's), the play, the verdict."""
    with embedded_stack(ephemeral=True, private=True, migrated=True, say=say) as stack:
        stage = _prepare(stack)
        say(f"two servers and two workers are up after {_spent():.1f} s")
        failure, verdict = asyncio.run(_play(stage, stack, limit_s - JUDGING_S))
        run.conclude(stage, failure or _what_timelines_lack(stack), verdict)
        if keep_logs or not run.passed:
            run.lines.append(f"logs: {_kept(stack.home / 'logs')}")
        if verdict.stall:
            run.lines.append(f"killed processes were back after {stage.back_after_s or 0:.1f} s")
            run.lines.append(_told(verdict.stall))


def tell(run: Run) -> None:
    """What is wrong, then the figures."""
    for line in run.lines:
        say(line)
    if run.verdict:
        stall = run.verdict.stall.seconds if run.verdict.stall else None
        print(last_line(run.verdict.counts, Times(run.verdict.accept_to_push, stall, _spent())))
    sys.stdout.flush()
    sys.stderr.flush()


def _prepare(stack: Stack) -> Stage:
    answer = stack.home / "services.json"
    stack.run("seeding", ["-m", "tests.smoke.seeding", str(answer)])
    base_urls = [stack.start_server(name, wait=False) for name in SERVERS]
    for name in WORKERS:
        stack.start_worker(name)
    for name, base_url in zip(SERVERS, base_urls, strict=True):
        stack.wait_for_server(name, base_url)
    for name in WORKERS:
        wait_until(partial(_is_ready, stack, name), what=name, child=stack.processes[name])
    return Stage(base_urls, json.loads(answer.read_text()))


def _is_ready(stack: Stack, worker: str) -> bool:
    return "worker ready" in stack.processes[worker].log.read_text(encoding="utf-8", errors="replace")


async def _play(stage: Stage, stack: Stack, until_s: float) -> tuple[str, Verdict]:
    """(what broke the play off, or ""; the verdict on what there is)."""
    failure = ""
    try:
        async with asyncio.timeout(until_s - _spent()):
            await perform(stage, stack)
    except TimeoutError:
        failure = "✗ out of time"
    except Exception:
        failure = traceback.format_exc()
    heads = await last_pushes(stage, stack.environment["DATABASE_URL"])
    await stage.close()
    return failure, await judge(stage, stack, heads)


def _what_timelines_lack(stack: Stack) -> str:
    """ "" where every order can be rebuilt from its timeline."""
    try:
        stack.run("timelines", ["manage.py", "check_timelines"])
    except StackError as lacking:
        return f"✗ {lacking}"
    return ""


def _told(wait: Wait) -> str:
    return f"the longest wait was that of order {wait.order_id} for {wait.event!r}"


def _kept(logs: Path) -> str:
    place = tempfile.mkdtemp(prefix="doorbell-smoke-")
    shutil.copytree(logs, place, dirs_exist_ok=True)
    return place


def _spent() -> float:
    return time.monotonic() - STARTED


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime


def say(line: str) -> None:
    """For people; the figures are the last line."""
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
