"""`make demo`: the whole of Doorbell on this machine, until Ctrl-C.

python -m config.demo [--speed 20] [--port 8000]
"""

import argparse
import math
import re
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from config.bootstrap import say, timed
from config.home import state_home
from config.stack import postgres, redis, temporal
from config.stack.download import Unavailable
from config.stack.embedded import Stack, embedded_stack, only_one
from config.stack.ports import wanted_port
from config.stack.processes import Child, StackError, Stopped, stopping_on_signals

WEB_PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT = 8000, 7233, 8233
WORKERS = ("worker-1", "worker-2")
SERVICES = (temporal.NAME, redis.NAME, postgres.NAME)
KEPT_RUNNING = frozenset({*SERVICES, *WORKERS, "web-1", "people"})
RESTARTS = 5
DISPATCHER = "dispatcher2"


def main() -> None:
    parser = argparse.ArgumentParser(description="Run Doorbell's demo until Ctrl-C.")
    parser.add_argument(
        "--speed", type=speed_factor, default=1.0, help="how many times faster than the clock the day goes"
    )
    parser.add_argument("--port", type=port_number, default=WEB_PORT)
    parser.add_argument("--reset", action="store_true", help="remove the demo's data and end")
    arguments = parser.parse_args()
    if arguments.reset:
        return reset()
    try:
        with stopping_on_signals():
            run(speed=arguments.speed, port=arguments.port)
    except (StackError, Unavailable) as reason:
        sys.exit(f"  ✗ {reason}")
    except Stopped:
        print("\n  stopped; the data stays for the next `make demo`", flush=True)


def speed_factor(text: str) -> float:
    """Raises ValueError or ArgumentTypeError, which argparse tells."""
    factor = float(text)
    if not 0 < factor < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no speed: 1 is real time, 20 twenty times as fast")
    return factor


def port_number(text: str) -> int:
    """Raises ValueError or ArgumentTypeError, which argparse tells."""
    number = int(text)
    if not 0 < number < 2**16:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return number


def reset() -> None:
    home = state_home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with only_one(home):
            for name in (*SERVICES, "logs", "static", "media", "demo.txt"):
                place = home / name
                shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    except StackError as reason:
        sys.exit(f"  ✗ {reason}: stop it first")
    say(f"the demo's data is gone from {home}; its secrets stay")


def run(*, speed: float, port: int) -> None:
    """Start everything in order, tell the addresses, and watch until a signal comes."""
    started = time.monotonic()
    with embedded_stack(temporal_port=TEMPORAL_PORT, temporal_ui_port=TEMPORAL_UI_PORT, say=say) as stack:
        say(f"✓ PostgreSQL, Redis, Temporal: {time.monotonic() - started:.1f} s")
        timed("migrations, static files, seed", lambda: prepare(stack, speed))
        port = wanted_port(port, for_what="the web server", say=say)
        timed("web server and order workers", lambda: start_processes(stack, port))
        start_people(stack, f"http://127.0.0.1:{port}", speed)
        tell(stack, port, time.monotonic() - started)
        watch(stack)


def prepare(stack: Stack, speed: float) -> None:
    stack.run("prepare", ["-m", "config.prepare", "--seed", str(speed)])


def start_processes(stack: Stack, port: int) -> None:
    # Temporal's page of an order leads back to the back office's.
    stack.environment["DOORBELL_SITE_URL"] = f"http://127.0.0.1:{port}"
    for name in WORKERS:
        stack.start_worker(name)
    stack.start_server("web-1", port=port)


def start_people(stack: Stack, address: str, speed: float) -> None:
    """They know the public address and nothing else of the stack."""
    command = [sys.executable, "-m", "web.demo.people", "--url", address, "--speed", str(speed)]
    environment = {}
    # One of the staff is one of them: a part of what rings he leaves to whoever watches.
    if password := password_of(DISPATCHER, stack.home / "demo.txt"):
        command += ["--dispatcher", DISPATCHER]
        environment = {"DISPATCHER_PASSWORD": password}
    stack.processes.start("people", command, environment=environment, grace_s=5)


def password_of(username: str, notice: Path) -> str:
    """As the seed has printed it; "" where it has not."""
    text = notice.read_text(encoding="utf-8") if notice.exists() else ""
    told = re.search(rf"username {username}, password (\S+)", text)
    return told[1] if told else ""


def tell(stack: Stack, port: int, seconds: float) -> None:
    address = f"http://127.0.0.1:{port}"
    lines = {
        "customers' app": f"{address}/app/",
        "workers' app": f"{address}/app/#/worker/hall/hall",
        "dispatch board": f"{address}/board/",
        "back office": f"{address}/ops/",
        "API documentation": f"{address}/api/docs",
        "Temporal": stack.temporal_ui or stack.environment["TEMPORAL_ADDRESS"],
        "logs": str(stack.processes.logs),
    }
    print(f"\n  Doorbell 门铃 runs, after {seconds:.1f} s:\n")
    for what, where in lines.items():
        print(f"    {what:18} {where}")
    people = stack.home / "demo.txt"
    if people.exists():
        print("\n" + "\n".join(f"    {line}" for line in people.read_text(encoding="utf-8").splitlines()))
    print("\n  Ctrl-C ends it all; the data stays.\n", flush=True)


def watch(stack: Stack) -> None:
    """Starts again what ended by itself, and gives up on what keeps ending. Only a signal ends this otherwise."""
    restarts: Counter[str] = Counter()
    while True:
        for child in stack.processes.ended():
            if child.name in KEPT_RUNNING:
                restarts[child.name] += 1
                start_again(stack, child, restarts[child.name])
        time.sleep(0.5)


def start_again(stack: Stack, child: Child, times: int) -> None:
    if times > RESTARTS:
        raise StackError(f"{child.name} ended {times} times:\n{child.last_lines()}\n(log: {child.log})")
    say(f"{child.name} ended (code {child.process.returncode}); starting it again (log: {child.log})")
    stack.processes.start_again(child.name)


if __name__ == "__main__":
    main()
