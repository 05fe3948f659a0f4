"""What cannot be answered is told in Chinese, with the way home: in the back office's frame for who is in it."""

from typing import Any

import pytest
from django.test import Client

from tests.web.ops.office import colleague, office_of, words_of
from tests.web.people import make_city, make_customer
from web.accounts.models import EVERY_CITY

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """Of somebody who may not open the ledger."""
    make_city()
    return office_of(colleague("marketing", city=EVERY_CITY))


def in_the_frame(answer: Any, status: int, *words: str) -> None:
    page = words_of(answer)
    assert answer.status_code == status
    assert all(one in page for one in (*words, "营销活动", "回到今日"))
    assert 'href="/ops/"' in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["nothing", "catalog/nothing/"])
def test_what_is_not_there(office: Client, address: str) -> None:
    in_the_frame(office.get(f"/ops/{address}"), 404, "没有找到这个页面")


@pytest.mark.parametrize("address", ["ledger/journal/", "orders/order/", "hub/", "changes/"])
def test_what_is_not_his(office: Client, address: str) -> None:
    in_the_frame(office.get(f"/ops/{address}"), 403, "没有权限")


def test_what_is_asked_in_a_way_that_no_page_offers(office: Client) -> None:
    in_the_frame(office.get("/ops/marketing/campaign/", {"held_fen__gt": "1"}), 400, "请求有误")


def test_a_form_without_its_token(office: Client) -> None:
    office.handler.enforce_csrf_checks = True
    answer = office.post("/ops/marketing/campaign/add/", {"name": "冬日满减"})
    page = words_of(answer)
    assert answer.status_code == 403
    assert all(words in page for words in ("页面已过期", "营销活动", "回到今日"))


def test_outside_the_frame_it_is_chinese_too() -> None:
    make_city()
    outside = Client(enforce_csrf_checks=True)
    for address in ("/ops/sign-in/", "/board/login"):
        answer = outside.post(address, {"login": "x"})
        assert answer.status_code == 403
        assert "页面已过期" in words_of(answer)
    assert "没有找到这个页面" in words_of(outside.get("/nothing"))


def test_who_is_no_staff_is_told_in_chinese() -> None:
    client = Client()
    client.force_login(make_customer())
    answer = client.get("/ops/login/")
    assert answer.status_code == 403
    assert "没有权限" in words_of(answer)
