"""The home page as people see it: each kind of part, when and to whom it is shown, and what it leaves out."""

import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.catalog.shop import CITY, another_city, home, kinds, laid_out, make_shop, ordered, service, slugs
from tests.web.people import (
    CENTRE,
    Api,
    body_of,
    make_address,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
)
from tests.web.photos.pictures import picture
from web.accounts.models import Tie, User
from web.catalog import services
from web.catalog.home import page, shelf, times
from web.catalog.home.campaigns import Promotion
from web.catalog.home.parts import Banner, Campaigns, CategoryRow, Grid, HotList, Link, Notice, Part, Recommended, Slide
from web.catalog.models import City, HomeVersion
from web.orders.policies import Policies
from web.photos.pictures import upload_picture
from web.scheduling import selectors
from web.scheduling.routing import Place
from web.scheduling.selectors import Wanted
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    make_shop()


def slide(to: Any = None, target: str = "") -> Slide:
    return Slide(picture="catalog/banners/relax.svg", link=Link(to=to, target=target) if to else None)


def test_a_city_without_a_layout_has_a_sensible_page() -> None:
    answer = body_of(Api().get("/home", city=CITY))
    assert (answer["city"], answer["version"]) == (CITY, 0)
    grid, hot, recommended = answer["parts"]
    assert [one["slug"] for one in grid["categories"]] == ["appliances", "cleaning"]
    assert (hot["kind"], slugs(hot)) == ("hot", ["ac"])
    assert (recommended["kind"], slugs(recommended)) == ("recommended", ["ac", "hood", "glass"])
    assert recommended["services"][0]["why"] == [{"code": "listed", "text": "平台精选"}]


def test_a_city_that_is_not_served_has_no_page() -> None:
    assert refusal(Api().get("/home", city="atlantis")) == (404, "not_found")
    assert refusal(Api().get("/home")) == (422, "invalid_request")
    assert refusal(Api().get("/home", city=CITY, lng="1", lat="30")) == (422, "invalid_request")


def test_a_banner_shows_its_pictures_in_their_sizes_and_where_they_lead() -> None:
    row = upload_picture(by=None, data=picture())
    slides = [
        Slide(picture=str(row), alt="换季", link=Link(to="service", target="ac")),
        slide("category", "appliances"),
        slide("search", "空调"),
        slide(),
    ]
    laid_out(Banner(slides=slides), title="首屏")
    (banner,) = home()
    assert (banner["kind"], banner["title"]) == ("banner", "首屏")
    assert [one["link"] and one["link"]["to"] for one in banner["slides"]] == ["service", "category", "search", None]
    first = banner["slides"][0]
    assert first["link"] == {"to": "service", "target": "ac", "service_id": service("ac").pk}
    assert (list(first["sizes"]), first["alt"]) == (["960", "480", "160"], "换季")
    assert banner["slides"][1]["picture"] == "/static/catalog/banners/relax.svg"


def test_a_slide_that_leads_to_what_is_off_the_shelf_is_left_out_and_a_banner_without_slides_too() -> None:
    laid_out(Banner(slides=[slide("service", "ac"), slide("category", "appliances"), slide("service", "glass")]))
    services.put_on_shelf(service=service("ac"), cities=())
    services.put_on_shelf(service=service("hood"), cities=())
    (banner,) = home()
    assert [one["link"]["target"] for one in banner["slides"]] == ["glass"]
    services.put_on_shelf(service=service("glass"), cities=())
    assert home() == []


def test_a_grid_shows_the_categories_that_have_something_here() -> None:
    laid_out(Grid(categories=["cleaning", "appliances"], columns=3))
    (grid,) = home()
    assert (grid["columns"], [one["slug"] for one in grid["categories"]]) == (3, ["cleaning", "appliances"])
    services.put_on_shelf(service=service("glass"), cities=())
    (grid,) = home()
    assert [one["slug"] for one in grid["categories"]] == ["appliances"]


def test_a_grid_that_names_none_shows_the_trades_with_what_is_below_them() -> None:
    below = services.put_category(slug="windows", name="玻璃", parent=services.put_category(slug="house", name="家"))
    content = service("glass").published
    assert content
    services.put_service(slug="glass", category=below, sold=content.sold)
    laid_out(Grid())
    (grid,) = home()
    assert sorted(one["slug"] for one in grid["categories"]) == ["appliances", "house"]


def test_the_hot_list_is_of_a_category_or_of_all() -> None:
    services.put_on_shelf(service=service("glass"), hot=True)
    laid_out(HotList(), HotList(category="appliances"), HotList(limit=1))
    assert [slugs(part) for part in home()] == [["ac", "glass"], ["ac"], ["ac"]]


