"""Two who edit at once, or the same thing twice: nothing of one is lost by the other."""

from collections.abc import Collection, Mapping
from datetime import date
from itertools import chain
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import Model
from django.forms import PasswordInput
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.web.ops.office import asked, colleague, form_of, office_of, words_of
from tests.web.ops.world import furnished
from tests.web.people import CITY, make_city, make_service, make_staff
from web.accounts.models import EVERY_CITY
from web.catalog.admin.services import ServiceAdmin
from web.catalog.home.layouts import put_layout
from web.catalog.home.parts import Notice, Part
from web.catalog.home.seasons import put_season
from web.catalog.models import Category, City, HomeLayout, HomePart, Season, Service
from web.marketing import sending_selectors
from web.marketing import services as marketing
from web.marketing.admin.discount_form import FIELDS
from web.marketing.admin.sending import AUDIENCE
from web.marketing.models import Campaign, CouponKind, Sending
from web.marketing.services import Draft
from web.ops.base import OpsAdmin
from web.ops.models import parts_of
from web.ops.seen import columns_seen
from web.workforce.models import Holiday
from web.workforce.planning import put_holiday

pytestmark = pytest.mark.django_db

EDITED = "有人改过这里的内容"


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", city=EVERY_CITY))


def test_what_a_colleague_wrote_meanwhile_is_not_written_over(office: Client) -> None:
    service = make_service()
    page = f"/ops/catalog/service/{service.pk}/change/"
    old = form_of(office.get(page))
    assert office.post(page, form_of(office.get(page)) | {"price_fen": "128.50", "reason": "涨价"}).status_code == 302
    refused = office.post(page, old | {"introduction": "更细致", "reason": "改介绍"})
    assert EDITED in words_of(refused)
    # Nor is it by sending the refused page once more.
    assert EDITED in words_of(office.post(page, form_of(refused) | {"reason": "改介绍"}))
    now = Service.objects.get()
    assert (now.price_fen, now.introduction) == (12_850, service.introduction)


def test_nor_are_parts_of_it(office: Client) -> None:
    service = make_service()
    page = f"/ops/catalog/service/{service.pk}/change/"
    old = form_of(office.get(page))
    service.steps.filter(position=1).update(standard="水槽无渍")
    assert EDITED in words_of(office.post(page, old | {"name": "新名", "reason": "改名"}))


def test_nor_is_his_name_which_no_trail_keeps() -> None:
    make_city()
    office, staff = office_of(colleague("manager", city=EVERY_CITY)), colleague("dispatcher", display_name="王小明")
    page = reverse("admin:accounts_staff_change", args=[staff.pk])
    old = form_of(office.get(page))
    assert asked(office, page, display_name="王晓明", reason="写错了").status_code == 302
    assert EDITED in words_of(office.post(page, old | {"duties": ["quality"], "reason": "换岗"}))
    staff.refresh_from_db()
    assert (staff.display_name, staff.duties) == ("王晓明", ["dispatcher"])


def test_nor_is_what_he_writes_while_the_page_is_read(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service()
    page, get_form = f"/ops/catalog/service/{service.pk}/change/", ServiceAdmin.get_form

    def after_he_wrote(self: ServiceAdmin, *args: Any, **kwargs: Any) -> Any:
        # The page has read the row already.
        Service.objects.update(price_fen=12_850)
        return get_form(self, *args, **kwargs)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ServiceAdmin, "get_form", after_he_wrote)
        old = form_of(office.get(page))
    assert old["price_fen"] == "99.00"
    assert EDITED in words_of(office.post(page, old | {"introduction": "更细致", "reason": "改介绍"}))
    assert Service.objects.get().price_fen == 12_850


def test_nor_is_what_he_writes_published_while_the_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    make_city()
    office, draft = office_of(colleague("marketing", city=EVERY_CITY)), Draft("春天", "到了", {"city": CITY})
    sending = marketing.put_sending(actor=make_staff(), draft=draft)
    page, preview = f"/ops/marketing/sending/{sending.pk}/start/", sending_selectors.preview

    def and_he_writes(**asked: Any) -> Any:
        Sending.objects.update(audience={})
        return preview(**asked)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sending_selectors, "preview", and_he_writes)
        old = form_of(office.get(page))
    assert EDITED in words_of(office.post(page, old | {"reason": "开城"}))
    assert Sending.objects.get().state == Sending.DRAFT


SAID_IN: dict[type[Model], Mapping[str, Collection[str]]] = {
    Campaign: {
        "terms": flatten(FIELDS),
        "name": ["name"],
        **{one: [one] for one in ("introduction", "from_at", "until_at")},
    },
    CouponKind: {"terms": [*flatten(FIELDS), "new_customers"]},
    Sending: {"audience": ["never_ordered", "coupon_unused", *AUDIENCE]},
}
"""Fields that are no column: by the column, of the row or of a part, that has what they say."""


