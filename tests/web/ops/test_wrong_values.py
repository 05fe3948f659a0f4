"""What nobody chose on a page, but typed into its address or sent by itself, is the form's error and never ours."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.ops.world import furnished
from tests.web.people import make_city, make_service
from web.accounts.models import EVERY_CITY
from web.catalog.models import Service
from web.orders.admin.policy_names import KINDS
from web.orders.models import Policy

pytestmark = pytest.mark.django_db

NO_NUMBERS = ("abc", "🙂", "9" * 30, "9" * 5_000, "-1", "1.5")
NO_CHOICE = "选择一个有效的选项"


@pytest.fixture
def office() -> Client:
    """Of a manager of every city."""
    make_city()
    return office_of(colleague("manager", city=EVERY_CITY))


@pytest.mark.parametrize("wrong", NO_NUMBERS)
def test_an_address_that_names_no_row_prefills_nothing(office: Client, wrong: str) -> None:
    for page, field in (("service", "category"), ("shelving", "service")):
        answer = office.get(f"/ops/catalog/{page}/add/", {field: wrong})
        # A field that must be filled in has not even an empty choice.
        assert form_of(answer).get(field, "") == ""


def test_one_that_names_a_row_prefills_it(office: Client) -> None:
    service = make_service()
    page = office.get("/ops/catalog/shelving/add/", {"service": str(service.pk)})
    assert form_of(page)["service"] == str(service.pk)


@pytest.mark.parametrize("wrong", [*NO_NUMBERS, "\0"])
def test_what_is_no_number_is_no_choice_of_a_form(office: Client, wrong: str) -> None:
    service = make_service()
    before = Policy.objects.count()
    pages = [
        ("/ops/catalog/service/add/", "category"),
        (f"/ops/catalog/service/{service.pk}/change/", "category"),
        ("/ops/catalog/shelving/add/", "service"),
        *((f"/ops/orders/policy/add/?kind={kind}", "service") for kind in KINDS),
    ]
    for page, field in pages:
        answer = office.post(page, form_of(office.get(page)) | {field: wrong, "reason": "试试"})
        assert answer.status_code == 200, page
        assert NO_CHOICE in words_of(answer) or "空字符" in words_of(answer), page
    assert Policy.objects.count() == before
    assert Service.objects.get().category == service.category


@pytest.mark.parametrize("wrong", ["abc", "\0", "9" * 30, "🙂"])
def test_no_form_falls_over_what_its_address_says(office: Client, wrong: str) -> None:
    furnished()
    for model, page in admin.site._registry.items():
        fields: dict[str, Any] = {column.name: wrong for column in model._meta.get_fields()}
        if page.editable:  # type: ignore[attr-defined]
            add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
            assert office.get(add, fields).status_code < 500
            assert office.post(add, fields).status_code < 500


def test_a_rule_is_begun_from_no_trial_that_cannot_be(office: Client) -> None:
    for number in NO_NUMBERS:
        answer = office.get("/ops/orders/policy/add/", {"tried": number})
        assert (answer.status_code, "新规则" in words_of(answer)) == (200, True)


@pytest.mark.parametrize("wrong", ["🙂", "9" * 5_000])
def test_what_is_looked_for_while_one_types_may_be_anything(office: Client, wrong: str) -> None:
    make_service()
    for model, field in (("service", "category"), ("shelving", "service")):
        asked = {"term": wrong, "app_label": "catalog", "model_name": model, "field_name": field}
        assert office.get("/ops/autocomplete/", asked).json()["results"] == []


@pytest.mark.parametrize(
    "address",
    [
        "autocomplete/?term=%00&app_label=catalog&model_name=service&field_name=category",
        "catalog/service/add/?category=%00",
        "catalog/city/%00/change/",
        "orders/order/?city=%00",
        "marketing/coupon/?state__exact=%00",
    ],
)
def test_an_address_that_no_page_has_is_refused_before_the_database_is_asked(office: Client, address: str) -> None:
    answer = office.get(f"/ops/{address}")
    assert answer.status_code == 400
    assert "请求有误" in words_of(answer)


@pytest.mark.parametrize("wrong", ["zz", "🙂"])
def test_a_list_that_is_asked_for_what_cannot_be_is_shown_whole(office: Client, wrong: str) -> None:
    furnished()
    for page, asked in (("marketing/coupon", "kind__id__exact"), ("orders/order", "customer__id__exact")):
        answer = office.get(f"/ops/{page}/", {asked: wrong})
        assert (answer.status_code, answer.headers.get("Location")) == (302, f"/ops/{page}/?e=1"), page
