"""A service is written as a draft, and sold as the version that was published last."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.web.people import Api, body_of, make_category, make_service, make_staff, refusal, sold
from web.catalog import services
from web.catalog.content import AddOn, Choice, Content, Fault, Option, Question, Step, read, written
from web.catalog.models import CatalogueChange, OptionChoice, PriceItem, Service, ServiceVersion
from web.errors import DoorbellError

pytestmark = pytest.mark.django_db

SIZE = Option("size", "面积", required=True, choices=(Choice("s", "小"), Choice("l", "大", 5_000, 1_800, 1)))
ROOMS = Option("rooms", "卫生间", kind="count", unit="间", most=3, included=1, price_fen=2_000, extra_s=900)
FULL = Content(
    name="深度保洁",
    introduction="全屋",
    skill="cleaning",
    price_fen=20_000,
    duration_s=7_200,
    visit_fee_fen=1_000,
    staff=2,
    photo="catalog/services/deep-cleaning.svg",
    certificates=("health",),
    included=("厨房", "卫生间"),
    excluded=("外墙",),
    tags=("换季",),
    questions=(Question("要自备工具吗？", "不用。"),),
    steps=(Step("铺鞋套", "进门先铺"), Step("清洁")),
    options=(SIZE, ROOMS),
    add_ons=(AddOn("fridge", "擦冰箱", "台", 3_000, 2, 600, "有冰霜时"),),
)


def shown(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = body_of(Api().get(f"/services/{service.pk}"))
    return found


def test_all_that_is_written_is_what_is_sold() -> None:
    service = services.put_service(slug="deep", category=make_category(), sold=FULL)
    (item,) = service.price_list.all()
    assert sold(service).sold == replace(FULL, add_ons=(replace(FULL.add_ons[0], item_id=item.pk),))
    page = shown(service)
    assert (page["version"], page["staff"], page["lowest_fen"]) == (1, 2, 20_000)
    assert page["options"][0]["choices"][1] == {
        "key": "l",
        "name": "大",
        "price_fen": 5_000,
        "extra_s": 1_800,
        "staff": 1,
    }
    assert page["options"][1]["included"] == 1
    assert page["questions"] == [{"question": "要自备工具吗？", "answer": "不用。"}]
    assert page["price_list"][0]["condition"] == "有冰霜时"


def test_a_draft_is_nobodys_to_see() -> None:
    service = services.write_service(slug="deep", category=make_category(), sold=FULL)
    services.put_on_shelf(service=service)
    assert refusal(Api().get(f"/services/{service.pk}")) == (404, "not_found")
    services.publish(service=service)
    assert shown(service)["version"] == 1


def test_what_is_written_meanwhile_is_not_sold_before_it_is_published() -> None:
    service = make_service(price_fen=9_900)
    services.write_service(
        slug=service.slug, category=service.category, sold=replace(sold(service).sold, price_fen=12_000)
    )
    assert shown(service)["price_fen"] == 9_900
    staff = make_staff()
    version = services.publish(service=service, by=staff)
    assert (version.number, version.published_by) == (2, staff)
    assert shown(service)["price_fen"] == 12_000


def test_publishing_what_has_not_changed_makes_no_version() -> None:
    service = services.put_service(slug="deep", category=make_category(), sold=FULL)
    again = services.put_service(slug="deep", category=make_category(), sold=FULL)
    assert sold(again) == sold(service)
    assert ServiceVersion.objects.count() == 1


def test_an_item_stays_the_same_item_wherever_it_stands() -> None:
    ice, oven = AddOn("ice", "除冰", "台", 1_000, 1), AddOn("oven", "擦烤箱", "台", 2_000, 1)
    service = make_service(add_ons=(ice, oven))
    before = {item.key: item.pk for item in service.price_list.all()}
    make_service(add_ons=(oven, replace(ice, price_fen=1_500), AddOn("wall", "擦墙", "面", 500, 4)))
    after = {item.key: item.pk for item in service.price_list.all()}
    assert {key: after[key] for key in before} == before
    assert [item["name"] for item in shown(service)["price_list"]] == ["擦烤箱", "除冰", "擦墙"]
    make_service(add_ons=())
    assert not PriceItem.objects.exists()


def test_an_option_that_goes_takes_its_choices_with_it() -> None:
    service = make_service(options=(SIZE, ROOMS))
    make_service(options=(replace(SIZE, choices=SIZE.choices[:1]),))
    assert list(OptionChoice.objects.values_list("option__service", "key")) == [(service.pk, "s")]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"options": (SIZE, SIZE)}, "option_twice:size"),
        ({"options": (Option("size", "面积"),)}, "choice_missing:size"),
        ({"options": (replace(SIZE, choices=SIZE.choices[:1] * 2),)}, "choice_twice:size"),
        ({"options": (replace(ROOMS, included=4),)}, "bounds_wrong:rooms"),
        ({"options": (replace(ROOMS, least=4),)}, "bounds_wrong:rooms"),
        ({"options": (Option("a", "甲", choices=(Choice("b", "乙", -20_001),)),)}, "price_negative"),
        ({"options": (replace(SIZE, choices=(Choice("s", "小"), Choice("m", "小"))),)}, "choice_named_twice:size"),
        ({"add_ons": (replace(FULL.add_ons[0], max_quantity=0),)}, "quantity_zero:fridge"),
        ({"price_fen": 0, "visit_fee_fen": 0}, "price_zero"),
        ({"duration_s": 0}, "duration_zero"),
        ({"duration_s": 90_000}, "visit_too_long"),
        ({"duration_s": 86_400, "options": (replace(ROOMS, required=True, least=2),)}, "visit_too_long"),
        ({"introduction": "长" * 2_001}, "introduction_long"),
        ({"included": ("厨房",) * 51}, "included_many"),
        ({"excluded": ("长" * 201,)}, "excluded_long"),
        ({"tags": ("长" * 21,)}, "tags_long"),
        ({"questions": FULL.questions * 51}, "questions_many"),
        ({"steps": FULL.steps * 51}, "steps_many"),
        (
            {"options": (replace(SIZE, choices=tuple(Choice(str(one), str(one)) for one in range(51))),)},
            "choices_many:size",
        ),
        ({"staff": 0}, "staff_zero"),
    ],
)
def test_what_cannot_be_sold_names_what_is_wrong(wrong: dict[str, Any], fault: str) -> None:
    code, _, about = fault.partition(":")
    assert Fault(code, about) in replace(FULL, **wrong).faults()


@pytest.mark.parametrize(
    "much",
    [
        {"introduction": "长" * 2_000, "included": ("长" * 200,) * 50, "tags": ("长" * 20,) * 20},
        {"price_fen": 0, "visit_fee_fen": 1},
        {"price_fen": 1, "visit_fee_fen": 0},
        {"price_fen": 0, "visit_fee_fen": 0, "options": (Option("a", "甲", "some", True, (Choice("b", "乙", 1),)),)},
        {"duration_s": 86_400},
        {"duration_s": 86_400, "options": (SIZE, replace(ROOMS, required=True, least=1))},
    ],
)
def test_what_just_keeps_within_its_bounds_can_be_sold(much: dict[str, Any]) -> None:
    assert replace(FULL, **much).faults() == []


def test_more_than_anybody_reads_is_not_even_written_and_what_was_stored_before_is_read() -> None:
    service = make_service()
    much = replace(sold(service).sold, introduction="长" * 100_000, tags=("长" * 500,))
    with pytest.raises(DoorbellError, match="service_incomplete"):
        services.write_service(slug=service.slug, category=service.category, sold=much)
    before = ServiceVersion.objects.create(service=service, number=2, skill="cleaning", content=written(much))
    Service.objects.filter(pk=service.pk).update(published=before)
    assert shown(service)["tags"] == ["长" * 500]


def test_a_draft_whose_picture_is_not_there_is_not_published() -> None:
    service = make_service()
    Service.objects.filter(pk=service.pk).update(photo="catalog/services/nothing-there.svg")
    with pytest.raises(DoorbellError) as refused:
        services.publish(service=service)
    assert [fault["code"] for fault in refused.value.details["faults"]] == ["photo_unknown"]


def test_what_cannot_be_sold_is_not_published() -> None:
    service = make_service(price_fen=9_900)
    services.write_service(slug=service.slug, category=service.category, sold=replace(sold(service).sold, duration_s=0))
    with pytest.raises(DoorbellError) as refused:
        services.publish(service=service)
    assert (refused.value.code, refused.value.details) == (
        "service_incomplete",
        {"faults": [{"code": "duration_zero", "about": "", "message": "时长须大于 0"}]},
    )
    assert shown(service)["version"] == 1


def test_versions_are_append_only() -> None:
    make_service()
    for write in ("UPDATE catalog_serviceversion SET number = 9", "DELETE FROM catalog_serviceversion"):
        with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(write)


def test_a_word_that_no_version_has_is_refused() -> None:
    with pytest.raises(ValueError, match="surprise"):
        read({**sold(make_service()).content, "surprise": 1})


def test_a_category_is_never_below_itself() -> None:
    top = make_category()
    below = services.put_category(slug="windows", name="玻璃", parent=top)
    for parent in (top, below):
        with pytest.raises(DoorbellError, match="category_below_itself"):
            services.put_category(slug=top.slug, name=top.name, parent=parent)


def test_a_key_that_stands_for_two_things_is_not_even_written() -> None:
    with pytest.raises(DoorbellError, match="service_incomplete"):
        services.write_service(slug="deep", category=make_category(), sold=replace(FULL, options=(SIZE, SIZE)))
    assert not Service.objects.exists()


def test_a_draft_has_no_index_built_and_another_place_of_the_service_has() -> None:
    service = make_service()
    before = CatalogueChange.objects.count()
    said: dict[str, Any] = {"slug": service.slug, "sold": replace(sold(service).sold, price_fen=1)}
    services.write_service(category=service.category, position=service.position, **said)
    assert CatalogueChange.objects.count() == before
    repair = make_category("repair", "维修")
    before = CatalogueChange.objects.count()
    services.write_service(category=repair, position=service.position, **said)
    assert CatalogueChange.objects.count() == before + 1
