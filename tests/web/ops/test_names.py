"""Pages call things as people do: cities and rows by their names, what happened to an order in Chinese."""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config.frontends import BOARD
from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.ops.world import furnished
from tests.web.orders.story import Story
from tests.web.people import CITY, make_category, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import EVERY_CITY, Customer, StaffAction
from web.catalog.models import PriceItem, Service
from web.ledger.models import Journal
from web.marketing.models import Campaign, CouponKind, WhatIfRun
from web.marketing.services import what_ifs
from web.ops import trail
from web.ops.menu import GROUPS
from web.ops.models import TRACKED
from web.orders.admin.words import MOVES, NUMBERED, RULES, rule_in_words
from web.orders.events import EVENT_NAMES
from web.orders.models import Alarm, Order
from web.workforce.models import Worker
from workflows.transitions import TABLE, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    return office_of(colleague("manager", city=EVERY_CITY))


def test_a_city_is_called_by_its_name_where_a_list_has_one(office: Client) -> None:
    """That its code stands nowhere else, `test_every_page.py` looks for."""
    furnished()
    lists = [model._meta for model, page in admin.site._registry.items() if "shown_city" in page.list_display]
    assert len(lists) > 10
    for meta in lists:
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        assert "杭州" in office.get(address).content.decode().split('id="result_list"')[1], address


