"""Laying out a home page: a draft that nobody sees, its preview and its faults, and publishing it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pydantic import ValidationError

from tests.web.catalog.shop import CITY, another_city, home, kinds, laid_out, make_shop, ordered, service
from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import AccessTrace, User
from web.catalog import interest, services
from web.catalog.home import layouts, selectors
from web.catalog.home.faults import faults_of
from web.catalog.home.parts import (
    Banner,
    Body,
    Campaigns,
    CategoryRow,
    Grid,
    HotList,
    Link,
    Notice,
    Part,
    Recommended,
    Slide,
    read,
    read_body,
    written,
)
from web.catalog.models import HomeLayout, HomePart, HomeVersion
from web.errors import DoorbellError

pytestmark = pytest.mark.django_db

RELAX = "catalog/banners/relax.svg"


@pytest.fixture(autouse=True)
def shop() -> None:
    make_shop()


def put(text: str, *, by: User | None = None, city: str = CITY, **more: Any) -> HomePart:
    return layouts.put_part(by=by, city=city, part=Part(body=Notice(text=text), id=more.pop("id", 0)), **more)


def draft(city: str = CITY) -> list[str]:
    return [
        part.body.text for part in selectors.drafted(HomeLayout.objects.get(city=city)) if part.body.kind == "notice"
    ]


def preview(by: User | None = None, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = body_of(Api(by or make_staff(city=CITY)).get("/home/preview", city=CITY, **query))
    return found


def refused(code: str) -> Any:
    return pytest.raises(DoorbellError, match=f"^{code}$")


def test_parts_are_put_moved_changed_and_removed() -> None:
    staff = make_staff(city=CITY)
    one, two, three = (put(text, by=staff) for text in ("一", "二", "三"))
    put("零", by=staff, position=1)
    assert draft() == ["零", "一", "二", "三"]
    layouts.move_part(by=staff, part_id=three.pk, position=2)
    layouts.move_part(by=staff, part_id=one.pk, position=99)
    assert draft() == ["零", "三", "二", "一"]
    put("贰", by=staff, id=two.pk)
    layouts.remove_part(by=staff, part_id=three.pk)
    assert draft() == ["零", "贰", "一"]
    assert HomeLayout.objects.get(city=CITY).revision == 8


def test_nobody_else_lays_out_a_citys_page() -> None:
    part = put("x")
    another_city()
    for by in (make_staff(city="suzhou"), make_staff(city=""), make_customer(), make_worker().user):
        with refused("forbidden"):
            put("y", by=by)
        with refused("forbidden"):
            layouts.move_part(by=by, part_id=part.pk, position=1)
        with refused("forbidden"):
            layouts.remove_part(by=by, part_id=part.pk)
        with refused("forbidden"):
            layouts.publish_layout(by=by, city=CITY)
        with refused("forbidden"):
            layouts.withdraw_layout(by=by, city=CITY)
        with refused("forbidden"):
            layouts.restore_version(by=by, city=CITY, number=1)
    assert draft() == ["x"]


def test_the_page_of_all_cities_is_of_who_is_in_charge_of_all() -> None:
    with refused("forbidden"):
        put("x", by=make_staff(city=CITY), city="")
    put("x", by=make_staff(), city="")
    with refused("not_found"):
        put("x", by=make_staff(), city="atlantis")


def test_a_part_of_another_page_is_not_found() -> None:
    part = put("x", city="")
    with refused("not_found"):
        put("y", id=part.pk)
    with refused("not_found"):
        layouts.move_part(by=None, part_id=999_999, position=1)


def test_a_draft_shows_no_picture_that_is_not_there_and_has_no_end_of_parts() -> None:
    for nothing in ("picture:" + "0" * 32, "catalog/banners/nothing-there.svg"):
        body = Banner(slides=[Slide(picture=RELAX), Slide(picture=nothing)])
        with refused("photo_unknown"):
            layouts.put_part(by=None, city=CITY, part=Part(body=body))
    for number in range(layouts.PARTS_MAX):
        put(str(number))
    with refused("home_full"):
        put("one more")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "hologram"},
        {"kind": "banner", "slides": []},
        {"kind": "hot", "limit": 0},
        {"kind": "hot", "limit": "3"},
        {"kind": "hot", "colour": "red"},
        {"kind": "notice", "text": ""},
        {"kind": "notice", "text": "a\nb"},
        {"kind": "campaign"},
        {"kind": "category"},
        {"kind": "recommended", "weights": {"half_life_days": 0}},
    ],
)
def test_a_part_that_is_written_wrongly_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_body(body)


def test_a_part_that_ends_before_it_begins_is_refused_by_the_database_too() -> None:
    now = timezone.now()
    with pytest.raises(ValidationError):
        Part(body=Notice(text="x"), from_at=now, until_at=now)
    part = put("x")
    with pytest.raises(IntegrityError, match="home_part_has_time"), transaction.atomic():
        HomePart.objects.filter(pk=part.pk).update(from_at=now, until_at=now)


ALL: list[Body] = [
    Banner(slides=[Slide(picture=RELAX, link=Link(to="search", target="空调"))]),
    Grid(categories=["cleaning"]),
    HotList(),
    Campaigns(coupons=[1]),
    Recommended(),
    CategoryRow(category="cleaning"),
    Notice(text="x"),
]


def test_what_is_written_is_what_is_read_whatever_the_part() -> None:
    now = timezone.now()
    parts = [Part(id=1, title="x", shown_to="newcomers", from_at=now, body=body) for body in ALL]
    assert read(written(parts)) == parts
    laid_out(*ALL, publish=False)
    assert [part.body for part in selectors.drafted(HomeLayout.objects.get(city=CITY))] == ALL


def test_a_draft_is_seen_in_the_preview_and_by_nobody_else() -> None:
    laid_out(Notice(text="旧"))
    put("新")
    assert [part["text"] for part in home()] == ["旧"]
    assert [part["text"] for part in preview()["parts"]] == ["旧", "新"]
    layouts.publish_layout(by=None, city=CITY)
    assert [part["text"] for part in home()] == ["旧", "新"]


def test_a_preview_is_as_of_any_moment() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    laid_out(Notice(text="明天"), HotList(), publish=False, from_at=tomorrow)
    now = preview()
    assert now["parts"] == []
    assert [one["reason"] for one in now["left_out"]] == ["not_now"] * 2
    services.put_on_shelf(service=service("ac"), hot=True, until_at=tomorrow)
    later = preview(at=(tomorrow + timedelta(hours=1)).isoformat().replace("+00:00", "Z"))
    assert kinds(later["parts"]) == ["notice"]
    assert [one["reason"] for one in later["left_out"]] == ["nothing_to_show"]


def test_a_preview_is_as_anybody_sees_it() -> None:
    customer, stranger = make_customer(), make_customer()
    ordered(customer, "ac", at=timezone.now() - timedelta(days=30))
    interest.record_view(user=customer, service_id=service("glass").pk, city=CITY)
    wanted = [Part(body=Notice(text="新客"), shown_to="newcomers"), Part(body=Recommended())]
    layouts.put_layout(by=None, city=CITY, wanted=wanted)
    assert kinds(preview()["parts"]) == ["notice", "recommended"]
    assert kinds(preview(audience="customer")["parts"]) == ["recommended"]
    as_him = preview(customer_id=customer.pk)
    assert as_him["left_out"] == [{"part_id": as_him["left_out"][0]["part_id"], "reason": "not_for_him"}]
    assert as_him["parts"][0]["services"][0]["why"][0]["code"] == "viewed"
    assert AccessTrace.objects.count() == 1, "what he looked at is his own"
    staff = Api(make_staff(city=CITY))
    assert refusal(staff.get("/home/preview", city=CITY, customer_id=stranger.pk)) == (404, "not_found")
    assert refusal(staff.get("/home/preview", city=CITY, customer_id=999_999)) == (404, "not_found")


def test_staff_of_another_city_see_no_draft() -> None:
    another_city()
    for city in ("suzhou", ""):
        assert refusal(Api(make_staff(city=city)).get("/home/preview", city=CITY)) == (404, "not_found")
    assert refusal(Api(make_staff()).get("/home/preview", city="atlantis")) == (404, "not_found")
    put("x")
    visible = [selectors.visible_to(by).count() for by in (make_staff(), make_staff(city="suzhou"), make_customer())]
    assert visible == [1, 0, 0]


def test_a_city_without_a_draft_previews_that_of_all_cities_and_else_the_default() -> None:
    assert kinds(preview()["parts"]) == ["grid", "hot", "recommended"]
    laid_out(Notice(text="全国"), city="", publish=False)
    assert kinds(preview()["parts"]) == ["notice"]


def test_faults_are_told_beforehand_and_some_of_them_keep_it_from_being_published() -> None:
    services.put_on_shelf(service=service("glass"), cities=())
    gone = [
        Slide(picture=RELAX, link=Link(to="service", target="nothing")),
        Slide(picture=RELAX, link=Link(to="service", target="glass")),
        Slide(picture=RELAX, link=Link(to="category", target="nothing")),
        Slide(picture=RELAX, link=Link(to="campaign", target="x")),
    ]
    laid_out(Banner(slides=gone), CategoryRow(category="nowhere"), publish=False)
    found = preview()["faults"]
    assert [(fault["code"], fault["about"], fault["blocks"]) for fault in found] == [
        ("service_unknown", "nothing", True),
        ("service_off_shelf", "glass", False),
        ("category_unknown", "nothing", True),
        ("campaign_unknown", "x", True),
        ("category_unknown", "nowhere", True),
    ]
    with refused("home_incomplete") as refusal_:
        layouts.publish_layout(by=None, city=CITY)
    assert [fault["code"] for fault in refusal_.value.details["faults"]] == [
        *("service_unknown", "category_unknown", "campaign_unknown", "category_unknown"),
    ]
    over = Part(id=3, body=Notice(text="x"), until_at=timezone.now() - timedelta(days=1))
    assert [fault.code for fault in faults_of([over], city=CITY, at=timezone.now())] == ["part_over"]
    layouts.put_layout(by=None, city=CITY, wanted=[])
    with refused("home_incomplete"):
        layouts.publish_layout(by=None, city=CITY)


def test_a_page_that_was_written_before_its_drawings_were_looked_for_is_not_published() -> None:
    laid_out(Banner(slides=[Slide(picture=RELAX)]), publish=False)
    for nothing in ("catalog/banners/nothing-there.svg", "picture:" + "0" * 32):
        HomePart.objects.update(terms={"kind": "banner", "slides": [{"picture": nothing}]})
        (fault,) = preview()["faults"]
        assert (fault["code"], fault["about"], fault["blocks"]) == ("picture_unknown", nothing, True)
        with refused("home_incomplete"):
            layouts.publish_layout(by=None, city=CITY)


def test_a_draft_that_somebody_changed_meanwhile_is_not_published_unseen() -> None:
    put("x")
    seen = preview()["revision"]
    put("y")
    with refused("home_changed"):
        layouts.publish_layout(by=None, city=CITY, revision=seen)
    assert layouts.publish_layout(by=None, city=CITY, revision=seen + 1).number == 1


def test_each_version_is_kept_with_its_actor_and_can_be_gone_back_to() -> None:
    staff = make_staff(city=CITY)
    laid_out(Notice(text="一"), publish=False)
    first = layouts.publish_layout(by=staff, city=CITY)
    laid_out(Notice(text="二"))
    assert (first.number, first.published_by) == (1, staff)
    assert layouts.publish_layout(by=None, city=CITY).number == 2, "nothing has changed"
    layouts.restore_version(by=staff, city=CITY, number=1)
    assert (draft(), home()[0]["text"]) == (["一"], "二")
    assert layouts.publish_layout(by=staff, city=CITY).number == 3
    assert home()[0]["text"] == "一"
    with refused("not_found"):
        layouts.restore_version(by=staff, city=CITY, number=9)
    layouts.withdraw_layout(by=staff, city=CITY)
    assert kinds(home()) == ["grid", "hot", "recommended"]


@pytest.mark.parametrize("sql", ["UPDATE catalog_homeversion SET number = 9", "DELETE FROM catalog_homeversion"])
def test_a_version_is_never_changed(sql: str) -> None:
    laid_out(Notice(text="x"))
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_publish_at_once_one_makes_the_version() -> None:
    put("x")
    assert set(at_once(6, lambda: layouts.publish_layout(by=None, city=CITY).number)) == {1}
    assert HomeVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_put_parts_at_once_all_have_a_place() -> None:
    at_once(6, lambda: put("x", position=1))
    rows = HomePart.objects.order_by("position").values_list("position", flat=True)
    assert list(rows) == [1, 2, 3, 4, 5, 6]


def test_a_layout_that_is_put_again_changes_nothing() -> None:
    laid_out(*ALL, publish=False)
    before = list(HomePart.objects.values_list("pk", flat=True))
    laid_out(*ALL, publish=False)
    assert list(HomePart.objects.values_list("pk", flat=True)) == before
    assert HomeLayout.objects.get(city=CITY).revision == 1