def test_every_field_that_is_edited_is_compared(rf: RequestFactory) -> None:
    rows = furnished()
    request = rf.get("/")
    request.user = colleague(city=EVERY_CITY, is_superuser=True)
    compared = 0
    for model, page in admin.site._registry.items():
        if not isinstance(page, OpsAdmin) or not page.has_change_permission(request, rows[model]):
            continue
        own = model._meta.concrete_model or model
        parts = {part: columns_seen(part) for part, _ in parts_of(own)}
        seen = {*columns_seen(own), *chain.from_iterable(parts.values())}
        columns = {name: column for column, names in SAID_IN.get(own, {}).items() for name in names}
        for name, field in page.get_form(request, rows[model], change=True).base_fields.items():
            # A new password is only written: the page shows nothing of the old one.
            if field.disabled or name in ("seen", "reason") or isinstance(field.widget, PasswordInput):
                continue
            if name in (names := {one.name: one.attname for one in own._meta.concrete_fields}):
                assert names[name] in columns_seen(own), (model, name)
            else:
                assert columns[name] in seen, (model, name)
            compared += 1
        for inline in page.inlines:
            assert {one.attname for one in inline.model._meta.concrete_fields} <= set(parts[inline.model])
    assert compared > 50


@pytest.mark.parametrize("what", ["service", "homelayout"])
def test_what_is_published_is_what_was_looked_at(office: Client, what: str) -> None:
    row: Any = make_service()
    if what == "homelayout":
        put_layout(by=None, city=CITY, wanted=[Part(body=Notice(text="开业"))])
        row = HomeLayout.objects.get()
    page = f"/ops/catalog/{what}/{row.pk}/publish/"
    looked_at = form_of(office.get(page)) | {"reason": "开城"}
    if what == "homelayout":
        HomePart.objects.update(title="同事写的")
    else:
        Service.objects.update(price_fen=1)
    refused = office.post(page, looked_at)
    assert EDITED in words_of(refused)
    published = row.published
    row.refresh_from_db()
    assert row.published == published
    # Whoever has read it now may.
    assert office.post(page, form_of(refused) | {"reason": "开城"}).status_code == 302


def test_what_is_sent_is_what_was_looked_at() -> None:
    make_city()
    office, draft = office_of(colleague("marketing", city=EVERY_CITY)), Draft("春天", "到了", {"city": CITY})
    sending = marketing.put_sending(actor=make_staff(), draft=draft)
    page = f"/ops/marketing/sending/{sending.pk}/start/"
    looked_at = form_of(office.get(page)) | {"reason": "春天"}
    Sending.objects.update(text="同事写的", audience={})
    refused = office.post(page, looked_at)
    assert EDITED in words_of(refused)
    assert Sending.objects.get().state == Sending.DRAFT
    # Whoever has read it now may.
    assert office.post(page, form_of(refused) | {"reason": "春天"}).status_code == 302


def test_adding_what_is_there_writes_nothing_over(office: Client) -> None:
    service = make_service()
    put_holiday(day=date(2027, 10, 1), name="国庆", kind="off")
    put_season(by=None, city=CITY, name="春", words=["擦窗"], months=[1.0] * 12)
    put_layout(by=None, city=CITY, wanted=[Part(body=Notice(text="开业"))])
    before = [
        list(model.objects.values()) for model in (City, Category, Service, Holiday, Season, HomeLayout, HomePart)
    ]
    for page, said, told in (
        ("catalog/city", {"code": CITY, "name": "别处", "lng": "120", "lat": "30"}, "代码相同的"),
        ("catalog/category", {"slug": service.category.slug, "name": "别的"}, "标识相同的"),
        ("catalog/service", {"slug": service.slug, "name": "别的", "price_fen": "1"}, "标识相同的"),
        ("workforce/holiday", {"date": "2027-10-01", "name": "别的"}, "日期相同的"),
        ("catalog/season", {"city": CITY, "name": "春", "words": "别的", "months": "\n".join("1" * 12)}, "名称相同的"),
        ("catalog/homelayout", {"city": CITY}, "城市相同的"),
    ):
        answer = asked(office, f"/ops/{page}/add/", reason="试试", **said)
        assert answer.status_code == 200, page
        assert told in words_of(answer), page
    models = (City, Category, Service, Holiday, Season, HomeLayout, HomePart)
    assert [list(model.objects.values()) for model in models] == before


def test_numbers_that_no_column_holds_are_refused(office: Client) -> None:
    service = make_service()
    page = f"/ops/catalog/service/{service.pk}/change/"
    for said in ({"staff": "70000"}, {"duration_s": "99999999999"}, {"position": "-9999999999"}):
        answer = asked(office, page, reason="试试", **said)
        assert answer.status_code == 200, said
        assert "确保该值" in words_of(answer), said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"code": "宁波!"}, "代码只能是小写字母"),
        ({"code": "NingBo"}, "代码只能是小写字母"),
        ({"lng": "999"}, "中心不在经纬度的范围内"),
        ({"lat": "-99"}, "中心不在经纬度的范围内"),
        ({"name": "杭州"}, "已有同名的城市"),
    ],
)
def test_a_city_that_cannot_be_is_not_opened(office: Client, said: dict[str, str], told: str) -> None:
    City.objects.update(name="杭州")
    fields = {"code": "ningbo", "name": "宁波", "lng": "121.5", "lat": "29.9"} | said
    assert told in words_of(asked(office, "/ops/catalog/city/add/", reason="开城", **fields))
    assert City.objects.count() == 1
