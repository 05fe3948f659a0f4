"""Two phones."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.client.app import App
from tests.e2e.world import World as World
from tests.world.town import Trade

TERMS: dict[str, dict[str, Any]] = {"booking": {"slot_step_s": 900, "min_notice_s": 0, "horizon_s": 7 * 86_400}}
"""Times that people choose from: the town's own come every second."""


@pytest.fixture
def phone(browser: Browser, live_url: str) -> Iterator[Callable[[], App]]:
    """Somebody's, with nothing on it."""
    with ExitStack() as leave:

        def bought() -> App:
            context = browser.new_context(
                viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="zh-CN"
            )
            leave.callback(context.close)
            return App(context.new_page(), live_url)

        yield bought


@pytest.fixture
def trade(world: World) -> Iterator[Trade]:
    """A service with one worker, who does nothing by himself."""
    with ExitStack() as leave:
        yield world.enter(world.town.trade(), leave)


@pytest.fixture
def shop(world: World) -> Iterator[Trade]:
    """The same, with times that people can choose from."""
    with ExitStack() as leave:
        yield world.enter(world.town.trade(terms=TERMS), leave)
