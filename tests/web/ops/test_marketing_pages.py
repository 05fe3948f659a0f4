"""Campaigns, coupons, points, gifts, sendings and the home page, as their operator works with them."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.web.marketing.offers import cut, give, make_campaign, make_kind
from tests.web.marketing.wealth import enrich
from tests.web.ops.office import asked, colleague, form_of, office_of, words_of
from tests.web.ops.world import furnished
from tests.web.people import (
    CITY,
    Api,
    body_of,
    make_address,
    make_category,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
)
from web.accounts.models import EVERY_CITY, StaffAction
from web.catalog.home.layouts import put_layout
from web.catalog.home.parts import Notice, Part
from web.catalog.models import HomeLayout, Season
from web.errors import CODES
from web.marketing import effects
from web.marketing import services as marketing
from web.marketing.models import Campaign, Coupon, CouponKind, Exchange, Gift, PointsRule, Sending, WhatIfRun
from web.marketing.models.campaign import DRAFT, LIVE
from web.marketing.services import Offered, what_ifs
from web.marketing.services.sending import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """Of who does the marketing of every city."""
    make_city()
    return office_of(colleague("marketing", "operator", city=EVERY_CITY))


def said_by(answer: Any) -> str:
    return "；".join(str(message) for message in get_messages(answer.wsgi_request))


def when(name: str, *, days: float) -> dict[str, str]:
    """As the two fields of a time say it, in Shanghai."""
    at = timezone.localtime(timezone.now() + timedelta(days=days))
    return {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}:00"}


def campaign_fields(office: Client, **more: str) -> dict[str, str]:
    fields = form_of(office.get("/ops/marketing/campaign/add/"))
    fields |= {"name": "冬日满减", "kind": "off", "city": CITY, "steps": "100 15\r\n满200减40", "reason": "双十二"}
    return fields | when("from_at", days=-1) | when("until_at", days=20) | more


def test_a_campaign_is_drafted_tried_put_into_force_and_ended(office: Client) -> None:
    assert office.post("/ops/marketing/campaign/add/", campaign_fields(office)).status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.current is not None
    assert [(one.at_least_fen, one.off_fen) for one in campaign.current.discount.steps] == [
        (10_000, 1_500),
        (20_000, 4_000),
    ]
    page = f"/ops/marketing/campaign/{campaign.pk}"
    assert "试算还在进行" in words_of(office.get(f"{page}/publish/"))
    what_ifs.work_out(run_id=WhatIfRun.objects.get(subject_id=campaign.pk).pk)
    assert "已完成的订单 0 单" in words_of(office.get(f"{page}/publish/"))
    assert "已上线" in said_by(asked(office, f"{page}/publish/", reason="双十二"))
    both = words_of(office.get(f"{page}/effect/"))
    assert "每位新客成本" in both
    assert "平台收入变化 ¥0.00" in both

    changed = form_of(office.get(f"{page}/change/")) | {"steps": "100 20", "budget_fen": "500", "reason": "加码"}
    assert office.post(f"{page}/change/", changed).status_code == 302
    campaign.refresh_from_db()
    assert campaign.current is not None
    assert (campaign.current.number, campaign.current.reason, campaign.budget_fen) == (2, "加码", 50_000)
    assert "已结束" in said_by(office.post(f"{page}/end/", {"reason": "结束"}))


def test_a_page_that_waits_for_a_trial_works_out_nothing_else(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Mock(wraps=effects.effect_of_campaign)
    monkeypatch.setattr(effects, "effect_of_campaign", asked)
    campaign = make_campaign(cut(500), city=CITY)
    page = f"/ops/marketing/campaign/{campaign.pk}/effect/"
    assert "每位新客成本" in words_of(office.get(page))
    office.post(page)
    waiting = words_of(office.get(page))
    assert "正在计算" in waiting
    assert "试算完成后显示" in waiting
    assert asked.call_count == 1
    what_ifs.work_out(run_id=WhatIfRun.objects.get().pk)
    assert "每位新客成本" in words_of(office.get(page))


def test_a_campaign_that_cannot_be_is_told_in_chinese(office: Client) -> None:
    both = office.post("/ops/marketing/campaign/add/", campaign_fields(office, zhe="8.5"))
    assert "满减和折扣二选一" in words_of(both)
    odd = office.post("/ops/marketing/campaign/add/", campaign_fields(office, steps="一百减十五"))
    assert "满减每行写" in words_of(odd)
    nowhere = office.post("/ops/marketing/campaign/add/", campaign_fields(office, service_slugs="no-such"))
    assert "没有这个服务：no-such" in words_of(nowhere)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("100 120", "满减第 1 档减的比满的还多"),
        ("100 15\r\n200 10", "满减第 2 档减的不比门槛更低的一档多"),
        ("100 15\r\n200 15", "满减第 2 档减的不比门槛更低的一档多"),
        ("200 40\r\n300 50\r\n200 30", "满减第 1 档和第 3 档的门槛相同"),
        ("100 15\r\n200 0", "满减第 2 档减的金额须大于 0"),
        ("-100 15", "满减第 1 档满的金额不能小于 0"),
        ("100.005 15", "满减每行写"),
        ("1000000.01 15", "满减第 1 档的金额不能大于 1000000 元"),
    ],
)
def test_a_step_that_can_only_be_a_mistake_is_named(office: Client, steps: str, told: str) -> None:
    for page, fields in (("campaign", campaign_fields), ("couponkind", kind_fields)):
        answer = office.post(f"/ops/marketing/{page}/add/", fields(office, steps=steps, zhe="", at_most_fen=""))
        assert told in words_of(answer)
        assert not re.findall(r"off_fen|at_least_fen", words_of(answer))
    assert not Campaign.objects.exists()
    assert not CouponKind.objects.exists()


@pytest.mark.parametrize(
    ("zhe", "told"),
    [
        ("0.85", "折扣为 0.1 到 9.9，最多一位小数，如 8.5"),
        ("0.0001", "折扣为 0.1 到 9.9"),
        ("12", "折扣为 0.1 到 9.9"),
        ("NaN", "折扣为 0.1 到 9.9"),
        ("Infinity", "折扣为 0.1 到 9.9"),
        ("八", "折扣写成 8.5 的样子"),
    ],
)
def test_what_is_no_zhe_is_none_on_the_page_and_in_a_table(office: Client, zhe: str, told: str) -> None:
    assert told in words_of(office.post("/ops/marketing/campaign/add/", campaign_fields(office, steps="", zhe=zhe)))
    file = SimpleUploadedFile(
        "a.csv", f"编号,名称,发放方式,折扣（如 8.5）,领取后有效天数\n,券,sent,{zhe},7\n".encode("utf-8-sig")
    )
    dry = office.post("/ops/marketing/couponkind/import/", {"import_file": file, "format": "0", "resource": ""})
    assert told in words_of(dry)
    assert "import_file_name" not in form_of(dry)
    assert not Campaign.objects.exists()


def test_a_zhe_is_the_same_on_the_page_and_in_a_table(office: Client) -> None:
    for place, zhe in enumerate(("0.1", "8.5", "9.9", "9.90")):
        assert office.post("/ops/marketing/couponkind/add/", kind_fields(office, zhe=zhe)).status_code == 302
        file = SimpleUploadedFile(
            "a.csv", f"编号,名称,发放方式,折扣（如 8.5）,领取后有效天数\n,券,sent,{zhe},7\n".encode("utf-8-sig")
        )
        dry = office.post("/ops/marketing/couponkind/import/", {"import_file": file, "format": "0", "resource": ""})
        office.post("/ops/marketing/couponkind/process_import/", form_of(dry))
        page, table = CouponKind.objects.order_by("pk")[2 * place :]
        assert page.discount.off_bp == table.discount.off_bp == 10_000 - round(float(zhe) * 1_000)


def test_a_reduction_without_a_threshold_may_be_of_any_size(office: Client) -> None:
    fields = campaign_fields(office, steps="0 20\r\n100 100")
    assert office.post("/ops/marketing/campaign/add/", fields).status_code == 302


def test_whatever_is_wrong_is_named_at_the_form(office: Client) -> None:
    fields = campaign_fields(office, kind="percent") | when("until_at", days=-2)
    told = words_of(office.post("/ops/marketing/campaign/add/", fields))
    assert "活动设置有误，请检查；结束时间必须晚于开始时间；折扣活动要填写折扣" in told
    beside = words_of(office.post("/ops/marketing/campaign/add/", campaign_fields(office, at_least_fen="50")))
    assert "满减写在各档里" in beside
    both = kind_fields(office) | when("from_at", days=1) | when("until_at", days=2)
    assert "使用的起止时间和领取后有效天数只填一种" in words_of(office.post("/ops/marketing/couponkind/add/", both))
    assert not Campaign.objects.exists()
    assert not CouponKind.objects.exists()


def buttons_of(office: Client, page: str) -> set[str]:
    """What the page offers to do, by its address."""
    content = office.get(f"/ops/marketing/{page}/change/").content.decode()
    return set(re.findall(rf'href="/ops/marketing/{page}/([a-z]+)/?"', content)) - {"change", "history"}


def test_a_campaign_offers_what_it_can_do_and_says_how_it_stands(office: Client) -> None:
    draft, over = make_campaign(cut(500), live=False), make_campaign(cut(500), live=False, days=(-9, -1))
    live, ended = make_campaign(cut(500)), make_campaign(cut(500))
    marketing.end_campaign(actor=make_staff(), campaign_id=ended.pk)
    for campaign, state, buttons in (
        (draft, "草稿", {"effect", "publish", "end"}),
        (live, "已上线", {"effect", "end"}),
        (over, "已结束", {"effect"}),
        (ended, "已结束", {"effect"}),
    ):
        page = f"campaign/{campaign.pk}"
        assert f"状态 {state}" in words_of(office.get(f"/ops/marketing/{page}/change/"))
        assert buttons_of(office, page) == buttons
    listed = {state: office.get("/ops/marketing/campaign/", {"state": state}) for state in ("draft", "live", "ended")}
    shown = {state: {row.pk for row in answer.context["cl"].result_list} for state, answer in listed.items()}
    assert shown == {"draft": {draft.pk}, "live": {live.pk}, "ended": {over.pk, ended.pk}}


def test_an_address_of_what_cannot_be_done_says_why(office: Client) -> None:
    over, ended = make_campaign(cut(500), live=False, days=(-9, -1)), make_campaign(cut(500))
    marketing.end_campaign(actor=make_staff(), campaign_id=ended.pk)
    kind = make_kind(cut(500))
    marketing.end_kind(actor=make_staff(), kind_id=kind.pk)
    through = marketing.put_sending(actor=make_staff(), draft=Draft("春天", "到了", {"city": CITY}))
    Sending.objects.update(state=Sending.DONE)
    for page, told in (
        (f"campaign/{over.pk}/publish", "活动已结束"),
        (f"campaign/{ended.pk}/publish", "活动已结束"),
        (f"couponkind/{kind.pk}/publish", "优惠券已结束，不能发布"),
        (f"sending/{through.pk}/start", "已经发送完毕"),
        (f"sending/{through.pk}/stop", "没有正在发送"),
    ):
        fields = form_of(office.get(f"/ops/marketing/{page}/"))
        answer = office.post(f"/ops/marketing/{page}/", fields | {"reason": "试试"})
        assert answer.status_code == 200
        assert told in words_of(answer)


def test_whoever_edits_what_is_in_force_knows_it_and_is_led_to_the_new_trial(office: Client) -> None:
    draft, live = make_campaign(cut(500), live=False), make_campaign(cut(500))
    note = "活动已上线：保存后立即生效"
    assert note not in words_of(office.get("/ops/marketing/campaign/add/"))
    assert note not in words_of(office.get(f"/ops/marketing/campaign/{draft.pk}/change/"))
    page = office.get(f"/ops/marketing/campaign/{live.pk}/change/")
    assert note in words_of(page)
    answer = office.post(
        f"/ops/marketing/campaign/{live.pk}/change/", form_of(page) | {"steps": "100 9", "reason": "减少"}, follow=True
    )
    assert "查看试算" in words_of(answer)
    assert f'href="/ops/marketing/campaign/{live.pk}/effect/"' in answer.content.decode()


def test_how_often_somebody_may_have_it_is_changed_with_a_trace_and_tried(office: Client) -> None:
    campaign = make_campaign(cut(1_000), city=CITY)
    page = f"/ops/marketing/campaign/{campaign.pk}"
    fields = form_of(office.get(f"{page}/change/")) | {"per_person": "2", "budget_fen": "300", "reason": "限量"}
    assert office.post(f"{page}/change/", fields).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.per_person, campaign.budget_fen) == (2, 30_000)
    assert WhatIfRun.objects.latest("pk").trial["per_person"] == 2
    assert "每人限量： 0 → 2" in words_of(office.get(f"{page}/history/"))


def test_a_batch_of_coupons_offers_what_it_can_do(office: Client) -> None:
    past = {"from_at": timezone.now() - timedelta(days=9), "until_at": timezone.now() - timedelta(days=1)}
    for kind, state, buttons in (
        (make_kind(cut(500), live=False, stock=9), "草稿", {"effect", "publish", "end", "stock"}),
        (make_kind(cut(500)), "已上线", {"effect", "end", "send"}),
        (make_kind(cut(500), how=CouponKind.GRABBED, stock=9), "已上线", {"effect", "end", "stock"}),
        (make_kind(cut(500), live=False, **past), "已结束", {"effect"}),
    ):
        page = f"couponkind/{kind.pk}"
        assert f"状态 {state}" in words_of(office.get(f"/ops/marketing/{page}/change/"))
        assert buttons_of(office, page) == buttons
        assert is_edited(office, page) == (kind.state == DRAFT)


def is_edited(office: Client, page: str) -> bool:
    return 'name="_save"' in office.get(f"/ops/marketing/{page}/change/").content.decode()


def test_a_sending_offers_what_it_can_do(office: Client) -> None:
    staff = make_staff()
    sending = marketing.put_sending(actor=staff, draft=Draft("春天", "到了", {"city": CITY}))
    page = f"sending/{sending.pk}"
    assert (buttons_of(office, page), is_edited(office, page)) == ({"start"}, True)
    for act, button in ((marketing.start_sending, "stop"), (marketing.stop_sending, "start")):
        act(actor=staff, sending_id=sending.pk)
        assert (buttons_of(office, page), is_edited(office, page)) == ({button}, False)
    Sending.objects.update(state=Sending.DONE)
    assert (buttons_of(office, page), is_edited(office, page)) == (set(), False)


def test_who_only_reads_a_campaign_reads_all_of_it_in_chinese(office: Client) -> None:
    reader = office_of(colleague("marketing", city=CITY))
    campaign = make_campaign(cut(1_500, at_least_fen=10_000, worker_bp=1_000))
    page = words_of(reader.get(f"/ops/marketing/campaign/{campaign.pk}/change/"))
    for words in ("名称 冬日满减", "满减 100 15", "优惠哪些费用 全部费用", "可与优惠券同享 是", "服务人员承担（%） 10"):
        assert words in page
    assert not re.findall(r"Steps|Zhe|Covers|Worker percent", page)


def test_the_trail_says_terms_as_their_page_does(office: Client) -> None:
    category = make_category()
    made = make_campaign(cut(1_500, at_least_fen=10_000, categories=[category.slug]), live=False)
    kind = make_kind(cut(1_500, at_least_fen=10_000), live=False, city=CITY)
    fields = form_of(office.get(f"/ops/marketing/couponkind/{kind.pk}/change/")) | {"steps": "100 20", "alone": "on"}
    assert office.post(f"/ops/marketing/couponkind/{kind.pk}/change/", fields | {"reason": "加码"}).status_code == 302
    of_kind = words_of(office.get(f"/ops/marketing/couponkind/{kind.pk}/history/"))
    assert "优惠： 满 100 减 15 → 满 100 减 20 不与任何优惠同享： 否 → 是" in of_kind
    of_campaign = words_of(office.get(f"/ops/marketing/campaign/{made.pk}/history/"))
    assert "优惠： 满 100 减 15" in " ".join(of_campaign.split()).replace("：满", "： 满")
    assert f"限分类：{category.name}" in of_campaign
    for page in (of_kind, of_campaign, words_of(office.get("/ops/changes/"))):
        assert not re.findall(r"at_least_fen|off_bp|\{", page)


def test_what_stays_of_one_row_is_said_of_the_next(office: Client) -> None:
    rows = furnished()
    make_city("shanghai")
    for model, more in (
        (Gift, {"name": "雨伞", "points": "500", "stock": "20"}),
        (HomeLayout, {}),
        (Season, {"name": "秋", "words": "桂花", "months": "\r\n".join("1" * 12)}),
    ):
        page = f"/ops/{model._meta.app_label}/{model._meta.model_name}"
        assert office.get(f"{page}/{rows[model].pk}/change/").status_code == 200
        fields = form_of(office.get(f"{page}/add/")) | {"city": "shanghai", "reason": "开城"} | more
        assert office.post(f"{page}/add/", fields).status_code == 302
        assert model._default_manager.latest("pk").city == "shanghai"


def test_somebody_of_one_city_runs_campaigns_there_alone() -> None:
    make_city()
    make_city("shanghai")
    office = office_of(colleague("marketing", city=CITY))
    assert office.post("/ops/marketing/campaign/add/", campaign_fields(office, city="")).status_code in (200, 403)
    assert office.post("/ops/marketing/campaign/add/", campaign_fields(office, city="shanghai")).status_code in (
        200,
        403,
    )
    assert not Campaign.objects.exists()
    for _ in range(2):
        answer = office.post("/ops/marketing/campaign/add/", campaign_fields(office))
        assert answer.status_code == 302, words_of(answer)[-1_500:]
        # Where the city is fixed, it is fixed on this page alone.
        assert office.get(f"/ops/marketing/campaign/{Campaign.objects.latest('pk').pk}/change/").status_code == 200


def kind_fields(office: Client, **more: str) -> dict[str, str]:
    fields = form_of(office.get("/ops/marketing/couponkind/add/"))
    fields |= {"name": "八五折券", "how": "grabbed", "city": CITY, "zhe": "8.5", "at_most_fen": "30", "days": "7"}
    return fields | {"stock": "100", "per_person": "1", "reason": "拉新"} | more


def test_a_batch_of_coupons_from_its_draft_to_somebodys_hands(office: Client) -> None:
    answer = office.post("/ops/marketing/couponkind/add/", kind_fields(office, how="sent"))
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    kind = CouponKind.objects.get()
    assert (kind.discount.off_bp, kind.discount.at_most_fen, kind.stock) == (1_500, 3_000, 100)
    page = f"/ops/marketing/couponkind/{kind.pk}"
    stale = form_of(office.get(f"{page}/change/")) | {"name": "改名", "reason": "试试"}
    assert "已发布" in said_by(asked(office, f"{page}/publish/", reason="拉新"))
    assert "没有保存" in said_by(office.post(f"{page}/change/", stale))
    assert CouponKind.objects.get().name == "八五折券"
    assert "库存现在是 150" in said_by(office.post(f"{page}/stock/", {"more": "50", "reason": "加量"}))

    first, second = make_customer(), make_customer()
    to_them = {"user_ids": f"{first.pk}\r\n{second.pk}", "key": "b1", "reason": "老客回馈"}
    assert "已发放 2 人" in said_by(office.post(f"{page}/send/", to_them))
    office.post(f"{page}/send/", to_them)
    assert Coupon.objects.filter(kind=kind).count() == 2
    coupon = Coupon.objects.filter(user=first).get()
    assert "已收回" in said_by(office.post(f"/ops/marketing/coupon/{coupon.pk}/revoke/", {"reason": "发错了"}))
    coupon.refresh_from_db()
    assert (coupon.state, coupon.revoked_for) == (Coupon.REVOKED, "发错了")


def test_numbers_of_people_are_apart_by_commas_blanks_or_lines(office: Client) -> None:
    page = f"/ops/marketing/couponkind/{make_kind(cut(1_000)).pk}/send/"
    people = [make_customer() for _ in range(4)]
    marketing.put_marketing_wish(user=people[3], accepts=False)
    first, second, third, refusing = (one.pk for one in people)
    typed = {"user_ids": f"{first}，{second}\r\n{third} {refusing},{first}\r\n", "key": "b1", "reason": "回馈"}
    told = said_by(office.post(page, typed))
    assert f"已发放 3 人；未发放 1 人（用户不接收营销消息和优惠券）：{refusing}" in told
    assert Coupon.objects.count() == 3
    assert "关闭了营销消息的用户不会收到" in words_of(office.get(page))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("12\r\n用户13", "第 2 行的“用户13”不是用户编号"),
        ("1" * 30, "不是用户编号"),
        ("-5", "第 1 行的“-5”不是用户编号"),
        (",".join(map(str, range(1_001))), "一次最多 1000 人，现在是 1001 人"),
    ],
)
def test_what_is_nobodys_number_is_named_and_nothing_sent(office: Client, typed: str, told: str) -> None:
    kind = make_kind(cut(1_000))
    answer = office.post(
        f"/ops/marketing/couponkind/{kind.pk}/send/", {"user_ids": typed, "key": "b1", "reason": "回馈"}
    )
    assert answer.status_code == 200
    assert told in words_of(answer)
    assert not Coupon.objects.exists()


def test_a_reason_of_any_length_that_the_page_takes_is_kept(office: Client) -> None:
    kind, customer = make_kind(cut(1_000)), make_customer()
    typed = {"user_ids": str(customer.pk), "key": "b1", "reason": "长" * 200}
    assert "已发放 1 人" in said_by(office.post(f"/ops/marketing/couponkind/{kind.pk}/send/", typed))


def test_what_is_to_be_grabbed_ends_after_it_begins(office: Client) -> None:
    fields = kind_fields(office) | when("grab_from", days=3) | when("grab_until", days=1)
    told = words_of(office.post("/ops/marketing/couponkind/add/", fields))
    assert "领取结束时间必须晚于领取开始时间" in told


def test_coupons_come_in_as_a_table(office: Client) -> None:
    table = (
        "编号,名称,城市代码（空为全部）,发放方式,说明,满减（如 100 15；200 40）,折扣（如 8.5）,"
        "满多少（元）,最多优惠（元）,"
        "库存（空为不限）,每人限领,领取开始,领取结束,使用开始,使用结束,领取后有效天数,退回后至少有效天数\n"
        f",满减券,{CITY},grabbed,,100 15；200 40,,,,50,1,,,,,7,0\n"
        f",八折券,{CITY},sent,,,8,60,20,,1,,,,,3,0\n"
    )
    file = SimpleUploadedFile("coupons.csv", table.encode("utf-8-sig"), content_type="text/csv")
    dry = office.post("/ops/marketing/couponkind/import/", {"import_file": file, "format": "0", "resource": ""})
    assert not CouponKind.objects.exists()
    done = office.post("/ops/marketing/couponkind/process_import/", form_of(dry))
    assert done.status_code == 302, words_of(dry)[-1_500:]
    steps, percent = CouponKind.objects.order_by("pk")
    assert [one.off_fen for one in steps.discount.steps] == [1_500, 4_000]
    assert (percent.discount.off_bp, percent.discount.at_least_fen, percent.discount.at_most_fen) == (
        2_000,
        6_000,
        2_000,
    )


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ("100 120,,,", "满减第 1 档减的比满的还多"),
        ("100 0,,,", "满减第 1 档减的金额须大于 0"),
    ],
)
def test_a_table_is_told_what_is_wrong_with_it(office: Client, terms: str, told: str) -> None:
    head = "编号,名称,发放方式,满减（如 100 15；200 40）,折扣（如 8.5）,满多少（元）,最多优惠（元）,领取后有效天数"
    file = SimpleUploadedFile("a.csv", f"{head}\n,券,sent,{terms},7\n".encode("utf-8-sig"), content_type="text/csv")
    dry = office.post("/ops/marketing/couponkind/import/", {"import_file": file, "format": "0", "resource": ""})
    assert told in words_of(dry)


def test_points_and_gifts(office: Client) -> None:
    rule = form_of(office.get("/ops/marketing/pointsrule/add/")) | {
        "city": CITY,
        "earn_bp": "1.5",
        "reason": "开通积分",
    }
    assert office.post("/ops/marketing/pointsrule/add/", rule).status_code == 302
    kept = PointsRule.objects.get()
    assert kept.data == {"earn_bp": 150}
    assert "按实付返积分 1.5%" in words_of(office.get("/ops/marketing/pointsrule/"))
    again = form_of(office.get(office.get(f"/ops/marketing/pointsrule/{kept.pk}/again/")["Location"]))
    assert (again["city"], again["earn_bp"]) == (CITY, "1.5")
    gift = form_of(office.get("/ops/marketing/gift/add/"))
    gift |= {"name": "雨伞", "city": CITY, "points": "500", "stock": "20", "on": "on", "reason": "上新"}
    answer = office.post("/ops/marketing/gift/add/", gift)
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    assert Gift.objects.get().on


@pytest.mark.parametrize(("page", "how"), [("gift", CouponKind.EXCHANGED), ("sending", CouponKind.SENT)])
def test_coupons_are_offered_that_run_and_are_of_ones_city(page: str, how: str) -> None:
    make_city()
    make_city("shanghai")
    past = {"from_at": timezone.now() - timedelta(days=9), "until_at": timezone.now() - timedelta(days=1)}
    make_kind(cut(500), how=how, city=CITY, name="本市券")
    make_kind(cut(500), how=how, city="shanghai", name="外地券")
    over = make_kind(cut(500), how=how, city=CITY, name="过期券", live=False, **past)
    CouponKind.objects.filter(pk=over.pk).update(state=LIVE)
    make_kind(cut(500), how=CouponKind.BY_RULE, city=CITY, name="赠券")
    make_kind(cut(500), how=how, name="全国券")
    here = office_of(colleague("marketing", city=CITY)).get(f"/ops/marketing/{page}/add/").content.decode()
    everywhere = office_of(colleague("marketing", city=EVERY_CITY)).get(f"/ops/marketing/{page}/add/").content.decode()
    offered = {"本市券", "全国券"} if page == "gift" else {"本市券"}
    assert {name for name in ("本市券", "外地券", "过期券", "赠券", "全国券") if name in here} == offered
    assert {name for name in ("外地券", "过期券", "赠券", "全国券") if name in everywhere} == {"外地券", "全国券"}


def test_a_gift_keeps_its_coupon_when_that_is_over(office: Client) -> None:
    kind = make_kind(cut(500), how=CouponKind.EXCHANGED, city=CITY)
    offered = Offered("券", 10, 10, coupon_kind_id=kind.pk, on=True)
    gift = marketing.put_gift(actor=make_staff(), city=CITY, offered=offered)
    marketing.end_kind(actor=make_staff(), kind_id=kind.pk)
    page = f"/ops/marketing/gift/{gift.pk}/change/"
    fields = form_of(office.get(page))
    assert fields["coupon_kind_id"] == str(kind.pk)
    assert office.post(page, fields | {"points": "20", "reason": "调价"}).status_code == 302
    gift.refresh_from_db()
    assert (gift.coupon_kind_id, gift.points) == (kind.pk, 20)


def test_what_is_wrong_with_a_gift_or_a_sending_is_said(office: Client) -> None:
    gift = form_of(office.get("/ops/marketing/gift/add/")) | {
        "name": "雨伞",
        "points": "5",
        "stock": "2",
        "reason": "新",
    }
    told = words_of(office.post("/ops/marketing/gift/add/", gift | when("from_at", days=2) | when("until_at", days=1)))
    assert "礼品设置有误，请检查；结束时间必须晚于开始时间" in told
    fields = form_of(office.get("/ops/marketing/sending/add/")) | {"title": "春天", "text": "到了", "reason": "新"}
    told = words_of(office.post("/ops/marketing/sending/add/", fields | {"link": "coupons"}))
    assert "链接要以 / 开头" in told


def test_why_an_exchange_was_given_or_called_off_is_kept(office: Client) -> None:
    customer = make_customer()
    enrich(customer, 1_000)
    address = make_address(customer)
    gift = marketing.put_gift(actor=make_staff(), city=CITY, offered=Offered("雨伞", 10, 10, on=True))
    for key, act in (("a", "give"), ("b", "call-off")):
        exchange, _ = marketing.exchange_gift(
            user=customer, gift_id=gift.pk, points_shown=10, key=key, address_id=address.pk
        )
        page = f"/ops/marketing/exchange/{exchange.pk}"
        office.post(f"{page}/{act}/", {"note": "顺丰", "reason": f"理由{key}"})
        exchange.refresh_from_db()
        assert exchange.reason == f"理由{key}"
        assert f"理由{key}" in words_of(office.get(f"{page}/change/"))


def test_a_sending_says_that_there_are_too_few_coupons(office: Client) -> None:
    for _ in range(4):
        make_customer()
    for stock, says in ((3, True), (4, False), (None, False)):
        kind = make_kind(cut(500), stock=stock)
        draft = Draft("春天", "到了", {}, coupon_kind_id=kind.pk)
        sending = marketing.put_sending(actor=make_staff(), draft=draft)
        told = words_of(office.get(f"/ops/marketing/sending/{sending.pk}/start/"))
        assert ("附带的优惠券「满减券」只剩 3 张" in told) is says


def test_a_sending_says_how_many_it_will_reach(office: Client) -> None:
    make_customer()
    fields = form_of(office.get("/ops/marketing/sending/add/"))
    fields |= {"title": "新客礼", "text": "欢迎体验", "never_ordered": "on", "per_minute": "600", "reason": "拉新"}
    answer = office.post("/ops/marketing/sending/add/", fields)
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    sending = Sending.objects.get()
    assert sending.audience == {"never_ordered": True}
    page = f"/ops/marketing/sending/{sending.pk}"
    assert "符合条件的有 1 人" in words_of(office.get(f"{page}/start/"))
    assert "已开始" in said_by(asked(office, f"{page}/start/", reason="拉新"))
    sending.refresh_from_db()
    assert sending.state == Sending.RUNNING


def test_a_home_page_is_laid_out_previewed_and_published(office: Client) -> None:
    make_worker()
    make_service()
    kind = make_kind(cut(1_000), how=CouponKind.GRABBED, city=CITY)
    fields = form_of(office.get("/ops/catalog/homelayout/add/")) | {
        "city": CITY,
        "reason": "开城",
        "parts-TOTAL_FORMS": "2",
        "parts-0-kind": "notice",
        "parts-0-title": "公告",
        "parts-0-shown_to": "all",
        "parts-0-notice-text": "春节照常",
        "parts-0-position": "1",
        "parts-1-kind": "campaign",
        "parts-1-title": "领券",
        "parts-1-shown_to": "all",
        "parts-1-campaign-coupons": str(kind.pk),
        "parts-1-position": "2",
    }
    wrong = office.post("/ops/catalog/homelayout/add/", fields | {"parts-0-notice-text": ""})
    assert wrong.status_code == 200
    assert "文字 ：必须填写" in words_of(wrong)
    answer = office.post("/ops/catalog/homelayout/add/", fields)
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    layout = HomeLayout.objects.get()
    page = f"/ops/catalog/homelayout/{layout.pk}"
    seen = words_of(office.get(f"{page}/preview/"))
    assert "春节照常" in seen
    assert "满减券" in seen
    assert "公告" not in str(body_of(Api().get("/home", city=CITY)))
    assert "已发布第 1 版" in said_by(asked(office, f"{page}/publish/", reason="开城"))
    shown = body_of(Api().get("/home", city=CITY))
    assert [part["kind"] for part in shown["parts"]] == ["notice", "campaign"]
    assert shown["parts"][1]["promotions"][0]["name"] == "满减券"


def test_whoever_looks_after_coupons_sees_whose_by_number_alone(office: Client) -> None:
    customer = make_customer(display_name="王小明")
    coupon = give(customer, cut(1_000))
    page = words_of(office.get(f"/ops/marketing/coupon/{coupon.pk}/change/"))
    assert str(customer.pk) in page
    assert "王小明" not in page


def test_where_a_gift_goes_is_read_on_the_page_itself_and_leaves_a_trace_alone() -> None:
    exchange = furnished()[Exchange]
    office = office_of(colleague("marketing"))
    answer = office.post(f"/ops/marketing/exchange/{exchange.pk}/where-to/", {"reason": "寄礼品"})
    assert exchange.contact_phone in words_of(answer)
    assert "messages" not in answer.cookies, "what the next page says is kept by the browser"
    trace = StaffAction.objects.get(target=f"exchange:{exchange.pk}")
    assert (trace.action_name, trace.reason) == ("查看收件信息", "寄礼品")
    elsewhere = office_of(colleague("marketing", city="shanghai"))
    refused = elsewhere.post(f"/ops/marketing/exchange/{exchange.pk}/where-to/", {"reason": "看看"})
    assert refused.status_code == 403


def test_a_table_that_went_out_comes_in_as_it_was(office: Client) -> None:
    terms = cut(12_345, at_least_fen=1_234_567)
    kind = make_kind(terms, live=False, how=CouponKind.BY_RULE, after_fen=10_000, remind_days=9)
    page = "/ops/marketing/couponkind/"
    out = office.post(f"{page}export/", form_of(office.get(f"{page}export/")) | {"format": "1"})
    table = out.content.decode("utf-8-sig").replace("满减券", "改名券").encode("utf-8-sig")
    file = SimpleUploadedFile("coupons.csv", table, content_type="text/csv")
    dry = office.post(f"{page}import/", {"import_file": file, "format": "0", "resource": ""})
    assert office.post(f"{page}process_import/", form_of(dry)).status_code == 302
    kind.refresh_from_db()
    assert (kind.name, kind.discount, kind.after_fen, kind.remind_days) == ("改名券", terms, 10_000, 9)


def test_the_page_of_all_cities_is_previewed_by_its_own_draft_in_any_city(office: Client) -> None:
    make_city("suzhou", "苏州")
    for city, text in (("", "全国的公告"), (CITY, "杭州的公告")):
        put_layout(by=None, city=city, wanted=[Part(body=Notice(text=text))])
    every, own = (HomeLayout.objects.get(city=city) for city in ("", CITY))
    seen = words_of(office.get(f"/ops/catalog/homelayout/{every.pk}/preview/?city=suzhou"))
    assert "全国的公告" in seen
    assert "苏州" in seen
    for page in (every, own):
        seen = words_of(office.get(f"/ops/catalog/homelayout/{page.pk}/preview/?city={CITY}"))
        assert ("全国的公告" in seen, "杭州的公告" in seen) == (page == every, page == own)
    odd = office.get(f"/ops/catalog/homelayout/{own.pk}/preview/?at=abc")
    assert "时间没有看懂" in said_by(odd)


def test_what_is_no_picture_is_refused_on_the_form(office: Client) -> None:
    layout = furnished()[HomeLayout]
    file = SimpleUploadedFile("a.png", b"no picture")
    answer = office.post(f"/ops/catalog/homelayout/{layout.pk}/picture/", {"file": file, "reason": "换图"})
    assert answer.status_code == 200
    assert CODES["photo_unreadable"].message in words_of(answer)
