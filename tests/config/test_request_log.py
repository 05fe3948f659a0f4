"""Each request has an id, answered back and bound to the lines below it."""

import logging
import re
from typing import cast

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from config.request_log import HEADER, request_log


async def test_an_answer_carries_an_id(async_client: AsyncClient) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", (await async_client.get("/healthz")).headers[HEADER])


async def test_a_callers_plain_id_is_kept(async_client: AsyncClient) -> None:
    answer = await async_client.get("/healthz", headers={HEADER: "0192f0c1-7d3e-7cc0"})
    assert answer.headers[HEADER] == "0192f0c1-7d3e-7cc0"


@pytest.mark.parametrize("strange", ["short", "x" * 65, "13812345678 evil", "a\tb-c-d-e-f-g", "é" * 12])
async def test_any_other_id_is_replaced(async_client: AsyncClient, strange: str) -> None:
    answer = await async_client.get("/healthz", headers={HEADER: strange})
    assert answer.headers[HEADER] != strange


def test_it_works_under_sync_too(client: Client) -> None:
    assert HEADER in client.get("/healthz").headers


def test_lines_below_carry_the_id() -> None:
    seen = {}

    def view(request: HttpRequest) -> HttpResponse:
        seen.update(structlog.contextvars.get_contextvars())
        return HttpResponse()

    request_log(view)(RequestFactory().get("/orders", headers={HEADER: "caller-0001"}))
    assert seen == {"request_id": "caller-0001"}
    assert structlog.contextvars.get_contextvars() == {}


def test_the_line_has_the_path_and_not_the_query(caplog: pytest.LogCaptureFixture) -> None:
    # Not structlog's capture_logs: a logger that was used before has its processors cached, and captures nothing.
    with caplog.at_level(logging.INFO, logger="request"):
        request_log(lambda request: HttpResponse())(RequestFactory().get("/api/services?search=王小明"))
    (record,) = caplog.records
    line = cast(dict[str, object], record.msg)
    assert (line["event"], line["path"]) == ("answered", "/api/services")
    assert "王小明" not in str(line)
