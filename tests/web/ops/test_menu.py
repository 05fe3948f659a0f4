"""The side menu leads nowhere in vain."""

import re

import pytest
from django.test import Client

from tests.web.ops.office import colleague, office_of
from tests.web.ops.world import furnished
from tests.web.people import CITY, make_city
from web.accounts.models import EVERY_CITY, StaffAction
from web.accounts.services import record_staff_action

pytestmark = pytest.mark.django_db

OF_EVERY_CITY = ["/ops/accounts/customer/", "/ops/changes/", "/ops/hub/", "/ops/ledger/journal/"]
OF_NO_CITY = [*OF_EVERY_CITY, "/ops/marketing/pointsentry/"]


def menu_of(office: Client) -> list[str]:
    """Where its entries lead."""
    page = office.get("/ops/").content.decode().split('id="nav-sidebar"')[1].split('id="main"')[0]
    return sorted(set(re.findall(r'href="(/ops/[a-z/-]+/)"', page)))


def test_somebody_of_one_city_has_no_entry_for_what_belongs_to_none() -> None:
    make_city()
    entries = menu_of(office_of(colleague("manager")))
    assert "/ops/orders/order/" in entries
    assert not set(entries) & set(OF_NO_CITY)


def test_who_is_in_charge_of_all_has_them() -> None:
    make_city()
    assert set(OF_NO_CITY) <= set(menu_of(office_of(colleague("manager", city=EVERY_CITY))))


def test_wherever_there_is_something_of_his_city_his_menu_leads_to_it() -> None:
    furnished()
    chief = colleague("manager", city=CITY)
    # Of what is done by staff each one sees his own.
    record_staff_action(actor=chief, action=StaffAction.HUB_READ, target="topic:order:7", reason="试试")
    office = office_of(chief)
    lists = [address for address in menu_of(office) if address != "/ops/searched-in-vain/"]
    assert len(lists) > 15
    assert not [address for address in lists if "result_list" not in office.get(address).content.decode()]
