"""Every refusal has one shape, whatever went wrong."""

import contextlib
import json
import threading
from typing import Any

import pytest
from django.db import connection
from psycopg_pool import ConnectionPool, PoolTimeout

from tests.web.people import Api, make_customer, refusal
from web.catalog import selectors as catalog

pytestmark = pytest.mark.django_db


def test_an_unknown_path_is_404_in_our_shape() -> None:
    assert refusal(Api().get("/nothing/here")) == (404, "not_found")
    assert refusal(Api().post("/nothing/here", {})) == (404, "not_found")
    assert refusal(Api().get("/")) == (404, "not_found")


def test_an_unknown_method_is_405_and_says_which_are_known() -> None:
    answer = Api().delete("/cities")
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET"


def test_nobody_is_401_and_told_how_to_sign() -> None:
    answer = Api().get("/me")
    assert refusal(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_malformed_json_is_400() -> None:
    for body in (b"{", b"nonsense", b'{"phone": NaN}', b"\xff\xfe", b"[" * 100_000):
        assert refusal(Api().raw("POST", "/auth/codes", body)) == (400, "malformed_json")


def test_json_that_calls_itself_something_else_is_415() -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = Api().raw("POST", "/auth/codes", b'{"phone": "13800138000"}', kind)
        assert refusal(answer) == (415, "unsupported_media_type")


def test_a_body_of_the_wrong_form_names_its_fields_and_repeats_no_value() -> None:
    answer = Api().post("/auth/login", {"phone": "1390013", "code": 123456, "secret": "13900139000"})
    assert refusal(answer) == (422, "invalid_request")
    fields = {item["field"]: item["problem"] for item in json.loads(answer.content)["details"]["fields"]}
    assert fields == {"phone": "value_error", "code": "string_type", "secret": "extra_forbidden"}
    assert "1390013" not in answer.content.decode()
    assert "123456" not in answer.content.decode()


def test_a_missing_body_is_422() -> None:
    assert refusal(Api().post("/auth/login")) == (422, "invalid_request")


def test_a_body_that_is_no_object_is_422() -> None:
    bodies: tuple[object, ...] = ([], "text", 1, True)
    for body in bodies:
        assert refusal(Api().post("/auth/login", body)) == (422, "invalid_request")


def test_text_that_postgresql_cannot_store_is_422() -> None:
    staff = {"username": "a\x00b", "password": "p"}
    assert refusal(Api().post("/auth/staff", staff)) == (422, "invalid_request")
    lone = b'{"username": "\\ud800", "password": "p"}'
    assert refusal(Api().raw("POST", "/auth/staff", lone)) == (422, "invalid_request")


def test_a_huge_body_is_refused_unread() -> None:
    body = b'{"phone": "' + b"1" * 3_000_000 + b'"}'
    assert refusal(Api().raw("POST", "/auth/codes", body)) == (422, "invalid_request")


def test_a_key_beyond_bigint_is_422_and_a_text_too() -> None:
    api = Api(make_customer())
    for key in ("9223372036854775808", "0", "-1", "abc"):
        assert refusal(api.delete(f"/addresses/{key}")) == (422, "invalid_request")


def test_a_fault_of_ours_is_500_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("13800138000")

    monkeypatch.setattr(catalog, "cities", fails)
    api = Api()
    api.client.raise_request_exception = False
    answer = api.get("/cities")
    assert refusal(answer) == (500, "internal")
    assert "13800138000" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_exhausted_pool_is_503_and_says_when_to_try_again() -> None:
    pool: ConnectionPool = connection.pool  # type: ignore[attr-defined]
    connection.close()
    taken, answers = list[Any](), list[Any]()
    # Each may have to be made first; what somebody else still holds is waited for once.
    with contextlib.suppress(PoolTimeout):
        while len(taken) < pool.max_size:
            taken.append(pool.getconn(timeout=5))
    asking = threading.Thread(target=lambda: answers.append(Api().get("/cities")))
    try:
        asking.start()
        asking.join()
    finally:
        for one in taken:
            pool.putconn(one)
    assert refusal(answers[0]) == (503, "unavailable")
    assert answers[0]["Retry-After"] == "1"
    assert Api().get("/cities").status_code == 200
