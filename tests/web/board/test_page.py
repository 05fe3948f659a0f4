"""The board's document: who gets it, what it carries, and that it can load nothing from elsewhere."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.home import CLONE
from config.stack.ports import free_port
from tests.web.people import CITY, PASSWORD, make_city, make_customer, make_staff
from web.accounts.models import User
from web.board.views import ASKED_FOR

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sign_in(user: User, *, password: str = PASSWORD, next: str = "") -> Any:
    return Client().post("/board/login", {"username": user.username, "password": password, "next": next})


def boot_of(document: str) -> dict[str, Any]:
    found = re.search(r'<script id="board-boot" type="application/json">(.*?)</script>', document)
    assert found
    boot: dict[str, Any] = json.loads(found[1])
    return boot


def test_somebody_unknown_is_sent_to_the_sign_in_page_and_back() -> None:
    answer = Client().get(f"/board/{CITY}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/board/login?next=/board/{CITY}/")


def test_staff_sign_in_and_land_where_they_were_going() -> None:
    staff = make_staff()
    assert sign_in(staff, next=f"/board/{CITY}/")["Location"] == f"/board/{CITY}/"
    assert sign_in(staff)["Location"] == "/board/"


def test_signing_in_never_leads_to_another_site() -> None:
    assert sign_in(make_staff(), next="https://elsewhere.example/")["Location"] == "/board/"


def test_a_wrong_password_is_told_in_chinese() -> None:
    answer = sign_in(make_staff(), password="wrong")
    assert answer.status_code == 200
    assert "用户名或密码不正确" in answer.content.decode()


def test_a_customer_cannot_sign_in_here_even_with_a_password() -> None:
    customer = make_customer(username="a-customer")
    customer.set_password(PASSWORD)
    customer.save()
    answer = sign_in(customer)
    assert "用户名或密码不正确" in answer.content.decode()
    assert "sessionid" not in answer.cookies


def test_a_customer_with_a_session_is_sent_away() -> None:
    make_city()
    assert signed_in(make_customer()).get(f"/board/{CITY}/").status_code == 302


def test_too_many_passwords_for_one_name_are_refused() -> None:
    staff = make_staff()
    answers = [sign_in(staff, password="wrong") for _ in range(11)]
    assert "操作太频繁" in answers[-1].content.decode()
    assert "操作太频繁" in sign_in(staff).content.decode()


def test_while_redis_is_away_nobody_signs_in_and_the_page_says_so(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}"
    answer = sign_in(make_staff())
    assert answer.status_code == 200
    assert "系统繁忙" in answer.content.decode()
    assert "sessionid" not in answer.cookies


def test_the_board_opens_at_the_first_city() -> None:
    make_city()
    assert signed_in(make_staff()).get("/board/")["Location"] == f"/board/{CITY}/"


def test_without_a_city_the_board_says_so() -> None:
    answer = signed_in(make_staff()).get("/board/")
    assert answer.status_code == 404
    assert "没有可以调度的城市" in answer.content.decode()


def test_the_document_carries_cities_and_name_and_sets_the_csrf_cookie() -> None:
    make_city()
    make_city("ningbo")
    staff = make_staff(display_name="陈</script>调度")
    answer = signed_in(staff).get(f"/board/{CITY}/")
    boot = boot_of(answer.content.decode())
    assert boot["city"] == CITY
    assert [city["code"] for city in boot["cities"]] == [CITY, "ningbo"]
    assert boot["user"] == {"id": staff.pk, "name": "陈</script>调度"}
    assert answer.cookies["csrftoken"].value
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("duty", "may"),
    [
        (
            "dispatcher",
            {"orders.command_order", "orders.handle_alarm", "orders.write_message", "payments.retry_payout"},
        ),
        ("quality", {"orders.handle_alarm", "orders.write_message"}),
        ("finance", {"orders.handle_alarm", "ledger.review_withdrawal", "ledger.pay_compensation"}),
        ("operator", set()),
    ],
)
def test_the_page_knows_whose_duty_what_is(duty: str, may: set[str]) -> None:
    make_city()
    answer = signed_in(make_staff(city=CITY, duties=[duty])).get(f"/board/{CITY}/")
    told = set(boot_of(answer.content.decode())["may"])
    assert may <= told
    retries = {f"payments.retry_{what}" for what in ("payment", "refund", "payout")}
    assert told - may <= (retries if duty in ("dispatcher", "finance") else set())


def test_the_page_asks_for_no_duty_that_it_is_not_told() -> None:
    boot = (CLONE / "web/board/frontend/src/boot.ts").read_text()
    (declared,) = re.findall(r"export type Duty =\n((?:  \|.*\n)+)", boot)
    named = set(re.findall(r"'([a-z]+\.[a-z_]+)'", declared))
    assert named | {f"payments.retry_{what}" for what in ("payment", "refund", "payout")} == set(ASKED_FOR)


def test_staff_of_one_city_see_no_other_board() -> None:
    make_city()
    make_city("ningbo")
    client = signed_in(make_staff(city="ningbo"))
    assert client.get("/board/")["Location"] == "/board/ningbo/"
    refused = client.get(f"/board/{CITY}/")
    assert refused.status_code == 404
    assert "没有找到这个页面" in refused.content.decode()
    assert client.get(f"/board/{CITY}/map.json").status_code == 404


def test_the_document_can_load_from_nowhere_else() -> None:
    make_city()
    client = signed_in(make_staff())
    for address in (f"/board/{CITY}/", "/board/login"):
        answer = (client if "login" not in address else Client()).get(address)
        assert answer["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.content.decode())


def test_the_map_is_for_staff_and_is_sent_once() -> None:
    make_city()
    address = f"/board/{CITY}/map.json"
    assert Client().get(address).json()["code"] == "unauthenticated"
    first = signed_in(make_staff()).get(address)
    assert first.json()["type"] == "FeatureCollection"
    again = signed_in(make_staff()).get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_city_without_a_map_says_so() -> None:
    make_city("ningbo")
    answer = signed_in(make_staff()).get("/board/ningbo/map.json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("address", ["/", "/board"])
def test_the_bare_address_leads_to_the_board(address: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/board/")


def test_signing_out_is_a_post_and_ends_the_session() -> None:
    make_city()
    client = signed_in(make_staff())
    assert client.get("/board/logout").status_code == 405
    assert client.post("/board/logout")["Location"] == "/board/login"
    assert client.get(f"/board/{CITY}/").status_code == 302
