"""A list between two days: both whole, as days are counted in Shanghai."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from tests.web.ops.office import colleague, office_of, words_of
from tests.web.people import make_customer
from web.accounts.models import EVERY_CITY, User

pytestmark = pytest.mark.django_db

CUSTOMERS = "/ops/accounts/customer/"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def signed_in_at(day: int, hour: int, minute: int = 0) -> str:
    """A customer since then, November's; where his page is."""
    customer = make_customer()
    User.objects.filter(pk=customer.pk).update(created_at=datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI))
    return f"{CUSTOMERS}{customer.pk}/change/"


@pytest.fixture
def office() -> Client:
    return office_of(colleague("manager", city=EVERY_CITY))


def test_a_day_is_from_midnight_to_midnight_in_shanghai(office: Client) -> None:
    before, first, last, after = (
        signed_in_at(9, 23, 59),
        signed_in_at(10, 0),
        signed_in_at(11, 23, 59),
        signed_in_at(12, 0),
    )
    # As the calendar writes it, and as one may type it.
    for bounds in (("2026/11/10", "2026/11/11"), ("2026-11-10", "2026-11-11")):
        page = office.get(CUSTOMERS, {"created_at_from": bounds[0], "created_at_to": bounds[1]}).content.decode()
        assert [found in page for found in (before, first, last, after)] == [False, True, True, False]
    until = office.get(CUSTOMERS, {"created_at_to": "2026/11/09"}).content.decode()
    assert [found in until for found in (before, first)] == [True, False]


def test_the_calendar_writes_days_as_the_filter_reads_them(office: Client) -> None:
    today = signed_in_at(10, 12)
    page = office.get(CUSTOMERS, {"created_at_from": f"{date(2026, 11, 10):%Y/%m/%d}"})
    assert today in page.content.decode()
    assert 'value="2026/11/10"' in page.content.decode()


def test_what_is_no_day_is_said(office: Client) -> None:
    anybody = signed_in_at(10, 12)
    page = office.get(CUSTOMERS, {"created_at_from": "昨天", "created_at_to": ""})
    assert "“建立时间”的日期没有看懂，没有按它筛选" in words_of(page)
    assert anybody in page.content.decode()
    assert office.get(CUSTOMERS, {"created_at_to": "9999-12-31"}).status_code == 200


@pytest.mark.parametrize("where", ["orders/order", "accounts/staffaction", "ledger/journal", "marketing/pointsentry"])
def test_every_list_with_days_has_these(office: Client, where: str) -> None:
    column = "placed_at" if where == "orders/order" else "at"
    answer = office.get(f"/ops/{where}/", {f"{column}_from": "2026/11/10", f"{column}_to": "2026/11/11"})
    assert answer.status_code == 200
