"""What holds for all tests that ask the API in their own process."""

from uuid import uuid4

import pytest
from pytest_django import Settings

from web.catalog import finder
from web.catalog.api import SEARCHES, TYPING
from web.catalog.home import shelf
from web.catalog.home.api import VIEWS
from web.marketing.api.coupons import GRABS
from web.orders.api.conversation import MESSAGES
from web.photos.api import PHOTOS
from workflows import client


@pytest.fixture(autouse=True)
def no_photo_is_left_behind(settings: Settings) -> None:
    """Photos of a test end with it."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    public = memory | {"OPTIONS": {"base_url": "/media/"}}
    settings.STORAGES = settings.STORAGES | {"private": memory, "public": public}


@pytest.fixture(autouse=True)
def nobody_has_been_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis remembers longer than a run's database lasts, and people's numbers begin anew in each."""
    for limit in (GRABS, MESSAGES, PHOTOS, SEARCHES, TYPING, VIEWS):
        monkeypatch.setattr(limit, "scope", f"{limit.scope}-{uuid4()}")


@pytest.fixture(autouse=True)
def search_knows_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread beside the test would not see what its transaction has written."""
    monkeypatch.setattr(finder, "FINDER", finder.Finder(look_every_s=0, aside=False))


@pytest.fixture(autouse=True)
def home_page_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test had on its shelf is no concern of this one."""
    monkeypatch.setattr(shelf, "SHELVES", shelf.Shelves(good_for_s=0, popularity_good_for_s=0, aside=False))


@pytest.fixture(autouse=True)
def temporal_is_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or an actor would be started for rows that are rolled back with the test. Processes under test have their own."""
    settings.TEMPORAL_ADDRESS = "127.0.0.1:1"
    monkeypatch.setattr(client.Process, "client", None)
    # It gives the connection back while it waits, and the connection is what a test's transaction lives on.
    monkeypatch.setattr(client, "close_old_connections", lambda: None)
