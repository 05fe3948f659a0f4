"""The desks of two dispatchers, and trades for them to dispatch."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState

from tests.e2e.board.board import DISPATCHERS, MONEYLESS, Board
from tests.e2e.world import World as World
from tests.world import seeds
from tests.world.people import Person
from tests.world.town import Trade, in_database

Desk = Callable[..., BrowserContext]


@pytest.fixture(scope="session", autouse=True)
def dispatchers(world: World) -> None:
    """Hired."""
    for username in DISPATCHERS:
        world.run(in_database(seeds.make_dispatcher, username))
    world.run(in_database(lambda: seeds.make_dispatcher(MONEYLESS, money=False)))


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
def passes(browser: Browser, browser_context_args: dict[str, Any], live_url: str) -> dict[str, StorageState]:
    """The session cookies of the dispatchers, who sign in once for all tests."""
    made = {}
    for username in (*DISPATCHERS, MONEYLESS):
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
