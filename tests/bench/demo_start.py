"""How long `make demo` takes to its addresses: in a fresh clone of HEAD, and again when everything is there.

`python -m tests.bench.demo_start [--python python3.13]`. Prints one JSON object; decides nothing but that both starts
came in time and left no process. Seconds. The clone and its data are thrown away; the user's cache (Temporal's binary,
wheels) is used and filled, and `temporal_cached` says whether Temporal had to be built.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from config.home import CLONE
from config.stack.embedded import SERVICES
from config.stack.ports import free_port
from config.stack.processes import Child, Processes, StackError, stopping_on_signals, wait_until
from config.stack.temporal_binary import present_binary

AIMS_S = {"first": 360, "second": 15}
LIMITS_S = {"first": 900.0, "second": 120.0}
TOLD = "Ctrl-C ends it all"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="python3", help="the Python that make uses")
    python = parser.parse_args().python
    with stopping_on_signals():
        result = measure(python)
    print(json.dumps(result))
    sys.exit(1 if result["left_running"] else 0)


def measure(python: str) -> dict[str, Any]:
    """Both starts. Raises StackError when one of them ends or takes too long."""
    # /tmp and not TMPDIR, and open to walk through: PostgreSQL runs as a user of its own.
    place = Path(tempfile.mkdtemp(prefix="doorbell-start-", dir="/tmp"))
    place.chmod(0o711)
    cached = bool(os.environ.get("TEMPORAL_ADDRESS")) or present_binary(lambda line: None) is not None
    try:
        subprocess.run(["git", "clone", "--quiet", str(CLONE), str(place / "clone")], check=True)
        seconds = {name: start(place, python, name) for name in AIMS_S}
        left = running_in(place)
    finally:
        for pid in running_in(place):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(place)
    return {
        "first_s": round(seconds["first"], 1),
        "second_s": round(seconds["second"], 1),
        "aims_s": AIMS_S,
        "temporal_cached": cached,
        "python": subprocess.run([python, "--version"], capture_output=True, text=True).stdout.strip(),
        "left_running": len(left),
        "load": round(os.getloadavg()[0], 1),
    }


def start(place: Path, python: str, name: str) -> float:
    """Seconds from `make demo` to its addresses; it has ended when this returns."""
    unset = [variable for variable in os.environ if variable in SERVICES or variable.startswith("DOORBELL_")]
    command = ["env", *(f"--unset={variable}" for variable in unset), f"DOORBELL_HOME={place / 'home'}"]
    command += ["make", "-C", str(place / "clone"), "demo", f"PYTHON={python}", f"PORT={free_port()}"]
    processes = Processes(place)
    began = time.monotonic()
    child = processes.start(name, command)
    try:
        wait_until(lambda: TOLD in child.log.read_text(), what=name, child=child, timeout_s=LIMITS_S[name])
        return time.monotonic() - began
    finally:
        end(child)


def end(child: Child) -> None:
    """As Ctrl-C does: the signal goes to make and to what it runs."""
    if child.running:
        os.killpg(child.process.pid, signal.SIGINT)
    try:
        child.process.wait(60)
    except subprocess.TimeoutExpired:
        child.kill()


def running_in(place: Path) -> list[int]:
    """Processes that name the folder in their command."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(place).encode() in command and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


if __name__ == "__main__":
    try:
        main()
    except StackError as reason:
        sys.exit(f"✗ {reason}")
