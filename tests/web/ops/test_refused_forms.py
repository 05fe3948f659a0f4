"""A form that is refused says what is wrong and where, and its page is otherwise what it was."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client

from tests.web.marketing.offers import cut, make_campaign
from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.people import CITY, make_city, make_service
from web.accounts.models import EVERY_CITY
from web.catalog.content import AddOn, Choice, Option
from web.catalog.models import Service
from web.ops.parts import OpsStacked

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", "marketing", city=EVERY_CITY))


def a_page(office: Client) -> tuple[str, dict[str, str]]:
    """A service's, and what its form says."""
    service = make_service(
        options=(Option("rooms", "房间", choices=(Choice("two", "两居"), Choice("three", "三居"))),),
        add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),),
    )
    address = f"/ops/catalog/service/{service.pk}/change/"
    return address, form_of(office.get(address)) | {"reason": "试试"}


def tabs_with_faults(answer: Any) -> dict[str, int]:
    """How many are counted at each tab, by its address."""
    tab = re.compile(r'<a href="#([\w-]+)" x-on:click="activeTab(?:(?!</a>).)*?bg-red-500[^>]*>\s*(\d+)', re.DOTALL)
    return {name: int(count) for name, count in tab.findall(answer.content.decode())}


@pytest.mark.parametrize(
    ("wrong", "tab", "told"),
    [
        ({"name": ""}, "general", "名称 ：必填"),
        ({"photo": "catalog/services/nothing.svg"}, "general", "图片 ：图片不存在，请重新上传"),
        ({"introduction": "长" * 2_001}, "general", "介绍 ：介绍最多 2000 个字"),
        ({"included": "厨房\n" * 51}, "general", "包含 ：包含最多 50 项"),
        ({"tags": "长" * 21}, "general", "标签 ：标签每项最多 20 个字"),
        ({"price_list-0-max_quantity": "0"}, "price_list", "价目 › 烤箱清洁 › 最多数量 ：至少为 1"),
        ({"options-0-name": ""}, "options", "预约选项 › 房间 › 名称 ：必填"),
        ({"options-0-choices-1-name": ""}, "options", "预约选项 › 房间 › 选项答案 › 三居 › 名称 ：必填"),
        ({"options-0-choices-1-extra_s": "-1"}, "options", "选项答案 › 三居 › 加时（分钟） ：确保该值大于或等于0"),
        ({"options-0-choices-1-key": "two"}, "options", "选项答案 › 三居 ：与前面的一项重复"),
        ({"options-0-choices-1-key": "two"}, "options", "选项答案 ：标识不能重复"),
        ({"price_list-0-price_fen": "-1"}, "price_list", "价目 › 烤箱清洁 › 价格（元） ：确保该值大于或等于0"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_counted_at_its_tab(
    office: Client, wrong: dict[str, str], tab: str, told: str
) -> None:
    address, fields = a_page(office)
    assert set(wrong) <= set(fields)
    answer = office.post(address, fields | wrong)
    assert answer.status_code == 200
    assert told in words_of(answer)
    assert tabs_with_faults(answer) == {tab: 1}


def test_two_new_answers_of_one_name_are_told_apart_before_anything_is_written(office: Client) -> None:
    address, fields = a_page(office)
    new = {"options-0-choices-TOTAL_FORMS": "4"}
    for number in (2, 3):
        said = {"name": "四居", "price_fen": "0", "extra_s": "0", "staff": "0", "key": "", "position": ""}
        new |= {f"options-0-choices-{number}-{name}": value for name, value in said.items()}
    answer = office.post(address, fields | new | {"name": "改了名"})
    assert answer.status_code == 200
    assert "选项答案 › 第 4 项 ：与前面的一项重复" in words_of(answer)
    assert not Service.objects.filter(name="改了名").exists()


def test_what_is_wrong_with_what_goes_is_not_asked_about(office: Client) -> None:
    address, fields = a_page(office)
    answer = office.post(address, fields | {"options-0-DELETE": "on", "options-0-choices-1-name": "", "name": "改了名"})
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    service = Service.objects.get()
    assert (service.name, service.options.count()) == ("改了名", 0)


def test_what_goes_counts_no_faults_where_something_else_is_wrong(office: Client) -> None:
    address, fields = a_page(office)
    wrong = {"options-0-DELETE": "on", "options-0-choices-1-name": "", "price_list-0-price_fen": "-1"}
    assert tabs_with_faults(office.post(address, fields | wrong)) == {"price_list": 1}


def buttons_of(address: str, answer: Any) -> set[str]:
    """Those of the pages below the row's own."""
    return set(re.findall(rf'href="{address.removesuffix("change/")}([a-z-]+)/"', answer.content.decode()))


def test_a_refused_form_keeps_the_buttons_of_its_page(office: Client) -> None:
    address, fields = a_page(office)
    before = buttons_of(address, office.get(address))
    assert {"what-if", "publish", "shelves"} <= before
    assert buttons_of(address, office.post(address, fields | {"name": ""})) == before


def test_so_does_one_that_the_service_refuses(office: Client) -> None:
    address = f"/ops/marketing/campaign/{make_campaign(cut(1_000), city=CITY).pk}/change/"
    page = office.get(address)
    over = {"from_at_0": "2026-03-02", "until_at_0": "2026-03-01", "reason": "试试"}
    answer = office.post(address, form_of(page) | over)
    assert "结束时间必须晚于开始时间" in words_of(answer)
    assert "end" in buttons_of(address, page)
    assert buttons_of(address, answer) == buttons_of(address, page)


def test_no_row_of_fields_is_hidden_with_the_position_of_a_part() -> None:
    """Unfold hides the whole row in which the position stands."""
    for page in site._registry.values():
        for inline in page.inlines:
            if issubclass(inline, OpsStacked) and inline.hide_ordering_field:
                assert inline.ordering_field in inline.fields, inline
