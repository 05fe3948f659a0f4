"""`make check`: style, types, who imports whom, and the rules of this project. What fails is printed in full."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.frontends import BOARD, CLIENT, Frontend
from config.home import CLONE
from config.stack.toolchain import node_environment

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Result:
    name: str
    complaints: str
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.complaints


def main() -> None:
    results = run_checks()
    for result in results:
        print(f"  {'✓' if result.passed else '✗'} {result.name}: {result.seconds:.1f} s", flush=True)
        if not result.passed:
            print(result.complaints.rstrip(), flush=True)
    failed = sum(not result.passed for result in results)
    print(f"  {len(results) - failed} checks passed, {failed} failed")
    sys.exit(1 if failed else 0)


def run_checks() -> list[Result]:
    """All of them, two at a time, in the order of the list; a failed one stops no other."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(_result, CHECKS, CHECKS.values()))


def _result(name: str, check: Callable[[], str]) -> Result:
    started = time.monotonic()
    return Result(name, check(), time.monotonic() - started)


def _tool(*command: str) -> Callable[[], str]:
    return lambda: complaints([str(BIN / command[0]), *command[1:]], CLONE, {})


def _manage(*arguments: str, warnings: str = "error") -> Callable[[], str]:
    # Without services: what is checked here is the code. (makemigrations warns that it finds no database.)
    return lambda: complaints([sys.executable, "-W", warnings, "manage.py", *arguments], CLONE, {})


def complaints(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a failed command printed; "" when it succeeded."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout or f"{command[0]} ended with {done.returncode}"


def _types_of(frontend: Frontend) -> Callable[[], str]:
    return lambda: complaints(
        ["npm", "run", "check"], frontend.folder, {**node_environment(print, python=sys.executable), "CI": "1"}
    )


# The slow ones first: two at a time, they set how long it takes.
CHECKS: dict[str, Callable[[], str]] = {
    "mypy": _tool("mypy"),
    "the board's types (vue-tsc)": _types_of(BOARD),
    "the client's types (vue-tsc)": _types_of(CLIENT),
    "the client's types of the API": _manage("client_types", "--check"),
    "import contracts": _tool("lint-imports", "--no-cache"),
    "Django's system checks": _manage("check"),
    "migrations are made": _manage("makemigrations", "--check", "--dry-run", warnings="default"),
    "rules of the house": _manage("house_rules"),
    "docs/operations.md": _manage("operations", "--check"),
    "ruff check": _tool("ruff", "check", "."),
    "ruff format": _tool("ruff", "format", "--check", "."),
}

if __name__ == "__main__":
    main()