def test_a_list_asks_for_the_names_of_cities_in_the_query_of_its_rows(
    office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_city()
    service = make_service()
    for _ in range(3):
        make_worker()
        Story.placed(make_customer(), service)
    office.get("/ops/orders/order/")
    with django_assert_max_num_queries(12):
        office.get("/ops/orders/order/")


def test_a_row_is_headed_as_people_call_it(office: Client) -> None:
    rows = furnished()
    order, worker = rows[Order], rows[Worker]
    for address, called in (
        (f"/ops/orders/order/{order.pk}/change/", f"订单 {order.pk}"),
        (f"/ops/workforce/worker/{worker.pk}/change/", f"王师傅（{worker.pk}）"),
        (f"/ops/workforce/worker/{worker.pk}/history/", f"王师傅（{worker.pk}）"),
    ):
        page = office.get(address).content.decode()
        (title,), (heading,) = (
            re.findall(r"<title>(.*?)</title>", page, re.DOTALL),
            re.findall(r"<h1.*?</h1>", page, re.DOTALL),
        )
        assert called in title
        assert called in heading
        assert not re.search(r"(?i)(order|worker):\d", title + heading)


def test_a_name_that_one_signs_in_with_is_written_as_he_types_it(office: Client) -> None:
    staff = make_staff(city=CITY)
    address = f"/ops/accounts/staff/{staff.pk}/change/"
    for page in (address, address.replace("change", "history")):
        said = words_of(office.get(page))
        assert str(staff.username) in said
        assert str(staff.username).capitalize() not in said


def test_every_page_of_ours_has_a_title(office: Client) -> None:
    rows = furnished()
    for address in (
        "/ops/",
        "/ops/changes/",
        "/ops/hub/",
        "/ops/searched-in-vain/",
        f"/ops/workforce/worker/{rows[Worker].pk}/history/",
        f"/ops/accounts/customer/{rows[Customer].pk}/review/",
        f"/ops/marketing/couponkind/{rows[CouponKind].pk}/effect/",
        f"/ops/marketing/campaign/{rows[Campaign].pk}/effect/",
        f"/ops/marketing/whatifrun/{rows[WhatIfRun].pk}/change/",
    ):
        page = office.get(address).content.decode()
        assert re.search(r"<title>[^<]*[一-龥]{2}[^<]*\| 门铃后台</title>", page), address
        # The way home.
        assert 'href="/ops/"' in page


def test_who_asked_for_a_trial_is_called_by_the_name_that_he_signs_in_with(office: Client) -> None:
    run = furnished()[WhatIfRun]
    what_ifs.work_out(run_id=run.pk)
    for address in ("/ops/marketing/whatifrun/", f"/ops/marketing/whatifrun/{run.pk}/change/"):
        said = words_of(office.get(address))
        assert run.by.username in said
        assert "staff:" not in said


def test_what_happened_to_an_order_and_what_may_be_done_is_in_chinese(office: Client) -> None:
    make_city()
    make_worker(on_duty=True)
    story = Story.placed(make_customer(), make_service()).pay()
    said = words_of(office.get(f"/ops/orders/order/{story.order.pk}/change/"))
    for words in (EVENT_NAMES["placed"], EVENT_NAMES["paid"], "用户付款", "服务价格，第 1 版", "指派、"):
        assert words in said
    assert not re.search(r"placed|paid|customer|service_price|assign", said)


def test_staff_s_moves_are_called_as_the_board_s_buttons() -> None:
    of_staff = {rule.move for rule in TABLE if rule.role == Role.STAFF}
    assert of_staff <= MOVES.keys()
    buttons = "".join((BOARD.folder / "src" / file).read_text() for file in ("components/OrderMoves.vue", "moves.ts"))
    said = dict(re.findall(r"name: '(\w+)', word: '([^']+)'", buttons)) | dict(
        re.findall(r"^  (\w+): '([^']+)',$", buttons.split("OUTCOMES = {")[1].split("}")[0], re.MULTILINE)
    )
    assert len(said) >= 10
    assert {move.value: word for move, word in MOVES.items() if move.value in said} == said


def test_every_fact_of_the_ledger_has_a_name() -> None:
    said = (Path(__file__).parents[3] / "web" / "ledger" / "services.py").read_text()
    kinds = re.findall(r'kind="(\w+)", order_id', said) + re.findall(r'_post_withdrawal\(row, "\w+", "(\w+)"', said)
    assert len(kinds) > 12
    assert set(kinds) == set(Journal.KINDS)


def test_the_ledger_s_list_and_its_filter_say_in_chinese_what_each_fact_is(office: Client) -> None:
    for number, kind in enumerate(Journal.KINDS):
        Journal.objects.create(key=f"{kind}:0", kind=kind, order_id=number)
    said = words_of(office.get("/ops/ledger/journal/"))
    assert "提现退回" in said
    assert not [kind for kind in Journal.KINDS if re.search(rf"\b{kind}\b", said)]


def test_a_list_is_headed_as_the_menu_calls_it() -> None:
    headed = {
        f"{model._meta.app_label}_{model._meta.model_name}_changelist": str(model._meta.verbose_name_plural)
        for model in admin.site._registry
    }
    in_menu = {name: title for _, entries in GROUPS for title, _, name, _ in entries if name in headed}
    assert in_menu == headed


def test_where_a_line_of_a_price_comes_from_is_said_in_words() -> None:
    assert rule_in_words("service_price", 3) == "服务价格，第 3 版"
    assert rule_in_words("surcharge:night", 0) == "加价"
    assert rule_in_words("visit_fee:way", 2) == "路程费，第 2 版"
    assert rule_in_words("option:rooms", 2) == "预约选项，第 2 版"
    assert all(rule_in_words(f"{kind}7", 0).endswith(" 7") for kind in NUMBERED)
    assert all(rule_in_words(rule, 0) == name for rule, name in RULES.items())


def test_the_trail_says_what_stood_in_a_column_as_forms_do(office: Client) -> None:
    make_city()
    service, category = make_service(), make_category("repair", "维修")
    address = f"/ops/catalog/service/{service.pk}/change/"
    said = {
        "price_fen": "128.5",
        "duration_s": "90",
        "category": str(category.pk),
        "tags": "急\r\n夜",
        "reason": "调价",
    }
    answer = office.post(address, form_of(office.get(address)) | said)
    assert answer.status_code == 302, words_of(answer)[-2_000:]
    trail = words_of(office.get(f"/ops/catalog/service/{service.pk}/history/"))
    for words in ("价格： ¥99.00 → ¥128.50", "时长： 120 分钟 → 90 分钟", "分类： 保洁 → 维修", "标签： — → 急、夜"):
        assert words in trail


def test_what_is_only_read_is_read_as_forms_say_it(office: Client) -> None:
    rows = furnished()
    said = words_of(office.get(f"/ops/catalog/priceitem/{rows[PriceItem].pk}/change/"))
    assert "¥50.00" in said
    assert "20 分钟" in said or "0 分钟" in said
    boss = make_staff(city=CITY, is_superuser=True, duties=["dispatcher", "quality"])
    assert "调度、质检" in words_of(office.get(f"/ops/accounts/staff/{boss.pk}/change/"))


def test_what_was_done_by_staff_is_told_in_words(office: Client) -> None:
    rows = furnished()
    row = rows[StaffAction]
    office.post(f"/ops/accounts/customer/{rows[Customer].pk}/review/", {"review": "refused", "reason": "证件不符"})
    for where in ("/ops/accounts/staffaction/", f"/ops/accounts/staffaction/{row.pk}/change/"):
        said = words_of(office.get(where))
        assert "读取推送记录" in said
        assert "试试" in said
        assert "主题 order:7" in said
    said = words_of(office.get("/ops/accounts/staffaction/?action=customer_reviewed"))
    assert f"用户 {rows[Customer].pk}：未通过" in said
    assert "主题 order:7" not in said


def test_a_page_offers_nothing_that_does_nothing(office: Client) -> None:
    rows = furnished()
    for model in (Customer, Order, Journal):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        page = office.get(reverse(name, args=[rows[model].pk])).content.decode()
        assert not [one for one in ("/history/", 'name="_save"', 'name="reason"') if one in page], model
    assert "/history/" in office.get(f"/ops/catalog/service/{rows[Service].pk}/change/").content.decode()


def test_an_empty_list_says_so_and_offers_what_one_can_do(office: Client) -> None:
    said = words_of(office.get("/ops/catalog/synonym/"))
    assert "还没有同义词。 增加同义词" in said
    assert "显示全部" not in said
    assert "没有符合条件的同义词。 显示全部" in words_of(office.get("/ops/catalog/synonym/?q=x"))
    assert "增加" not in words_of(office.get("/ops/orders/order/")).split("还没有订单。")[1]


def test_the_home_page_leads_to_the_orders_that_wait_for_people(office: Client) -> None:
    make_city()
    make_worker()
    service = make_service()
    waiting, other = (Story.placed(make_customer(), service).order for _ in range(2) if make_worker())
    now = timezone.now()
    Alarm.objects.create(order=waiting, kind=Alarm.NOBODY_ACCEPTS, city=CITY, due_at=now, ring_again_at=now)
    (address,) = re.findall(r'href="(/ops/orders/order/\?alarm=[^"]+)"', office.get("/ops/").content.decode())
    found = office.get(address).content.decode()
    assert f"/ops/orders/order/{waiting.pk}/change/" in found
    assert f"/ops/orders/order/{other.pk}/change/" not in found


def test_an_edit_shows_what_it_changed_however_long_ago_the_one_before_it_was(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_city()
    service = make_service()
    address = f"/ops/catalog/service/{service.pk}/change/"
    office.post(address, form_of(office.get(address)) | {"price_fen": "128.5", "reason": "调价"})
    monkeypatch.setattr(trail, "MOST", 1)
    monkeypatch.setattr(trail, "TRACKED", {Service: TRACKED[Service]})
    said = words_of(office.get("/ops/changes/"))
    assert "价格： ¥99.00 → ¥128.50" in said
    assert "介绍" not in said
