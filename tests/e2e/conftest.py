"""A town at work, and Chromium in front of it. Run as a pytest of its own: `.venv/bin/pytest tests/e2e`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker

from config.home import state_home
from config.stack import toolchain
from config.stack.embedded import Stack
from config.stack.processes import Processes
from tests.e2e.world import World
from tests.world.town import town_on


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tests' database, made and dropped in a thread: in this one Playwright's loop runs, and Django would refuse.

    pytest-django's own makes one only for tests that ask the database themselves, and these never do.
    """
    with ThreadPoolExecutor(1) as thread, django_db_blocker.unblock():
        made = thread.submit(lambda: setup_databases(0, interactive=False, aliases={"default": True})).result()
        yield
        thread.submit(lambda: teardown_databases(made, 0)).result()


@pytest.fixture(scope="session")
def world(
    child_environment: dict[str, str], django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Server, actors' worker and seeds for all tests of these folders; each test opens a trade of its own in it."""
    stack = Stack(state_home(), Processes(tmp_path_factory.mktemp("logs")), child_environment)
    stack.manage("collectstatic", "--noinput", "--verbosity", "0")
    with ThreadPoolExecutor(1) as thread, django_db_blocker.unblock(), ExitStack() as leave:
        leave.callback(lambda: thread.submit(connections.close_all).result())
        context = town_on(stack)
        town = thread.submit(context.__enter__).result()
        leave.callback(lambda: thread.submit(context.__exit__, None, None, None).result())
        world = World(town)
        leave.callback(world.close)
        yield world


@pytest.fixture(scope="session")
def live_url(world: World) -> str:
    """Where the platform answers."""
    return world.town.addresses[0]


@pytest.fixture(scope="session")
def base_url() -> None:
    """Instead of pytest-base-url's, which pytest 9 warns about. The address is `live_url`."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium; Playwright's own where there is none."""
    return {**browser_type_launch_args, "executable_path": toolchain.chromium(), "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The desk of a member of staff."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