def test_a_categorys_services_come_in_the_operators_order_or_the_popular_first() -> None:
    for _ in range(2):
        ordered(make_customer(), "hood")
    laid_out(CategoryRow(category="appliances"), CategoryRow(category="appliances", order="popular"))
    assert [slugs(part) for part in home()] == [["ac", "hood"], ["hood", "ac"]]


def test_a_notice_is_shown_and_its_link_only_where_it_leads_somewhere() -> None:
    laid_out(Notice(text="春节期间照常服务", tone="warning", link=Link(to="service", target="ac")))
    (notice,) = home()
    assert (notice["text"], notice["tone"], notice["link"]["target"]) == ("春节期间照常服务", "warning", "ac")
    services.put_on_shelf(service=service("ac"), cities=())
    assert [part["link"] for part in home()] == [None]


def test_campaigns_are_those_that_run_and_none_while_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(Campaigns(campaigns=[7], coupons=[9]), Banner(slides=[slide("campaign", "7")]))
    assert home() == []
    runs = Promotion("campaign", 7, "夏季满减", "满 200 减 30", None)
    monkeypatch.setattr(page, "promotions", lambda *, campaigns, **_: [runs] if 7 in campaigns else [])
    campaign, banner = home()
    assert campaign["promotions"] == [
        {"kind": "campaign", "id": 7, "name": "夏季满减", "text": "满 200 减 30", "ends_at": None}
    ]
    assert banner["slides"][0]["link"]["target"] == "7"


def test_a_part_is_shown_from_then_until_then() -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    for from_at, until_at, shown in (
        (None, None, True),
        (now - hour, now + hour, True),
        (now - hour, None, True),
        (now + hour, None, False),
        (None, now - timedelta(seconds=1), False),
    ):
        laid_out(Notice(text="x"), from_at=from_at, until_at=until_at)
        assert bool(home()) is shown


def test_the_edges_of_a_schedule_belong_to_what_begins() -> None:
    edge = datetime.fromisoformat("2026-12-01T00:00:00+08:00")
    before, after = Part(until_at=edge, body=Notice(text="x")), Part(from_at=edge, body=Notice(text="y"))
    assert [part.is_on(edge, newcomer=True) for part in (before, after)] == [False, True]
    just_before = edge - timedelta(microseconds=1)
    assert [part.is_on(just_before, newcomer=True) for part in (before, after)] == [True, False]


def test_what_is_for_newcomers_is_for_who_has_never_paid() -> None:
    customer, other = make_customer(), make_customer()
    ordered(customer, "ac")
    ordered(other, "ac", paid=False)
    laid_out(Notice(text="新客专享"), shown_to="newcomers")
    assert [bool(home(by)) for by in (None, customer, other, make_staff())] == [True, False, True, True]
    laid_out(Notice(text="老客回馈"), shown_to="customers")
    assert [bool(home(by)) for by in (None, customer, other, make_worker().user)] == [False, True, False, False]


def test_a_city_has_its_own_page_or_that_of_all_cities() -> None:
    another_city()
    laid_out(Notice(text="全国"), city="")
    laid_out(Notice(text="杭州"))
    assert [home(city=city)[0]["text"] for city in (CITY, "suzhou")] == ["杭州", "全国"]


def test_a_city_shows_what_is_sold_there_and_somebody_can_do() -> None:
    another_city()
    services.put_on_shelf(service=service("ac"), cities=[City.objects.get(code=CITY)], hot=True)
    make_service("flying", name="无人机", skill="flying")
    assert slugs(home(city="suzhou")[-1]) == ["hood", "glass"]
    assert slugs(home()[1]) == ["ac"]


def test_a_card_says_when_somebody_is_free_first_as_the_calendar_does() -> None:
    customer = make_customer()
    (card, *_) = home(customer)[-1]["services"]
    address = make_address(customer)
    path = f"/services/{card['id']}/slots"
    first = None
    for days in range(3):
        day = (timezone.localtime() + timedelta(days=days)).date().isoformat()
        found = body_of(Api(customer).get(path, address_id=address.pk, day=day))["slots"]
        first = first or (found[0]["starts_at"] if found else None)
    assert card["earliest_at"] is not None
    assert datetime.fromisoformat(card["earliest_at"]) == datetime.fromisoformat(str(first))
    far = home(customer, lng="121.4", lat="31.2")[-1]["services"]
    assert [one["earliest_at"] for one in far] == [None] * 3


