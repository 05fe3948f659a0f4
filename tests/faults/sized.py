"""Fault cases in two sizes: short by default, full with `--long`; then times are judged too, and the last line is one
JSON object. A conftest takes these in by their names.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from tests.faults.hub.figures import Case, Figures

FIGURES = pytest.StashKey[Figures]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the fault cases at full size, with their times judged")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "case(number, title): one fault case; several tests may belong to it")
    config.stash[FIGURES] = Figures(long=config.getoption("--long", default=False))


def pytest_unconfigure(config: pytest.Config) -> None:
    if (figures := config.stash.get(FIGURES, None)) is not None and figures.long:
        print(json.dumps(figures.summary()), flush=True)  # noqa: T201


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and _figures(item.config).long:
        # At once, and not only at the end of so long a run.
        item.config.get_terminal_writer().line(f"\n{report.nodeid}\n{report.longreprtext}")
    if (marker := item.get_closest_marker("case")) is not None:
        _figures(item.config).note(marker.args[0], report.when, passed=report.passed)
    return report


@pytest.fixture
def case(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    """What this case measures; told at its end, and judged where it is time in the long run alone."""
    number, title = request.node.get_closest_marker("case").args
    figures, began = _figures(request.config), time.monotonic()

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end="", flush=True)  # noqa: T201

    case = Case(number, title, long=figures.long, say=say)
    case.say(title)
    yield case
    case.figures["seconds"] = round(time.monotonic() - began, 1)
    figures.add(case)
    with capsys.disabled():
        print(f"\n{case}")  # noqa: T201
    case.conclude()


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    """`size(short, full)`: whichever this run is."""
    long = _figures(request.config).long
    return lambda short, full: full if long else short


def _figures(config: pytest.Config) -> Figures:
    """A folder that is not named on the command line has its conftest read too late for `pytest_configure`."""
    return config.stash.setdefault(FIGURES, Figures(long=False))
