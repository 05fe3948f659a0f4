"""Operators with a second factor, and the back office in front of them."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, StorageState

from tests.e2e.ops.office import Office
from tests.e2e.world import World
from tests.web.ops.office import SECRET
from tests.world import seeds
from tests.world.town import in_database
from web.accounts.models import EVERY_CITY, User
from web.ops.signing_in import put_second_factor

# All pages are there before a test is made of them.
import_module(settings.ROOT_URLCONF)

OPERATOR, MANAGER = "wu", "zhou"


@pytest.fixture(scope="session", autouse=True)
def operators(world: World) -> None:
    """Hired: who looks after the catalogue and the marketing, and who may do everything."""
    world.run(in_database(_hire, OPERATOR, "operator", "marketing"))
    world.run(in_database(_hire, MANAGER, "manager"))
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)


def _hire(username: str, *duties: str) -> None:
    seeds.make_dispatcher(username, city=EVERY_CITY)
    user = User.objects.get(username=username)
    user.duties = list(duties)
    user.save(update_fields=["duties"])
    put_second_factor(user=user, secret=SECRET)


@pytest.fixture(scope="session")
def passes(browser: Browser, browser_context_args: dict[str, Any], live_url: str) -> dict[str, StorageState]:
    """The session cookies of the operators, who sign in once for all tests: a code is good once in half a minute."""
    made = {}
    for username in (OPERATOR, MANAGER):
        context = browser.new_context(**browser_context_args)
        office = Office(context.new_page(), live_url).sign_in(username)
        made[username] = context.storage_state()
        context.close()
        assert office.wrong == []
    return made


@pytest.fixture
def open_office(
    browser: Browser, browser_context_args: dict[str, Any], live_url: str, passes: dict[str, StorageState]
) -> Iterator[Callable[[str], Office]]:
    """The home page in a browser of one's own, signed in: `open_office(OPERATOR)`.

    Whatever was tried in it: nothing came from outside, and no error was heard.
    """
    offices: list[Office] = []

    def opened(username: str) -> Office:
        context = browser.new_context(**browser_context_args, storage_state=passes[username])
        offices.append(Office(context.new_page(), live_url).open(""))
        return offices[-1]

    yield opened
    for office in offices:
        office.page.context.close()
    assert [wrong for office in offices for wrong in office.wrong] == []
