"""`make test`: everything, on one shared stack, one part after the other. Each part's time, then one plain line.

python -m config.suite [PART…]      all parts, or those named (`--list` names them)
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from config.bootstrap import FRONTEND, say
from config.home import CLONE
from config.stack.download import Unavailable
from config.stack.embedded import embedded_stack
from config.stack.processes import StackError, Stopped, stopping_on_signals
from config.stack.toolchain import node_environment

PYTEST = (sys.executable, "-m", "pytest")
# Parts with a run of their own: because of their settings (hub), their event loop (e2e), or their length.
APART = ("tests/hub", "tests/e2e", "tests/bench")
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class Part:
    """A command; one that writes JUnit XML is counted test by test, any other as one."""

    name: str
    command: Sequence[str]
    needs: Path | None = None
    folder: Path = CLONE
    environment: dict[str, str] = field(default_factory=dict)
    junit: str = ""

    @property
    def exists(self) -> bool:
        return self.needs is None or self.needs.exists()


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


def parts() -> list[Part]:
    apart = [f"--ignore={folder}" for folder in APART]
    return [
        Part("check", [sys.executable, "-m", "config.check"]),
        Part("page", ["npm", "run", "test", "--", "--reporter=default"], FRONTEND, FRONTEND, {"CI": "1"}),
        Part("tests", [*PYTEST, "tests", *apart], CLONE / "tests", junit="--junitxml="),
        Part("hub", [*PYTEST, "tests/hub"], CLONE / "tests/hub", junit="--junitxml="),
        Part("e2e", [*PYTEST, "tests/e2e"], CLONE / "tests/e2e", junit="--junitxml="),
        Part("smoke", [sys.executable, "-m", "tests.smoke"], CLONE / "tests/smoke"),
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
    except Stopped as signal:
        sys.exit(f"  stopped by {signal}")
    sys.exit(1 if tally.failed else 0)


def run(chosen: Sequence[Part]) -> Tally:
    total, started, lines = Tally(), time.monotonic(), []
    with embedded_stack(ephemeral=True, say=say) as stack:
        # The e2e tests serve static files as the demo does.
        stack.manage("collectstatic", "--noinput", "--verbosity", "0")
        for part in chosen:
            if not part.exists:
                lines.append(f"- {part.name}: not there yet")
                continue
            print(f"\n=== {part.name}", flush=True)
            began = time.monotonic()
            tally = run_part(part, stack.environment, stack.home)
            total.add(tally)
            lines.append(f"{'✗' if tally.failed else '✓'} {part.name}: {tally}, {time.monotonic() - began:.1f} s")
    print()
    for line in lines:
        say(line)
    print(f"{total} in {time.monotonic() - started:.0f} s", flush=True)
    return total


def run_part(part: Part, stack: dict[str, str], home: Path) -> Tally:
    environment = {**os.environ, **stack, **part.environment}
    if part.command[0] == "npm":
        environment |= node_environment(say, python=sys.executable)
    report = home / f"{part.name}.xml"
    command = [*part.command, *([f"{part.junit}{report}"] if part.junit else [])]
    code = subprocess.run(command, cwd=part.folder, env=environment, stdin=subprocess.DEVNULL).returncode
    if not part.junit:
        return Tally(passed=int(code == 0), failed=int(code != 0))
    if code == NO_TESTS_COLLECTED:
        return Tally()
    tally = read_report(report) if report.exists() else Tally()
    # A run that broke off (collection, a crash) is a failure even where no test failed.
    return Tally(tally.passed, max(tally.failed, int(code != 0)), tally.skipped)


def read_report(report: Path) -> Tally:
    tally = Tally()
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - written by our own pytest
        counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
        failed = counts["failures"] + counts["errors"]
        tally.add(Tally(counts["tests"] - failed - counts["skipped"], failed, counts["skipped"]))
    return tally


if __name__ == "__main__":
    main()
