"""python -m web.demo.people --base-url http://127.0.0.1:8000 --speed 20 --seed 1

Starts the workers and the customers, each side as a process of its own, and starts again what ends by itself. With
`--dispatcher NAME` a dispatcher too, whose password is read from the environment variable DISPATCHER_PASSWORD.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from web.demo.people import parts

PARTS = ("workers", "customers")
RESTART_AFTER_S, LONGEST_RESTART_S = 1.0, 30.0
STAYED_S = 60.0
GRACE_S = 4.0


def main() -> None:
    arguments = parse()
    if arguments.part:
        with suppress(KeyboardInterrupt):
            asyncio.run(parts.live(arguments))
    else:
        supervise(arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="web.demo.people", description=__doc__)
    parser.add_argument("--base-url", "--url", required=True, help="where the platform answers")
    parser.add_argument("--speed", type=float, default=1.0, help="as given to seed_demo")
    parser.add_argument("--seed", type=int, default=1, help="the same seed has people decide alike")
    parser.add_argument("--workers", type=int, default=30, help="so many of them work")
    parser.add_argument("--customers", type=int, default=120, help="so many different customers")
    parser.add_argument("--orders-per-day", type=float, default=0, help="per day of the demo; 0: as the data says")
    parser.add_argument("--dispatcher", default="", metavar="NAME", help="a member of staff who assigns by hand")
    parser.add_argument("--part", choices=(*PARTS, "dispatcher"), default="", help=argparse.SUPPRESS)
    parser.add_argument("--door", type=int, default=-1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.speed <= 0:
        parser.error("--speed must be positive")
    return arguments


class Side:
    """A part as a child process. Its standard input is its tie to us: when we are gone, it ends too."""

    def __init__(self, part: str, door: socket.socket | None) -> None:
        self.part, self._door = part, door
        self._pause_s, self._starts_at = RESTART_AFTER_S, 0.0
        self.child: subprocess.Popen[bytes] | None = None

    def keep_running(self) -> None:
        """Start it when it is not there, after a pause that grows while it keeps ending."""
        now = time.monotonic()
        if self.child is not None and self.child.poll() is not None:
            print(f"{self.part} ended with {self.child.returncode}", flush=True)  # noqa: T201
            lasted = now - self._starts_at
            self._pause_s = RESTART_AFTER_S if lasted > STAYED_S else min(self._pause_s * 2, LONGEST_RESTART_S)
            self.child, self._starts_at = None, now + self._pause_s
        if self.child is None and now >= self._starts_at:
            self._start(now)

    def _start(self, now: float) -> None:
        command = [sys.executable, "-m", "web.demo.people", *sys.argv[1:], "--part", self.part]
        ends = (self._door.fileno(),) if self._door else ()
        command += ["--door", str(ends[0])] if ends else []
        self.child, self._starts_at = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=ends), now

    def stop(self) -> None:
        if self.child is not None:
            with suppress(ProcessLookupError):
                self.child.terminate()
            try:
                self.child.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self.child.kill()


def supervise(arguments: argparse.Namespace) -> None:
    # We keep both ends: a side that is started again finds its channel as it was.
    doors = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sides = [Side(part, door) for part, door in zip(PARTS, doors, strict=True)]
    if arguments.dispatcher:
        sides.append(Side("dispatcher", None))
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        while not stopping:
            for side in sides:
                side.keep_running()
            time.sleep(0.2)
    finally:
        for side in sides:
            side.stop()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
