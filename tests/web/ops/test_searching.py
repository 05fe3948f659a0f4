"""Finding a row in a list: nobody's phone number stands in an address on the way."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.web.ops.office import colleague, office_of, words_of
from tests.web.people import make_city, make_customer, make_worker
from web.accounts.duties import DUTIES
from web.accounts.models import EVERY_CITY, AccessTrace, User
from web.accounts.phones import holds_mobile, shown

pytestmark = pytest.mark.django_db

CUSTOMERS = "/ops/accounts/customer/"


@pytest.fixture
def office() -> Client:
    make_city()
    return office_of(colleague("manager", city=EVERY_CITY))


def addresses_of(office: Client, list_address: str, text: str) -> tuple[list[str], Any]:
    """Every address on the way from the search to its answer, and the answer."""
    answer = office.post(list_address, {"q": text}, follow=True)
    return [list_address, *(address for address, _ in answer.redirect_chain)], answer


def numbers_of(user: User) -> list[str]:
    """As people may type it."""
    national = user.phone.removeprefix("+86")
    return [
        national,
        user.phone,
        f"86{national}",
        shown(user.phone),
        f" {national[:3]}-{national[3:7]}-{national[7:]} ",
    ]


def digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def test_a_customer_is_found_by_his_number_and_no_address_has_it(office: Client) -> None:
    customer = make_customer()
    for text in numbers_of(customer):
        addresses, answer = addresses_of(office, CUSTOMERS, text)
        assert addresses[-1] == f"{CUSTOMERS}{customer.pk}/change/"
        assert answer.status_code == 200
        assert not any(customer.phone[3:] in digits(address) for address in addresses)


def test_a_worker_is_found_by_his_number(office: Client) -> None:
    worker = make_worker()
    addresses, _ = addresses_of(office, "/ops/workforce/worker/", worker.user.phone)
    assert addresses[-1] == f"/ops/workforce/worker/{worker.pk}/change/"


def test_who_is_found_by_his_number_is_kept_with_who_found_him_and_the_number_is_not(office: Client) -> None:
    customer, worker = make_customer(), make_worker()
    for where, found in ((CUSTOMERS, customer), ("/ops/workforce/worker/", worker.user)):
        addresses_of(office, where, found.phone)
        trace = AccessTrace.objects.latest("pk")
        assert (trace.staff.duties, trace.user, trace.order_id) == (["manager"], found, None)
    for text in ("13900000000", str(customer.pk), worker.user.phone):
        addresses_of(office, CUSTOMERS, text)
    assert AccessTrace.objects.count() == 2
    read = words_of(office.get("/ops/accounts/accesstrace/"))
    assert f"用户 {customer.pk}（按手机号找到）" in read
    assert customer.phone[3:] not in digits(read)


@pytest.mark.parametrize(
    ("where", "text", "told"),
    [
        (CUSTOMERS, "13900000000", "没有找到这个手机号"),
        (CUSTOMERS, "13900000000 或 13900000001", "按手机号查找时只输入一个完整的手机号"),
        ("/ops/orders/order/", "139 0000 0000", "这里不能按手机号查找"),
        ("/ops/marketing/coupon/", "+8613900000000", "这里不能按手机号查找"),
    ],
)
def test_a_number_that_finds_nobody_is_said_and_kept_nowhere(office: Client, where: str, text: str, told: str) -> None:
    addresses, answer = addresses_of(office, f"{where}?e=1", text)
    assert told in words_of(answer)
    assert not any("139" in address for address in addresses)
    assert "13900000000" not in digits(answer.content.decode())


def test_a_number_in_an_address_finds_nobody(office: Client) -> None:
    customer = make_customer()
    answer = office.get(CUSTOMERS, {"q": customer.phone.removeprefix("+86")})
    assert f"{CUSTOMERS}{customer.pk}/change/" not in answer.content.decode()


@pytest.mark.parametrize("duties", [(), *((code,) for code in DUTIES)], ids=lambda duties: "".join(duties) or "none")
def test_a_list_is_searched_by_whoever_may_read_it_and_by_nobody_else(duties: tuple[str, ...]) -> None:
    make_city()
    customer = make_customer()
    reader = colleague(*duties, city=EVERY_CITY)
    office = office_of(reader)
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        may = any(reader.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))
        address = reverse(f"admin:{app}_{name}_changelist")
        assert office.get(address).status_code == (200 if may else 403), address
        for text in (customer.phone, "保洁", ""):
            answer = office.post(address, {"q": text})
            assert answer.status_code == (302 if may else 403), (address, text)
            assert may or "Location" not in answer.headers


def test_whatever_is_no_number_stands_in_the_list_s_address_with_its_filters(office: Client) -> None:
    answer = office.post("/ops/orders/order/?standing=live&p=2&q=before", {"q": " 保洁 & 7 "})
    assert answer.headers["Location"] == "/ops/orders/order/?standing=live&q=%E4%BF%9D%E6%B4%81+%26+7"
    assert office.get(answer.headers["Location"]).status_code == 200
    assert office.post("/ops/orders/order/?q=before", {"q": ""}).headers["Location"] == "/ops/orders/order/"


def test_the_form_of_every_list_posts_what_is_typed(office: Client) -> None:
    office.handler.enforce_csrf_checks = True
    page = office.get(CUSTOMERS).content.decode()
    form = page[page.index('id="changelist-search"') :]
    assert 'method="post"' in form[: form.index(">")]
    token = form.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
    answer = office.post(CUSTOMERS, {"q": "7", "csrfmiddlewaretoken": token})
    assert urlsplit(answer.headers["Location"]).query == "q=7"


@pytest.mark.parametrize(
    "text",
    [
        *("13800138000", "8613800138000", "+86 138 0013 8000", "0086-138-0013-8000", "张三13800138000，急"),
        *(
            "１３８００１３８０００",
            "＋８６１３８００１３８０００",
            "138－0013－8000",
            "138—0013—8000",
            "138.0013.8000",
        ),
        *("138  0013   8000", "138\u30000013\u30008000", "138\u200b0013\u200b8000", "1 3 8 0 0 1 3 8 0 0 0"),
        *("138/0013/8000", "138_0013_8000", "138 - 0013 - 8000", "+86(138)00138000", "(138) 0013-8000"),
        "13900000000 或 13900000001",
    ],
)
def test_a_number_is_known_however_it_is_written(text: str) -> None:
    assert holds_mobile(text)


@pytest.mark.parametrize("text", ["订单 20261130", "1380013800", "913800138000", "12345678901", "B-13800138000123"])
def test_other_digits_are_no_number(text: str) -> None:
    assert not holds_mobile(text)
