"""Planted personal data must not come out of the logs, whichever way it went in."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import structlog

from config.logs import logging_config
from config.redaction import GONE, clean, clean_text, is_personal

PHONE = "13812345678"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
IDENTITY = "330106199001011237"
CARD = "6222 0212 3456 7894"


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """The text that our real logging configuration writes, JSON lines."""
    stream = io.StringIO()
    config = logging_config(log_format="json", level="INFO")
    handler = logging.StreamHandler(stream)
    formatter = dict(config["formatters"]["structured"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    before = root.handlers, root.level
    root.handlers, root.level = [handler], logging.INFO
    yield stream
    root.handlers, root.level = before


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        PHONE,
        f"+86 {PHONE}",
        "138 1234 5678",
        "138-1234-5678",
        f"0086{PHONE}",
        TOKEN,
        f"Authorization: Bearer {TOKEN}",
        "Basic dXNlcjpwYXNzd29yZA==",
        f"login_{PHONE}",
        f"phone=%2B86{PHONE}&page=2",
        f"电话{PHONE}已登记",
        IDENTITY,
        CARD,
        "wang.xiaoming@example.com",
    ],
)
def test_personal_texts_are_cut_out_of_messages(text: str) -> None:
    said = clean_text(f"before {text} after")
    assert said.startswith("before ")
    assert said.endswith(" after")
    assert GONE in said
    assert not any(planted in said for planted in (text, PHONE, TOKEN))


@pytest.mark.parametrize(
    "text",
    [
        "order:81234567 moved to EN_ROUTE at version 7",
        "2026-11-23T22:10:41.745612Z",
        "1764000000000000000",
        "took 13812.345678 ms",
        "request 0b13812345678f9c0b13812345678f9c",
        "digest 9f62220212345678944e",
        "0192f0c1-7d3e-7cc0-9a51-53d2c4c5d8a1",
    ],
)
def test_ids_times_and_versions_stay(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "name",
    ["phone", "contact_name", "contactName", "address_line", "refresh_token", "access_token", "openid", "lng", "Lat",
     "password", "set-cookie", "authorization", "start_code", "bank_card", "body"],
)  # fmt: skip
def test_fields_are_personal_by_name(name: str) -> None:
    assert is_personal(name)


@pytest.mark.parametrize("name", ["order_id", "phase", "city", "code", "logger", "event", "status", "worker_id", "ms"])
def test_other_fields_are_not(name: str) -> None:
    assert not is_personal(name)


def test_nested_values_are_cleaned_too() -> None:
    event = {"order": {"id": 7, "contact": {"name": "王小明"}, "notes": [f"call {PHONE}"]}}
    assert clean(event) == {"order": {"id": 7, "contact": GONE, "notes": [f"call {GONE}"]}}


def test_a_phone_as_a_number_is_cut_out() -> None:
    assert clean(int(PHONE)) == GONE
    assert clean(81234567) == 81234567


def test_objects_become_their_types_name() -> None:
    class Customer:
        def __repr__(self) -> str:
            return PHONE

    assert clean(Customer()) == "<Customer>"


def test_structlog_lines_lose_planted_strings(output: io.StringIO) -> None:
    structlog.get_logger("planted").info("called %s", PHONE, contact_name="王小明", order_id=7, token=TOKEN)
    (line,) = lines(output)
    assert (line["event"], line["order_id"], line["contact_name"]) == (f"called {GONE}", 7, GONE)
    assert PHONE not in output.getvalue()
    assert TOKEN not in output.getvalue()


def test_lines_of_the_standard_library_lose_them_as_well(output: io.StringIO) -> None:
    logging.getLogger("temporalio.workflow").warning("worker %s is late", PHONE, extra={"request": PHONE})
    assert lines(output)[0]["event"] == f"worker {GONE} is late"
    assert PHONE not in output.getvalue()


def test_tracebacks_lose_them(output: io.StringIO) -> None:
    try:
        raise psycopg.errors.UniqueViolation(
            f"duplicate key value violates unique constraint\nDETAIL:  Key (phone)=({PHONE}) already exists.\n"
            "Failing row contains (7, 王小明, 文三路 90 号)."
        )
    except psycopg.Error:
        structlog.get_logger("planted").exception("refused")
    (line,) = lines(output)
    assert "UniqueViolation" in line["exception"]
    for planted in (PHONE, "王小明", "文三路"):
        assert planted not in output.getvalue()


def test_bound_context_loses_them(output: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abcdef0123", phone=PHONE):
        logging.getLogger("anything").info("done")
    assert lines(output)[0]["request_id"] == "abcdef0123"
    assert PHONE not in output.getvalue()


def test_passwords_in_addresses_are_cut_out() -> None:
    assert clean_text("redis://:hunter2@bus:6379/0") == f"redis://{GONE}@bus:6379/0"