def listed(by: User | None = None, **query: Any) -> dict[str, Any]:
    """By slug: when somebody is free first, as the list of services and the search tell it alike."""
    cards = body_of(Api(by).get("/services", **query))
    found = [hit["service"] for hit in body_of(Api(by).get("/search", q="清洗", **query))["hits"]]
    times = {card["slug"]: card["earliest_at"] for card in cards}
    assert {card["slug"]: card["earliest_at"] for card in found}.items() <= times.items()
    assert "ac" in {card["slug"] for card in found}
    return times


def test_a_card_of_a_list_says_what_that_of_the_page_says() -> None:
    customer = make_customer()
    shown = {one["slug"]: one["earliest_at"] for one in home(customer)[-1]["services"]}
    assert None not in shown.values()
    assert listed(customer, city=CITY) == shown
    assert set(listed(city=CITY, lng="121.4", lat="31.2").values()) == {None}
    assert set(listed().values()) == {None}, "where nothing is said of a place"
    Tie.objects.create(customer=customer, worker=Worker.objects.get().user, kind=Tie.BLOCKED_BY_WORKER)
    assert set(listed(customer, city=CITY).values()) == {None}


def test_times_of_a_list_are_worked_out_once_for_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[float]()
    earliest_starts = selectors.earliest_starts

    def counted(wanted: Collection[Wanted], **named: Any) -> list[datetime | None]:
        asked.extend(one.duration_s for one in wanted)
        return earliest_starts(wanted, **named)

    monkeypatch.setattr(selectors, "earliest_starts", counted)
    monkeypatch.setattr(shelf, "SHELVES", shelf.Shelves())
    make_service("long", name="全屋清洗", duration_s=14_400)
    # Whoever asked for which services: the terms of all are equal.
    for category in ("cleaning", "appliances"):
        body_of(Api().get("/services", city=CITY, category=category))
    assert listed(city=CITY).keys() == {"ac", "hood", "glass", "long"}
    home()
    assert sorted(asked) == [7_200, 14_400]


def test_a_shelf_tells_no_older_times_than_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    shelves = shelf.Shelves(good_for_s=0)
    kept, place = shelves.of(CITY), Place(*CENTRE)
    assert kept.earliest([service("ac").pk], place=place) != {service("ac").pk: None}
    Worker.objects.update(area={"type": "Polygon", "coordinates": [[[73, 3], [74, 3], [74, 4], [73, 3]]]})
    assert kept.earliest([service("ac").pk], place=place) == {service("ac").pk: None}


def test_times_are_worked_out_by_one_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out, together = list[int](), threading.Barrier(4)

    def slow(wanted: Collection[Wanted], **named: Any) -> list[datetime | None]:
        worked_out.append(len(wanted))
        time.sleep(0.05)
        return [None] * len(wanted)

    monkeypatch.setattr(selectors, "earliest_starts", slow)
    monkeypatch.setattr(times, "policies_in", lambda city, service_ids: dict.fromkeys(service_ids, Policies()))
    first_times = times.FirstTimes(CITY)

    def ask() -> dict[int, datetime | None]:
        together.wait()
        return first_times.of({1: ("cleaning", 3600)}, place=Place(*CENTRE))

    with ThreadPoolExecutor(4) as pool:
        assert [one.result() for one in [pool.submit(ask) for _ in range(4)]] == [{1: None}] * 4
    assert worked_out == [1]


def test_of_who_is_blocked_no_time_is_told() -> None:
    customer = make_customer()
    Tie.objects.create(customer=customer, worker=Worker.objects.get().user, kind=Tie.BLOCKED_BY_WORKER)
    assert home(customer)[-1]["services"][0]["earliest_at"] is None
    assert home()[-1]["services"][0]["earliest_at"] is not None


def test_a_page_of_another_release_is_no_error() -> None:
    laid_out(Notice(text="x"))
    version = HomeVersion.objects.get()
    broken = HomeVersion.objects.create(
        layout=version.layout, number=2, parts=[{"id": 1, "body": {"kind": "hologram"}}]
    )
    version.layout.published = broken
    version.layout.save()
    assert kinds(home()) == ["grid", "hot", "recommended"]


def test_a_token_that_is_no_good_is_refused() -> None:
    asker = Api(make_customer())
    asker.token += "x"
    assert asker.get("/home", city=CITY).status_code == 401


def test_a_page_that_many_see_is_put_together_from_what_was_read_once(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(shelf, "SHELVES", shelf.Shelves())
    laid_out(Grid(), HotList(), Recommended(), CategoryRow(category="appliances"))
    first = home()
    with django_assert_max_num_queries(1):  # the city
        assert home() == first
    # Somebody's own is asked of him: his login, whether he is new, whom he has blocked, his orders and his views.
    customer = make_customer()
    with django_assert_max_num_queries(7):
        assert kinds(home(customer)) == kinds(first)
