"""What is wrong with terms that somebody typed is said in Chinese, with its place, on every page that takes them."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.people import CITY, make_city
from web.accounts.models import EVERY_CITY
from web.catalog.content import FAULTS, AddOn, Choice, Content, Option
from web.catalog.models import HomePart
from web.marketing.models import PointsRule, Sending
from web.ops.asking import fault_in_words
from web.ops.terms import RULES
from web.orders.models import Policy

pytestmark = pytest.mark.django_db

PLACES = ("orders", "catalog/home", "marketing")
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", re.IGNORECASE)


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", "marketing", city=EVERY_CITY))


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("tipping", {"max_fen": "lots"}, "max_fen：应为整数"),
        ("tipping", {"max_fen": 1.5}, "max_fen：应为整数"),
        ("tipping", {"max_fen": 0}, "max_fen：不能小于 1"),
        ("tipping", {"most": 1}, "most（最多）：没有这一项，请检查名称"),
        ("tipping", [], "应为 JSON 对象 { }"),
        ("dispatch", {"mode": "auction"}, "mode：只能是 offer、grab、manual"),
        ("dispatch", {"offer_s": "soon", "grab_k": 501}, "offer_s：应为数字"),
        ("dispatch", {"offer_s": "soon", "grab_k": 501}, "grab_k：不能大于 500"),
        ("travel", {"speeds_mps": {"25": 5}}, "speeds_mps › 25：不能大于 23"),
        ("commission", {"by_level": {"9": 5}}, "by_level › 9：只能是 1、2、3、4、5"),
        ("pricing", {"surcharges": [{"key": "a", "share_bp": 1}]}, "surcharges › 第 1 项 › name（名称）：必须填写"),
        ("pricing", {"surcharges": [{"key": "A!", "name": "夜间"}]}, "key（标识）：格式不正确，应符合"),
        ("pricing", {"surcharges": [{"key": "a", "name": ""}]}, "name（名称）：至少 1 个字"),
        ("pricing", {"surcharges": {}}, "surcharges：应为列表 [ ]"),
        ("pricing", {"visit_fee": 3}, "visit_fee：应为对象 { }"),
        ("pricing", {"visit_fee": {"steps": [{"until_m": 0, "fee_fen": 1}]}}, "每一级的 until_m 须大于前一级"),
        ("exceptions", {"defaults": {"rain": "continue"}}, "defaults：没有这些异常类型：rain"),
        ("no_show", {"fee": {"min_fen": 9, "max_fen": 8}}, "fee：min_fen 不能大于 max_fen"),
    ],
)
def test_what_is_wrong_with_terms_of_orders(office: Client, kind: str, data: object, told: str) -> None:
    address = "/ops/orders/policy/add/"
    said = {"kind": kind, "city": CITY, "reason": "试试", "data": json.dumps(data)}
    answer = office.post(address, form_of(office.get(address)) | said)
    assert told in words_of(answer)
    assert "规则内容 ：" in words_of(answer)
    assert not ENGLISH.search(words_of(answer))
    assert not Policy.objects.exists()


def test_what_is_wrong_with_the_rules_of_points_stands_at_its_field(office: Client) -> None:
    address = "/ops/marketing/pointsrule/add/"
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "试试"}
    answer = office.post(address, fields | {"months": "121", "earn_bp": "10001"})
    assert "有效月数 ：不能大于 120" in words_of(answer)
    assert "按实付返积分（万分之） ：不能大于 10000" in words_of(answer)
    odd = office.post(address, fields | {"per_yuan": "7", "spend_step": "10"})
    assert "每次使用的最小单位须值整数分" in words_of(odd)
    assert not PointsRule.objects.exists()


def test_what_is_wrong_with_an_audience_and_its_message(office: Client) -> None:
    address = "/ops/marketing/sending/add/"
    fields = form_of(office.get(address)) | {"title": "回来看看", "text": "送您一张券", "reason": "试试"}
    assert "从未下单”不能与订单" in words_of(office.post(address, fields | {"never_ordered": "on", "orders_from": "1"}))
    assert "最近多少天内注册 ：不能大于 3650" in words_of(
        office.post(address, fields | {"registered_within_days": "9999"})
    )
    assert "请求内容有误，请检查后重试；链接" in words_of(office.post(address, fields | {"link": "nowhere"}))
    assert not Sending.objects.exists()


def test_what_is_wrong_with_a_part_of_the_home_page(office: Client) -> None:
    address = "/ops/catalog/homelayout/add/"
    part = {"kind": "grid", "title": "", "shown_to": "all", "terms": '{"columns": 9, "rows": 2}', "position": ""}
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "试试", "parts-TOTAL_FORMS": "1"}
    answer = office.post(address, fields | {f"parts-0-{name}": value for name, value in part.items()})
    assert "内容 ：columns：不能大于 6" in words_of(answer)
    assert "内容 ：rows：没有这一项，请检查名称" in words_of(answer)
    assert not HomePart.objects.exists()


def rules_of_terms() -> Iterator[str]:
    """What the validators of terms say, up to a colon."""
    for place in PLACES:
        for file in (settings.BASE_DIR / "web" / place).glob("*.py"):
            if "_schemas" not in file.name:
                yield from _raised_in(file)


def _raised_in(file: Path) -> Iterator[str]:
    for one in ast.walk(ast.parse(file.read_text())):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "ValueError":
            (said,) = one.args
            first = said.values[0] if isinstance(said, ast.JoinedStr) else said
            assert isinstance(first, ast.Constant)
            yield str(first.value).partition(": ")[0]


def test_every_rule_of_terms_has_its_chinese() -> None:
    assert set(rules_of_terms()) == set(RULES)


def test_every_fault_of_a_service_has_its_chinese() -> None:
    choice, item = Choice("two", "两居", -1), AddOn("oven", "烤箱清洁", "台", 5_000, 2)
    options = (
        Option("rooms", "房间", choices=(choice, choice)),
        Option("rooms", "房间"),
        Option("panes", "窗户", kind="count", least=3, most=2),
    )
    sold = Content("保洁", "介绍", "cleaning", 0, 0, staff=0, options=options, add_ons=(item, item))
    assert {fault.code for fault in sold.faults()} == set(FAULTS)
    shown = [fault.shown() for fault in sold.faults()]
    assert not ENGLISH.search("；".join(one["message"] for one in shown))
    assert "选项还没有答案（rooms）" in map(fault_in_words, shown)
