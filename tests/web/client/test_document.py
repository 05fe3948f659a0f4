"""The document of the client app, and a PATCH of a mini program."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config import asgi
from web.client import views


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """Where the build would be collected."""
    settings.STATIC_ROOT = tmp_path
    monkeypatch.setattr(finders, "find", lambda path: None)
    (tmp_path / "client").mkdir()
    return tmp_path / views.BUILT


def test_it_is_asked_for_anew_each_time_and_runs_nothing_that_is_not_ours(built: Path) -> None:
    built.write_text("<!doctype html><title>门铃</title>", encoding="utf-8")
    answer = Client().get("/app/")
    assert (answer.status_code, "门铃" in answer.content.decode()) == (200, True)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


def test_a_new_build_is_shown_at_once(built: Path) -> None:
    for text in ("one", "another one"):
        built.write_text(text, encoding="utf-8")
        assert Client().get("/app/").content.decode() == text


def test_where_it_is_not_built_there_is_none(built: Path) -> None:
    assert Client().get("/app/").status_code == 404


def test_the_address_without_its_slash_leads_there() -> None:
    assert Client().get("/app").headers["Location"] == "/app/"


@pytest.mark.parametrize(
    ("method", "headers", "seen"),
    [
        ("POST", [(b"x-http-method-override", b"PATCH")], "PATCH"),
        ("POST", [(b"x-http-method-override", b"DELETE")], "POST"),
        ("POST", [], "POST"),
        ("GET", [(b"x-http-method-override", b"PATCH")], "GET"),
    ],
)
async def test_a_post_that_says_it_is_a_patch_is_one(
    method: str, headers: list[tuple[bytes, bytes]], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        asked.append(scope["method"])

    monkeypatch.setattr(asgi, "http_application", application)
    await asgi.application({"type": "http", "method": method, "headers": headers}, None, None)
    assert asked == [seen]
