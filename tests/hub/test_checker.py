"""The checker is what the hub's tests rest on: a planted fault must turn it red."""

from typing import Any

import pytest

from tests.hub import checker
from tests.hub.client import opened
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import issued, published

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def received(server: DaphneServer, number: int) -> list[dict[str, Any]]:

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=f"open:{number}")
        await published(f"open:{number}", *range(10))
        return await client.publications(10)


async def test_what_was_delivered_is_clean(received: list[dict[str, Any]], number: int) -> None:
    assert checker.compare(database_url(), f"open:{number}", received).clean


async def test_a_planted_gap_is_found(received: list[dict[str, Any]], number: int) -> None:
    assert checker.compare(database_url(), f"open:{number}", received[:4] + received[5:]).missing == [5]


async def test_a_planted_duplicate_is_found(received: list[dict[str, Any]], number: int) -> None:
    assert checker.compare(database_url(), f"open:{number}", received[:4] + received[3:]).duplicates == [4]


async def test_a_planted_swap_is_found(received: list[dict[str, Any]], number: int) -> None:
    received[3], received[4] = received[4], received[3]
    assert checker.compare(database_url(), f"open:{number}", received).out_of_order == [4]


async def test_a_planted_forgery_is_found(received: list[dict[str, Any]], number: int) -> None:
    received[3]["data"]["data"]["value"] = 99
    assert checker.compare(database_url(), f"open:{number}", received).unlike == [4]
