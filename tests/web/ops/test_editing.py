"""Editing in the back office: through services, with a reason, and nothing half done."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.web.ops.office import asked, colleague, form_of, office_of, words_of
from tests.web.people import (
    CITY,
    make_category,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    sold,
)
from web.accounts.duties import DUTIES
from web.accounts.models import EVERY_CITY, StaffAction, User
from web.catalog.content import AddOn, Choice, Option, Question, Step
from web.catalog.models import Category, Need, Service, ServiceVersion, Shelving, Skill
from web.catalog.services import drafted, put_category, put_skill
from web.marketing.models import WhatIfRun
from web.marketing.services import what_ifs
from web.orders.models import Policy
from web.workforce.models import Holiday

pytestmark = pytest.mark.django_db

SERVICE = "/ops/catalog/service/"


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", "marketing", city=EVERY_CITY))


def a_service() -> Service:
    return make_service(
        options=(Option("rooms", "房间", choices=(Choice("two", "两居"), Choice("three", "三居", 1_000, 1_800))),),
        add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2, 1_200, "油污重时"),),
        questions=(Question("要在家吗", "可以不在"),),
        steps=(Step("铺鞋套", "进门先铺"), Step("清洁厨房")),
    )


def said_by(answer: Any) -> str:
    return "；".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_form_that_is_sent_as_it_came_changes_nothing(office: Client) -> None:
    service = a_service()
    before = drafted(service)
    address = f"{SERVICE}{service.pk}/change/"
    answer = office.post(address, form_of(office.get(address)) | {"reason": "什么也没改"})
    assert answer.status_code == 302, words_of(answer)[-2_000:]
    assert drafted(Service.objects.get(pk=service.pk)) == before
    assert service.versions.count() == 1


def test_what_is_written_is_a_draft_until_it_is_published(office: Client) -> None:
    service = a_service()
    address = f"{SERVICE}{service.pk}/change/"
    fields = form_of(office.get(address))
    changed = {
        "price_fen": "128.50",
        "duration_s": "90",
        "included": "客厅\r\n\r\n厨房",
        "options-0-choices-1-price_fen": "15.00",
        "price_list-0-extra_s": "30",
        "reason": "春季调价",
    }
    assert set(changed) - {"reason"} <= set(fields)
    assert office.post(address, fields | changed).status_code == 302
    now = drafted(Service.objects.get(pk=service.pk))
    assert (now.price_fen, now.duration_s, now.included) == (12_850, 5_400, ("客厅", "厨房"))
    assert now.options[0].choices[1].price_fen == 1_500
    assert now.add_ons[0].extra_s == 1_800
    assert sold(Service.objects.get(pk=service.pk)).sold.price_fen == 9_900, "people still buy the published version"

    question = office.get(f"{SERVICE}{service.pk}/publish/")
    assert "有改动：" in words_of(question)
    assert "价格：¥99.00 → ¥128.50" in words_of(question)
    done = asked(office, f"{SERVICE}{service.pk}/publish/", reason="春季调价")
    assert said_by(done) == "已发布第 2 版"
    assert sold(Service.objects.get(pk=service.pk)).sold.price_fen == 12_850
    history = words_of(office.get(f"{SERVICE}{service.pk}/history/"))
    assert "春季调价" in history
    assert "价格：" in history


def test_a_new_service_with_options_gets_keys_of_its_names(office: Client) -> None:
    put_skill(code="cleaning", name="保洁")
    category = make_category()
    fields = form_of(office.get(f"{SERVICE}add/")) | {
        "name": "床垫除螨",
        "slug": "mattress",
        "category": str(category.pk),
        "introduction": "高温蒸汽除螨",
        "skill": "cleaning",
        "price_fen": "88",
        "duration_s": "60",
        "reason": "新服务",
        "options-TOTAL_FORMS": "1",
        "options-0-name": "床垫尺寸",
        "options-0-kind": "one",
        "options-0-required": "on",
        "options-0-least": "0",
        "options-0-most": "0",
        "options-0-included": "0",
        "options-0-price_fen": "0",
        "options-0-extra_s": "0",
        "options-0-position": "1",
        "options-0-choices-TOTAL_FORMS": "1",
        "options-0-choices-INITIAL_FORMS": "0",
        "options-0-choices-MIN_NUM_FORMS": "0",
        "options-0-choices-MAX_NUM_FORMS": "1000",
        "options-0-choices-0-name": "一米八",
        "options-0-choices-0-price_fen": "20",
        "options-0-choices-0-extra_s": "15",
        "options-0-choices-0-staff": "0",
        "options-0-choices-0-position": "1",
    }
    answer = office.post(f"{SERVICE}add/", fields)
    assert answer.status_code == 302, words_of(answer)[-2_000:]
    service = Service.objects.get(slug="mattress")
    option = drafted(service).options[0]
    assert (option.key, option.choices[0].key) == ("chuang-dian-chi-cun", "yi-mi-ba")
    assert option.choices[0].price_fen == 2_000
    assert service.published is None


def test_a_part_that_was_just_added_comes_last(office: Client) -> None:
    service = a_service()
    address = f"{SERVICE}{service.pk}/change/"
    added = {
        "steps-TOTAL_FORMS": "4",
        "steps-2-name": "清洁客厅",
        "steps-2-position": "",
        "steps-3-name": "拍照",
        "steps-3-position": "",
        "reason": "补全步骤",
    }
    answer = office.post(address, form_of(office.get(address)) | added)
    assert answer.status_code == 302, words_of(answer)[-2_000:]
    steps = drafted(Service.objects.get(pk=service.pk)).steps
    assert [step.name for step in steps] == ["铺鞋套", "清洁厨房", "清洁客厅", "拍照"]


def test_what_the_service_refuses_stands_on_the_form_and_the_data_stays(office: Client) -> None:
    above = make_category("above", "上级")
    below = put_category(slug="below", name="下级", parent=above)
    address = f"/ops/catalog/category/{above.pk}/change/"
    fields = form_of(office.get(address)) | {"name": "改了名", "parent": str(below.pk), "reason": "试试"}
    answer = office.post(address, fields)
    assert answer.status_code == 200
    assert "分类不能放在自己下面" in words_of(answer)
    assert form_of(answer)["name"] == "改了名"
    assert Category.objects.get(pk=above.pk).name == "上级"


def test_a_category_shows_no_picture_that_is_not_there(office: Client) -> None:
    above = make_category()
    address = f"/ops/catalog/category/{above.pk}/change/"
    answer = office.post(address, form_of(office.get(address)) | {"icon": "1:1", "reason": "试试"})
    assert "图标 ：图片不存在，请重新上传" in words_of(answer)
    assert Category.objects.get(pk=above.pk).icon == ""


def test_what_stands_in_the_way_of_publishing_is_said_beforehand_and_then(office: Client) -> None:
    service = a_service()
    service.options.get().choices.update(name="两居")
    service.price_list.update(max_quantity=0)
    Service.objects.filter(pk=service.pk).update(duration_s=90_000, price_fen=0, visit_fee_fen=0, photo="nothing.svg")
    page = f"{SERVICE}{service.pk}/publish/"
    for words in (words_of(office.get(page)), words_of(asked(office, page, reason="试试"))):
        for told in (
            "答案的名称相同（rooms）",
            "最多数量至少为 1（oven）",
            "不能超过 24 小时",
            "加上门费须大于 0",
            "图片不存在",
        ):
            assert told in words
    assert service.versions.count() == 1


def test_an_edit_without_a_reason_is_none(office: Client) -> None:
    service = a_service()
    address = f"{SERVICE}{service.pk}/change/"
    assert office.post(address, form_of(office.get(address)) | {"name": "改了名", "reason": ""}).status_code == 200
    assert Service.objects.get(pk=service.pk).name == "日常保洁"


def test_somebody_of_one_city_puts_it_on_his_own_shelf_alone() -> None:
    hangzhou, shanghai = make_city(), make_city("shanghai")
    service = make_service(on_shelf=False)
    office = office_of(colleague("operator", city=CITY))
    fields = form_of(office.get("/ops/catalog/shelving/add/")) | {"service": str(service.pk), "reason": "开城"}
    assert office.post("/ops/catalog/shelving/add/", fields | {"city": shanghai.pk}).status_code == 403
    assert office.post("/ops/catalog/shelving/add/", fields | {"city": ""}).status_code == 403
    assert not Shelving.objects.exists()
    assert office.post("/ops/catalog/shelving/add/", fields | {"city": hangzhou.pk}).status_code == 302
    assert Shelving.objects.get().city == hangzhou
    assert office.get(f"{SERVICE}{service.pk}/publish/").status_code == 403, "what is sold everywhere is not his"


def test_a_draft_is_put_on_no_shelf(office: Client) -> None:
    service = make_service()
    Service.objects.filter(pk=service.pk).update(published=None)
    fields = form_of(office.get("/ops/catalog/shelving/add/")) | {"service": str(service.pk), "reason": "开城"}
    answer = office.post("/ops/catalog/shelving/add/", fields)
    assert "服务还没有发布" in words_of(answer)


def test_terms_are_checked_and_a_change_is_a_new_row(office: Client) -> None:
    assert 'href="?kind=tipping"' in office.get("/ops/orders/policy/add/").content.decode()
    address = "/ops/orders/policy/add/?kind=tipping"
    fields = form_of(office.get(address)) | {"city": CITY, "reason": "小费上限"}
    assert "输入一个数字" in words_of(office.post(address, fields | {"max_fen": "很多"}))
    assert not Policy.objects.exists()
    assert office.post(address, fields | {"max_fen": "200"}).status_code == 302
    first = Policy.objects.get()
    assert first.data == {"max_fen": 20_000}
    again = office.get(office.get(f"/ops/orders/policy/{first.pk}/again/")["Location"])
    assert form_of(again)["max_fen"] == "200.00"
    assert office.post(f"/ops/orders/policy/{first.pk}/change/", fields).status_code == 403


def test_terms_of_cancelling_are_tried_before_they_hold(office: Client) -> None:
    address = "/ops/orders/policy/add/?kind=cancellation"
    fields = form_of(office.get(address)) | {"city": CITY, "worker_share_bp": "70", "reason": "调整"}
    asked = office.post(address, fields | {"try_first": "on"})
    run = WhatIfRun.objects.get()
    assert asked["Location"] == f"/ops/marketing/whatifrun/{run.pk}/change/"
    waiting = office.get(asked["Location"])
    assert "正在计算" in words_of(waiting)
    assert b'http-equiv="refresh"' in waiting.content
    what_ifs.work_out(run_id=run.pk)
    done = office.get(asked["Location"])
    assert "用户取消的已付款订单 0 单" in words_of(done)
    assert b'http-equiv="refresh"' not in done.content
    kept = form_of(office.get(f"/ops/orders/policy/add/?tried={run.pk}"))
    assert (kept["kind"], kept["city"], kept["worker_share_bp"]) == ("cancellation", CITY, "70")
    assert "try_first" not in form_of(office.get("/ops/orders/policy/add/?kind=tipping"))
    assert not Policy.objects.exists()


def test_terms_that_are_only_to_be_tried_are_never_saved(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Policy.objects.create(kind="cancellation", city=CITY, data={})

    def tried(begun: str, by: Client = office, **said: str) -> Any:
        address = f"/ops/orders/policy/add/?{begun}"
        fields = {"worker_share_bp": "70", "try_first": "on", "city": CITY, "reason": "调整"}
        return by.post(address, form_of(by.get(address)) | fields | said)

    assert tried("kind=tipping").status_code == 403
    assert "选择一个有效的选项" in words_of(tried(f"from={row.pk}", kind="tipping"))
    assert not WhatIfRun.objects.exists()
    assert tried("kind=cancellation", try_first="false").status_code == 302
    run = WhatIfRun.objects.get()
    monkeypatch.setitem(DUTIES, "operator", replace(DUTIES["operator"], may=("orders.*_policy",)))
    operator = office_of(colleague("operator", city=EVERY_CITY))
    assert tried("kind=cancellation", operator).status_code == 403
    assert "try_first" not in form_of(operator.get("/ops/orders/policy/add/?kind=cancellation"))
    assert (Policy.objects.get(), WhatIfRun.objects.get()) == (row, run)


def test_a_service_is_tried_as_it_is_written_before_it_is_published(office: Client) -> None:
    service = a_service()
    page = f"{SERVICE}{service.pk}"
    assert "还没有试算过" in words_of(office.get(f"{page}/what-if/"))
    assert office.post(f"{page}/what-if/").status_code == 302
    what_ifs.work_out(run_id=WhatIfRun.objects.get().pk)
    assert "适用的已完成订单 0 单" in words_of(office.get(f"{page}/what-if/"))
    assert "如果近 30 天就是这样" in words_of(office.get(f"{page}/publish/"))
    fields = form_of(office.get(f"{page}/change/")) | {"price_fen": "199", "reason": "涨价"}
    assert office.post(f"{page}/change/", fields).status_code == 302
    assert "内容在这次试算之后改过" in words_of(office.get(f"{page}/what-if/"))
    assert "现在的内容还没有试算过" in words_of(office.get(f"{page}/publish/"))


def test_who_reads_services_alone_neither_asks_for_trials_nor_reads_what_they_came_to() -> None:
    make_city()
    service = a_service()
    page = f"{SERVICE}{service.pk}/what-if/"
    dispatcher, finance = (office_of(colleague(duty, city=EVERY_CITY)) for duty in ("dispatcher", "finance"))
    assert dispatcher.get(page).status_code == dispatcher.post(page).status_code == 403
    assert finance.get(page).status_code == 200
    assert finance.post(page).status_code == 403
    assert not WhatIfRun.objects.exists()


def test_needs_and_holidays_come_and_go(office: Client) -> None:
    assert "马桶/蹲坑 堵/满/溢" in words_of(office.get("/ops/catalog/need/add/"))
    fields = {"phrase": "水龙头滴水", "words": "水龙头更换\r\n角阀", "reason": "零结果"}
    assert office.post("/ops/catalog/need/add/", fields).status_code == 302
    need = Need.objects.get()
    assert need.words == ["水龙头更换", "角阀"]
    assert "已有一条" in words_of(office.post("/ops/catalog/need/add/", fields))
    page = f"/ops/catalog/need/{need.pk}/delete/"
    assert "原因" in words_of(office.get(page))
    assert "原因 * 必填" in words_of(office.post(page, {"post": "yes", "reason": ""}))
    assert Need.objects.exists()
    assert office.post(page, {"post": "yes", "reason": "写错了"}).status_code == 302
    assert not Need.objects.exists()

    day = {"date": "2027-02-06", "name": "春节", "kind": "off", "as_weekday": "", "reason": "国务院通知"}
    assert office.post("/ops/workforce/holiday/add/", day).status_code == 302
    assert Holiday.objects.get().date == date(2027, 2, 6)
    refused = office.post("/ops/workforce/holiday/2027-02-06/change/", day | {"as_weekday": "1"})
    assert "没有工作时间" in words_of(refused)


def test_a_manager_makes_colleagues_of_his_city_with_duties_of_his_own() -> None:
    make_city()
    make_city("shanghai")
    office = office_of(colleague("manager", city=CITY))
    fields = {
        "username": "xiao-li",
        "display_name": "小李",
        "city": CITY,
        "duties": ["dispatcher", "quality"],
        "is_active": "on",
        "password": "long-enough-1",
        "reason": "入职",
    }
    address = reverse("admin:accounts_staff_add")
    assert office.post(address, fields | {"city": "shanghai"}).status_code == 403
    assert office.post(address, fields | {"city": EVERY_CITY}).status_code == 403
    assert not User.objects.filter(username="xiao-li").exists()
    assert office.post(address, fields).status_code == 302
    made = User.objects.get(username="xiao-li")
    assert (made.duties, made.city, made.check_password("long-enough-1")) == (["dispatcher", "quality"], CITY, True)
    assert "已有一条用户名相同的" in words_of(office.post(address, fields))


def test_a_colleague_s_new_password_leaves_who_set_it_and_why() -> None:
    make_city()
    chief, staff = colleague("manager", city=EVERY_CITY), colleague("dispatcher")
    page = reverse("admin:accounts_staff_change", args=[staff.pk])
    assert asked(office_of(chief), page, password="long-enough-2", reason="忘记密码").status_code == 302
    (record,) = StaffAction.objects.all()
    assert (record.actor, record.action_name, record.target) == (chief, "重设员工密码", f"user:{staff.pk}")
    assert record.reason == "忘记密码"
    asked(office_of(chief), page, display_name="小王", reason="改名")
    assert StaffAction.objects.count() == 1


def test_the_menu_has_no_page_that_its_reader_may_not_open() -> None:
    make_city()
    for city, there in ((EVERY_CITY, True), (CITY, False)):
        office = office_of(colleague("manager", city=city))
        assert ("改动记录" in words_of(office.get("/ops/"))) == there
        assert (office.get("/ops/changes/").status_code == 200) == there


def test_nobody_gives_what_he_has_not_and_nobody_changes_himself() -> None:
    make_city()
    staff = colleague("quality", city=CITY)
    User.objects.filter(pk=staff.pk).update(duties=["quality"])
    office = office_of(colleague("manager", city=CITY))
    me = User.objects.get(duties=["manager"])
    address = reverse("admin:accounts_staff_change", args=[me.pk])
    fields = form_of(office.get(address)) | {"duties": ["dispatcher"], "reason": "试试"}
    assert "不能停用自己" in words_of(office.post(address, fields))
    boss = make_staff(city=CITY, is_superuser=True)
    assert office.get(reverse("admin:accounts_staff_change", args=[boss.pk])).status_code == 200
    refused = office.post(reverse("admin:accounts_staff_change", args=[boss.pk]), fields)
    assert refused.status_code == 403


def test_a_customer_who_is_refused_orders_nothing(office: Client) -> None:
    customer = make_customer()
    office = office_of(colleague("quality", city=EVERY_CITY))
    done = office.post(f"/ops/accounts/customer/{customer.pk}/review/", {"review": "refused", "reason": "身份不符"})
    assert "未通过" in said_by(done)
    assert User.objects.get(pk=customer.pk).review == User.REFUSED
    page = words_of(office.get(f"/ops/accounts/customer/{customer.pk}/change/"))
    assert customer.phone[3:] not in page
    assert "****" in page


def test_what_no_trail_of_edits_has_stands_in_the_record_of_actions() -> None:
    make_city()
    chief, colleague_of_his, customer = colleague("manager", city=EVERY_CITY), colleague("dispatcher"), make_customer()
    office = office_of(chief)
    office.post(f"/ops/accounts/customer/{customer.pk}/review/", {"review": "refused", "reason": "证件不符"})
    office.post(f"/ops/accounts/staff/{colleague_of_his.pk}/second-factor/", {"reason": "手机丢失"})
    assert [(one.actor, one.action, one.target, one.reason) for one in StaffAction.objects.order_by("pk")] == [
        (chief, "customer_reviewed", f"user:{customer.pk}:refused", "证件不符"),
        (chief, "second_factor_forgotten", f"user:{colleague_of_his.pk}", "手机丢失"),
    ]


def test_terms_begin_empty_where_the_link_names_none(office: Client) -> None:
    for wrong in ("abc", "0", ""):
        assert office.get(f"/ops/orders/policy/add/?from={wrong}").status_code == 200


def test_a_list_of_services_says_what_people_pay_and_that_more_is_written(office: Client) -> None:
    service = make_service(price_fen=7_800)
    Service.objects.update(price_fen=8_800)
    page = words_of(office.get("/ops/catalog/service/"))
    assert "¥78.00 第 1 版，有改动未发布" in page
    assert "¥88.00" not in page
    asked(office, f"/ops/catalog/service/{service.pk}/publish/", reason="涨价")
    assert "¥88.00 第 2 版 " in words_of(office.get("/ops/catalog/service/"))


def test_a_version_that_cannot_be_read_closes_neither_the_list_nor_its_own_publishing(office: Client) -> None:
    service = make_service()
    make_service("windows", name="擦窗", price_fen=7_800)
    content = sold(service).content | {"of_tomorrow": 1}
    newer = ServiceVersion.objects.create(service=service, number=2, skill="cleaning", content=content)
    Service.objects.filter(pk=service.pk).update(published=newer)
    page = words_of(office.get(SERVICE))
    assert "无法读取 第 2 版，无法读取" in page
    assert "¥78.00 第 1 版" in page
    publish = f"{SERVICE}{service.pk}/publish/"
    assert "已发布的版本无法读取" in words_of(office.get(publish))
    assert said_by(asked(office, publish, reason="重新发布")) == "已发布第 3 版"
    assert "无法读取" not in words_of(office.get(SERVICE))


def test_a_list_of_more_services_asks_no_more_of_the_database(office: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            office.get("/ops/catalog/service/")
        return len(made)

    make_service()
    few = queries()
    for number in range(4):
        make_service(f"service-{number}")
    assert queries() == few


def test_skills_have_names_that_pages_and_the_trail_say(office: Client) -> None:
    make_service()
    worker = make_worker(skills=["cleaning"])
    page = "/ops/catalog/skill/"
    (skill,) = Skill.objects.all()
    assert (skill.code, skill.name) == ("cleaning", "cleaning"), "until somebody names it"
    assert asked(office, f"{page}{skill.pk}/change/", name="日常保洁", reason="起名").status_code == 302
    assert "日常保洁 cleaning 1" in words_of(office.get(page))
    assert "日常保洁（初级）" in words_of(office.get("/ops/workforce/worker/"))
    assert "日常保洁（初级）" in words_of(office.get(f"/ops/workforce/worker/{worker.pk}/change/"))
    assert "技能：日常保洁" in words_of(office.get("/ops/changes/"))
    asked(office, f"{page}add/", code="windows", name="擦窗", reason="还没有服务")
    assert "擦窗 windows 0" in words_of(office.get(page))
    twice = asked(office, f"{page}add/", code="other", name="日常保洁", reason="又一个")
    assert "已有同名的技能" in words_of(twice)


def test_a_service_asks_for_a_skill_that_there_is(office: Client) -> None:
    service = make_service()
    answer = asked(office, f"{SERVICE}{service.pk}/change/", skill="no-such-skill", reason="试试")
    assert answer.status_code == 200
    assert Service.objects.get().skill == "cleaning"
    table = f"标识,名称,分类标识,介绍,所需技能,价格（元）,时长（分钟）\n{service.slug},保洁,cleaning,介绍,none,1,60\n"
    file = SimpleUploadedFile("table.csv", table.encode("utf-8-sig"))
    dry = office.post("/ops/catalog/service/import/", {"import_file": file, "format": "0", "resource": ""})
    assert "没有代码为「none」的技能" in words_of(dry)
