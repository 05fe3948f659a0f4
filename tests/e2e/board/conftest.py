"""A town at work, and Chromium in front of its board. Run as a pytest of its own: `.venv/bin/pytest tests/e2e`."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack
from typing import Any, TypeVar

import pytest
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, BrowserContext, StorageState
from pytest_django.plugin import DjangoDbBlocker

from config.home import state_home
from config.stack import toolchain
from config.stack.embedded import Stack
from config.stack.processes import Processes
from tests.e2e.board.board import DISPATCHERS, Board
from tests.world import seeds
from tests.world.people import Person
from tests.world.town import Town, Trade, town_on

T = TypeVar("T")
Desk = Callable[..., BrowserContext]


class World:
    """The town, acted in from a thread with a loop of its own: Playwright's occupies the tests' thread."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, act: Coroutine[Any, Any, T], *, within_s: float = 90) -> T:
        """Do it, and wait for it."""
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(within_s)

    def enter(self, context: AbstractAsyncContextManager[T], leave: ExitStack) -> T:
        """Enter an asynchronous context; it is left with `leave`."""
        entered = self.run(context.__aenter__())
        leave.callback(lambda: self.run(context.__aexit__(None, None, None)))
        return entered

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


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
    """Server, actors' worker and seeds for all tests of this folder; each test opens a trade of its own in it."""
    stack = Stack(state_home(), Processes(tmp_path_factory.mktemp("logs")), child_environment)
    stack.manage("collectstatic", "--noinput", "--verbosity", "0")
    with ThreadPoolExecutor(1) as thread, django_db_blocker.unblock(), ExitStack() as leave:
        leave.callback(lambda: thread.submit(connections.close_all).result())
        context = town_on(stack)
        town = thread.submit(context.__enter__).result()
        leave.callback(lambda: thread.submit(context.__exit__, None, None, None).result())
        thread.submit(_hire).result()
        world = World(town)
        leave.callback(world.close)
        yield world


def _hire() -> None:
    for username in DISPATCHERS:
        seeds.make_dispatcher(username)


@pytest.fixture(scope="session")
def live_url(world: World) -> str:
    """Where the platform answers."""
    return world.town.addresses[0]


@pytest.fixture
def open_trade(world: World) -> Iterator[Callable[..., Trade]]:
    """Opens a trade (workers, steps, terms: see tests/world/town.py) until the test ends.

    Its orders are then taken back: in a lane with dozens of them the next test's would be out of sight.
    """
    with ExitStack() as leave:
        trades: list[Trade] = []

        def opened(**terms: Any) -> Trade:
            trades.append(world.enter(world.town.trade(**terms), leave))
            return trades[-1]

        yield opened
        for trade in trades:
            world.run(_take_back(trade))


async def _take_back(trade: Trade) -> None:
    for order in (await trade.customer.get("/api/orders"))["items"]:
        number = order["id"]
        if "cancel" in (await trade.customer.get(f"/api/orders/{number}"))["allowed_actions"]:
            await trade.customer.command(f"/api/orders/{number}/cancel", {"reason": "other"})


@pytest.fixture
def colleague(world: World) -> Iterator[Person]:
    """Another dispatcher, who acts by the API."""
    with ExitStack() as leave:
        yield world.enter(world.town.dispatcher(), leave)


@pytest.fixture(scope="session")
def base_url() -> None:
    """Instead of pytest-base-url's, which pytest 9 warns about. The address is `live_url`."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium; Playwright's own where there is none."""
    return {**browser_type_launch_args, "executable_path": toolchain.chromium(), "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A dispatcher's desk."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}


@pytest.fixture(scope="session")
def passes(browser: Browser, browser_context_args: dict[str, Any], live_url: str) -> dict[str, StorageState]:
    """The session cookies of the dispatchers, who sign in once for all tests."""
    made = {}
    for username in DISPATCHERS:
        context = browser.new_context(**browser_context_args)
        Board(context.new_page(), live_url).sign_in(username).wait_until_live()
        made[username] = context.storage_state()
        context.close()
    return made


@pytest.fixture
def desk(browser: Browser, browser_context_args: dict[str, Any], passes: dict[str, StorageState]) -> Iterator[Desk]:
    """A browser of one's own, signed in: `desk("chen")`."""
    contexts: list[BrowserContext] = []

    def open_desk(username: str = DISPATCHERS[0]) -> BrowserContext:
        contexts.append(browser.new_context(**browser_context_args, storage_state=passes[username]))
        return contexts[-1]

    yield open_desk
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.fixture
def board(desk: Desk, live_url: str) -> Board:
    """The board of the first dispatcher, live."""
    return Board(desk().new_page(), live_url).open().wait_until_live()


@pytest.fixture
def second_board(desk: Desk, live_url: str) -> Board:
    """The board of the second dispatcher, in a browser of his own."""
    return Board(desk(DISPATCHERS[1]).new_page(), live_url).open().wait_until_live()


def unwanted_order(world: World, trade: Trade) -> int:
    """An order that nobody accepts: the only worker goes home."""
    order: int = world.run(trade.book())
    world.run(trade.worker.turn_switch(on_duty=False))
    world.run(trade.customer.pay(order))
    return order
