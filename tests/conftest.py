"""The shared stack (config/stack/pytest_stack.py has started or found it) and the database of this test run."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from config.home import state_home
from config.stack.embedded import DEMONSTRATION, MIGRATED, SERVICES, Stack
from config.stack.processes import Processes

# A machine that is busy for a moment decides no test.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")

HAVE_WORKFLOWS = ("orders_order", "payments_payment", "payments_refund")
"""Tables whose ids name workflows."""


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """The real hasher takes 0.2 s on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def flush_empties_the_ledger() -> Iterator[None]:
    """Between tests that commit, Django truncates every table, and the ledger's trigger refuses that to everybody."""
    original = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        original(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(autouse=True)
def rows_are_what_their_events_say(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """After each test with a database, every order of it can be rebuilt from its timeline, in every column.

    One statement: 1 ms where there are no orders.
    """
    yield
    if request.node.get_closest_marker("django_db") and "web.orders" in django_settings.INSTALLED_APPS:
        from web.orders.past import unrecorded

        assert unrecorded() == {}, "written past the steps, or by a test without tests/world/fiction.py"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The tests' database is a copy of the stack's, in which all migrations are made: of the platform, not of a hub
    that stands alone.
    """
    if "web.orders" in django_settings.INSTALLED_APPS and MIGRATED in os.environ:
        connection.settings_dict["TEST"]["TEMPLATE"] = os.environ[MIGRATED]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Temporal outlives this run's database and remembers what it was told: ids start where no other run's do."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            for table in HAVE_WORKFLOWS:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, int(time.time())])
        connection.close()


@pytest.fixture(scope="session")
def child_environment(django_db_setup: None) -> dict[str, str]:
    """Points a process of ours to the shared services and to *this run's* test database.

    The test must commit what such a process shall see: `@pytest.mark.django_db(transaction=True)`.
    """
    database = django_settings.DATABASES["default"]
    folder = database["OPTIONS"].get("host") or database["HOST"]
    login = f"{database['USER']}:{database['PASSWORD']}@" if database["PASSWORD"] else f"{database['USER']}@"
    port = f"&port={database['PORT']}" if database["PORT"] else ""
    environment = {name: os.environ[name] for name in (*SERVICES, *DEMONSTRATION) if name in os.environ}
    environment["DATABASE_URL"] = f"postgresql://{login}/{database['NAME']}?host={folder}{port}"
    environment["DOORBELL_HOME"] = str(state_home())
    # Lifted for this process alone (config/stack/pytest_stack.py), which makes and drops the database.
    limit = type(django_settings.ENVIRONMENT).model_fields["statement_timeout_ms"].default
    environment["DOORBELL_STATEMENT_TIMEOUT_MS"] = str(limit)
    return environment


@pytest.fixture(scope="session")
def static_files() -> Path:
    """The folder of gathered static files, which servers of `stack` serve at /static/: for tests in a browser."""
    folder: Path = django_settings.STATIC_ROOT
    if not (folder / "board/dist/manifest.json").exists():
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


@pytest.fixture
def stack(child_environment: dict[str, str], tmp_path: Path) -> Iterator[Stack]:
    """Starts processes of ours on the shared services: `stack.start_server("web-1")`, `stack.start_worker("w-1")`.

    They end with the test. Services themselves must not be killed here: `embedded_stack(ephemeral=True, private=True)`
    gives a test services of its own.
    """
    processes = Processes(tmp_path / "logs")
    try:
        yield Stack(state_home(), processes, child_environment)
    finally:
        processes.stop_all()
