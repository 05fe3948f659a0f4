"""Hub processes that begin where others ended. What dies under load is in tests/faults/hub."""

from collections.abc import Callable

import pytest

import hub
from tests.hub import checker
from tests.hub.client import opened
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")


async def test_events_published_while_no_process_ran_are_waiting(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"open:{number}"
    position = (await in_thread(hub.heads, [topic]))[topic]
    await published(topic, *range(5))
    async with opened(serve().url, await issued(7)) as client:
        result = await client.do("subscribe", channel=topic, recover=True, **position)
    assert checker.compare(database_url(), topic, result["publications"]).clean
