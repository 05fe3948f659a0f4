"""What is wrong with terms that somebody typed is said in Chinese, with its place, on every page that takes them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.web.ops.office import asked, colleague, form_of, office_of, words_of
from tests.web.people import CITY, make_category, make_city
from web.accounts.models import EVERY_CITY
from web.catalog.content import FAULTS, AddOn, Choice, Content, Option, Question, Step
from web.catalog.home.layouts import put_layout
from web.catalog.home.parts import Part
from web.catalog.home.scoring import Weights
from web.catalog.models import HomeLayout, HomePart
from web.catalog.services import faults_of
from web.marketing.models import PointsRule, Sending
from web.ops.asking import fault_in_words
from web.ops.terms import RULES
from web.ops.terms_form import MOST_GROUPS
from web.orders.models import Policy
from web.orders.policies import KINDS

pytestmark = pytest.mark.django_db

PLACES = ("orders", "catalog/home", "marketing")
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", re.IGNORECASE)


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", "marketing", city=EVERY_CITY))


@pytest.mark.parametrize(
    ("kind", "said", "told"),
    [
        ("tipping", {"max_fen": "很多"}, "最多（元） ：输入一个数字"),
        ("tipping", {"max_fen": "0"}, "最多（元） ：不能小于 0.01"),
        ("dispatch", {"offer_s": "一会儿", "grab_k": "501"}, "派单应答时限 ：请写时长和单位"),
        ("dispatch", {"offer_s": "0 秒", "grab_k": "501"}, "抢单时同时通知多少人 ：不能大于 500"),
        ("dispatch", {"offer_s": "0 秒"}, "派单应答时限 ：须大于 0 秒"),
        ("booking", {"horizon_s": "99999999999999999999 天"}, "可预约到多久以后 ：不能大于 366 天"),
        ("booking", {"slot_step_s": "0.001 秒"}, "可约时间间隔 ：不能小于 1 秒"),
        ("travel", {"speeds_mps-7": "0"}, "7 点（米/秒） ：须大于 0"),
        ("commission", {"by_level-2": "101"}, "2 级（%） ：确保该值小于或等于100"),
        ("pricing", {"surcharges-0-share_bp": "5"}, "名称 ：必须填写"),
        ("pricing", {"surcharges-1-name": "夜间", "surcharges-1-key": "A!"}, "标识 ：格式不正确，应符合"),
        ("pricing", {"surcharges-0-name": "夜", "surcharges-0-from_s": "25:00"}, "从 ：没有这个时刻"),
        ("pricing", {"surcharges-0-name": "夜", "surcharges-0-until_s": "九点"}, "到 ：请写成 22:00 的样子"),
        ("pricing", {"surcharges-0-name": "夜", "surcharges-1-name": "夜"}, "加价：有两项的标识相同"),
        ("pricing", {"visit_fee-steps-0-until_m": "0", "visit_fee-steps-0-fee_fen": "1"}, "上门费：每一级须比前一级远"),
        ("cancellation", {"by_phase-ACCEPTED-min_fen": "9", "by_phase-ACCEPTED-max_fen": "8"}, "最少不能高于最多"),
        ("no_show", {"fee-min_fen": "9", "fee-max_fen": "8"}, "用户爽约费：最少不能高于最多"),
    ],
)
def test_what_is_wrong_with_terms_of_orders(office: Client, kind: str, said: dict[str, str], told: str) -> None:
    address = f"/ops/orders/policy/add/?kind={kind}"
    page = form_of(office.get(address)) | {"city": CITY, "reason": "试试"}
    assert set(said) <= set(page)
    answer = office.post(address, page | said)
    assert told in words_of(answer)
    assert not ENGLISH.search(words_of(answer))
    assert not Policy.objects.exists()


@pytest.mark.parametrize("number", ["50", "5000000", "9" * 500, "٩" * 3])
def test_a_page_has_no_more_groups_than_somebody_fills_in(office: Client, number: str) -> None:
    address = "/ops/orders/policy/add/?kind=pricing"
    page = form_of(office.get(address)) | {"city": CITY, "reason": "试试", f"surcharges-{number}-name": "夜间"}
    answer = office.post(address, page)
    assert "同一项最多 50 组" in words_of(answer)
    assert f"加价 {MOST_GROUPS + 3}" not in words_of(answer)
    assert not Policy.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_terms_go_out_of_their_fields_as_they_came_in(office: Client, kind: str) -> None:
    given = FULL.get(kind, {})
    Policy.objects.create(kind=kind, city=CITY, data=given)
    address = f"/ops/orders/policy/add/?from={Policy.objects.get().pk}"
    answer = office.post(address, form_of(office.get(address)) | {"city": "", "reason": "别的城市也这样"})
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    kept = Policy.objects.get(city="")
    assert kept.data == given
    page = office.get(f"/ops/orders/policy/{kept.pk}/change/")
    assert not re.search(r"[a-z]+_[a-z]+", words_of(page))


ACCEPTED = "by_phase-ACCEPTED-"


def test_what_is_left_empty_within_a_group_is_what_stands_beside_it(office: Client) -> None:
    address = "/ops/orders/policy/add/?kind=cancellation"
    page = office.get(address)
    for words in ("默认：10%", "默认：¥50.00", "默认：2 小时，不填则无"):
        assert words in words_of(page)
    fields = form_of(page) | {"city": CITY, "reason": "试试"}
    emptied = {f"{ACCEPTED}{name}": "" for name in ("share_bp", "min_fen", "max_fen")}
    assert office.post(address, fields | emptied).status_code == 302
    assert Policy.objects.get().data == {}
    own = emptied | {f"{ACCEPTED}min_fen": "5", f"{ACCEPTED}free_before_s": ""}
    assert office.post(address, fields | own).status_code == 302
    said = Policy.objects.latest("pk").data["by_phase"]
    assert said["ACCEPTED"] == {"share_bp": 1_000, "min_fen": 500, "max_fen": 5_000}
    assert said["ARRIVED"] == {"share_bp": 3_000, "min_fen": 3_000, "max_fen": 15_000}


def test_a_group_that_is_left_empty_is_what_it_is_by_default(office: Client) -> None:
    address = "/ops/orders/policy/add/?kind=no_show"
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "试试", "points": "7"}
    emptied = {name: "" for name in fields if name.startswith("fee-")}
    assert office.post(address, fields | emptied).status_code == 302
    assert Policy.objects.get().data == {"points": 7}
    assert office.post(address, fields | emptied | {"fee-share_bp": "20"}).status_code == 302
    assert Policy.objects.latest("pk").data["fee"] == {"share_bp": 2_000, "min_fen": 3_000, "max_fen": 15_000}


FULL: dict[str, dict[str, object]] = {
    "dispatch": {"mode": "grab", "offer_s": 90.5, "w_travel": 1.5},
    "visit": {"depart_grace_s": -600.0},
    "travel": {"speeds_mps": {"7": 3.5, "23": 9.0}},
    "commission": {"platform_bp": 1_550, "by_level": {"5": 0}},
    "warranty": {"window_s": 30 * 86_400.0},
    "exceptions": {"defaults": {"damage": "continue"}},
    "cancellation": {
        "worker_share_bp": 0,
        "by_phase": {
            "AWAITING_PAYMENT": {},
            "DISPATCHING": {"share_bp": 100},
            "ACCEPTED": {"tiers": [{"share_bp": 5, "before_s": 60.0}, {"before_s": 0.0}], "free_before_s": 7_200.0},
            "EN_ROUTE": {},
            "ARRIVED": {"min_fen": 100},
        },
    },
    "pricing": {
        "surcharges": [
            {"weekdays": [5, 6], "from_s": 64_800, "key": "weekend", "name": "周末", "share_bp": 1_000},
            {"days": "holidays", "key": "festival", "name": "节日", "fee_fen": 5_000},
        ],
        "visit_fee": {
            "base_fen": 0,
            "free_m": 3_000,
            "steps": [{"until_m": 5_000, "fee_fen": 1_000}, {"until_m": 9_000, "fee_fen": 1_001}],
            "km_fen": 200,
            "night": {"from_s": 79_200, "until_s": 21_600, "fee_fen": 3_000},
        },
    },
}


def test_the_trail_says_in_words_what_terms_are_from_now_on(office: Client) -> None:
    Policy.objects.create(kind="pricing", city=CITY, data=FULL["pricing"])
    page = words_of(office.get("/ops/changes/"))
    for words in ("加价 1 › 名称：周末", "加价 1 › 比例：10%", "上门费 › 夜间上门费 › 从：22:00", "类型：价格与加价"):
        assert words in page


def test_what_is_wrong_with_the_rules_of_points_stands_at_its_field(office: Client) -> None:
    address = "/ops/marketing/pointsrule/add/"
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "试试"}
    answer = office.post(address, fields | {"months": "121", "per_yuan": "0"})
    assert "有效月数 ：不能大于 120" in words_of(answer)
    assert "多少积分值 1 元 ：不能小于 1" in words_of(answer)
    assert "按实付返积分（%） ：确保该值小于或等于100" in words_of(office.post(address, fields | {"earn_bp": "100.5"}))
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
    assert "发送设置有误，请检查；链接要以 / 开头" in words_of(office.post(address, fields | {"link": "nowhere"}))
    assert not Sending.objects.exists()


PARTS: dict[str, dict[str, Any]] = {
    "banner": {
        "slides": [
            {"picture": "catalog/banners/relax.svg", "alt": "", "link": {"to": "search", "target": "保洁"}},
            {"picture": "catalog/banners/year-end.svg", "alt": "春天", "link": None},
        ]
    },
    "grid": {"categories": ["cleaning"], "columns": 5},
    "hot": {"category": None, "limit": 10},
    "campaign": {"campaigns": [7], "coupons": [8, 9]},
    "recommended": {"limit": 3, "weights": Weights(popular=0.5).model_dump()},
    "category": {"category": "cleaning", "limit": 10, "order": "popular"},
    "notice": {"text": "照常", "tone": "warning", "link": {"to": "service", "target": "daily-cleaning"}},
}


def test_parts_of_a_home_page_go_out_of_their_fields_as_they_came_in(office: Client) -> None:
    make_category()
    parts = [Part.model_validate({"body": {"kind": kind, **said}}) for kind, said in PARTS.items()]
    layout = HomeLayout.objects.get(pk=put_layout(by=None, city=CITY, wanted=parts).pk)
    page = f"/ops/catalog/homelayout/{layout.pk}/change/"
    answer = asked(office, page, reason="试试")
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    assert [part.part.body for part in layout.parts.order_by("position")] == [part.body for part in parts]
    history = words_of(office.get(f"/ops/catalog/homelayout/{layout.pk}/history/")).split("改动记录")[-1]
    assert "内容" not in history
    assert "分类：保洁 每行几个：5" in history


def test_what_is_wrong_with_a_part_of_the_home_page(office: Client) -> None:
    address = "/ops/catalog/homelayout/add/"
    part = {"kind": "grid", "title": "", "shown_to": "all", "grid-columns": "9", "position": ""}
    second = {"kind": "banner", "shown_to": "all", "banner-slides-1-alt": "没有图片的说明", "position": ""}
    third = {"kind": "campaign", "shown_to": "all", "position": ""}
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "试试", "parts-TOTAL_FORMS": "3"}
    for number, said in enumerate((part, second, third)):
        fields |= {f"parts-{number}-{name}": value for name, value in said.items()}
    answer = words_of(office.post(address, fields))
    assert "每行几个 ：不能大于 6" in answer
    assert "图片 2 地址 ：必须填写" in answer
    assert "至少填写一个活动或优惠券的编号" in answer
    nothing = {f"parts-1-banner-slides-{number}-picture": f"{number}.svg" for number in (0, 1)}
    answer = words_of(office.post(address, fields | nothing))
    assert "图片 2 地址 ：图片不存在，请重新上传" in answer
    assert "图片 1 地址 ：图片不存在，请重新上传" in answer
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
    answers = tuple(Choice(str(number), "同名", 0, 86_401) for number in range(99))
    long = ("长" * 201,) * 51
    much = Content(
        name="保洁",
        introduction="长" * 2_001,
        skill="cleaning",
        price_fen=0,
        duration_s=3_600,
        photo="nothing.svg",
        certificates=long,
        included=long,
        excluded=long,
        tags=long,
        questions=(Question("问", "答"),) * 51,
        steps=(Step("步骤"),) * 51,
        options=(Option("rooms", "房间", required=True, choices=answers),) * 31,
        add_ons=(replace(item, max_quantity=0),) * 101,
    )
    faults = [*sold.faults(), *faults_of(much)]
    assert {fault.code for fault in faults} == set(FAULTS)
    shown = [fault.shown() for fault in faults]
    assert not ENGLISH.search("；".join(one["message"] for one in shown))
    assert "选项还没有答案（rooms）" in map(fault_in_words, shown)
