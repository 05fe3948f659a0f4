"""One private stack for all fault tests: nobody else's services are killed."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import psycopg.sql
import pytest
from pytest_django.plugin import DjangoDbBlocker

from config.home import state_home
from config.stack.embedded import embedded_stack
from tests.faults.town import METRICS_TOKEN, FaultyTown, django_on
from tests.world.town import town_on

# In the hub's own project: `pytest tests/faults/hub`.
collect_ignore = ["hub"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last and together, so that this stack does not idle beside the other tests."""
    items.sort(key=lambda item: "faulty_town" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def faulty_town(django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyTown]:
    """Session wide; what a test killed is started again before the next one."""
    traps = tmp_path_factory.mktemp("traps")
    with embedded_stack(ephemeral=True, private=True, migrated=True) as stack, django_db_blocker.unblock():
        # Our own secrets, so that rows written here can be read there; limits of the database as in production, but
        # for the wait for a lock: three tries of a local activity are over sooner.
        limits = {"DOORBELL_STATEMENT_TIMEOUT_MS": "2500", "DOORBELL_LOCK_TIMEOUT_MS": "500"}
        stack.environment |= {"DOORBELL_HOME": str(state_home()), "FAULT_TRAPS": str(traps), **limits}
        stack.environment["DOORBELL_METRICS_TOKEN"] = METRICS_TOKEN
        _keep_what_is_committed(stack.environment["DATABASE_URL"])
        with (
            django_on(stack.environment["DATABASE_URL"]),
            town_on(stack, servers=2, workers=2, program="tests.faults.trapped_worker") as town,
        ):
            yield FaultyTown(town.stack, town.addresses, traps)


def _keep_what_is_committed(url: str) -> None:
    """A throw-away database answers a commit before it has written it: a SIGKILL would take what was promised."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = psycopg.sql.Identifier(connection.info.dbname)
        connection.execute(psycopg.sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))


@pytest.fixture
async def town(faulty_town: FaultyTown) -> AsyncIterator[FaultyTown]:
    """The town, whole; and when the test is over, nothing of it goes on beside the next one."""
    faulty_town.make_whole()
    yield faulty_town
    faulty_town.make_whole()
    await faulty_town.end_all()
