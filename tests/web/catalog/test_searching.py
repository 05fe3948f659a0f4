"""Searching through the API: what is on the shelf, recorded; one's own history; hot words; what was not found."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from limits import parse
from pytest_django import DjangoAssertNumQueries, Settings

from tests.web.people import (
    Api,
    body_of,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
    sold,
)
from web.accounts.models import User
from web.catalog import demand, selectors, services
from web.catalog.api import STRANGERS_TYPING, TYPING
from web.catalog.content import AddOn, Choice, Option
from web.catalog.models import City, Search, SearchClick, Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> None:
    make_city()
    make_worker(skills=["cleaning"])
    make_service("aircon", name="空调清洗", introduction="拆开滤网，冲洗蒸发器", tags=("挂机", "异味"))
    make_service("glass", name="擦玻璃", introduction="内外两面", position=2)
    make_service("sofa", name="沙发清洗", introduction="布艺与皮质", position=3)


@pytest.fixture
def own_cache(settings: Settings) -> None:
    """Redis is that of other test runs, too."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(uuid4())}}


def looked_for(q: str, by: User | None = None, **query: str) -> list[str]:
    return [hit["service"]["slug"] for hit in search(q, by, **query)["hits"]]


def hot_words(city: str) -> list[str]:
    words: list[str] = body_of(Api().get("/search/hot", city=city))
    return words


def searched_by_three(query: str) -> None:
    for _ in range(3):
        services.record_search(user=make_customer(), city="hangzhou", query=query, found=1)


def search(q: str, by: User | None = None, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = body_of(Api(by).get("/search", q=q, **query))
    return answer


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "q", ["空调清洗", "空调", "kongtiaoqingxi", "kong tiao", "ktqx", "空条清洗", "kongtaio", "空调qx"]
)
def test_a_service_is_found_however_it_is_typed(q: str) -> None:
    assert looked_for(q)[0] == "aircon"


@pytest.mark.usefixtures("shop")
def test_synonyms_and_needs_are_the_operators_tables() -> None:
    assert looked_for("冷气机") == []
    services.put_thesaurus(synonyms=[["空调", "冷气机"]], needs=[("看不清外面", ["玻璃"])])
    assert looked_for("冷气机") == ["aircon"]
    assert looked_for("看不清外面") == ["glass"]


@pytest.mark.usefixtures("shop")
def test_what_is_published_or_taken_off_is_found_or_not() -> None:
    service = make_service("pond", name="鱼塘清淤", introduction="抽干清泥")
    assert looked_for("鱼塘") == ["pond"]
    services.put_on_shelf(service=service, cities=())
    assert looked_for("鱼塘") == []


@pytest.mark.usefixtures("shop")
def test_a_service_is_found_by_the_category_that_it_hangs_in_now() -> None:
    service = make_service("glass", name="擦玻璃", introduction="内外两面", position=2)
    assert looked_for("园艺") == []
    garden = services.put_category(slug="garden", name="园艺")
    services.write_service(slug="glass", category=garden, sold=sold(service).sold, position=2)
    assert looked_for("园艺") == ["glass"]


@pytest.mark.usefixtures("shop")
def test_a_city_finds_what_it_sells_and_somebody_can_do() -> None:
    services.put_city(code="suzhou", name="苏州", lng=120.58, lat=31.3)
    assert looked_for("玻璃", city="hangzhou") == ["glass"]
    assert looked_for("玻璃", city="suzhou") == []
    make_worker(skills=["cleaning"], city="suzhou")
    assert looked_for("玻璃", city="suzhou") == ["glass"]
    for service in (make_service("glass", name="擦玻璃", introduction="内外两面", position=2),):
        services.put_on_shelf(service=service, cities=[City.objects.get(code="suzhou")])
    assert looked_for("玻璃", city="hangzhou") == []
    assert looked_for("玻璃", city="nowhere") == []


@pytest.mark.usefixtures("shop")
def test_options_add_ons_and_tags_are_searched_too() -> None:
    option = Option("material", "材质", choices=(Choice("silk", "真丝"),))
    make_service("curtain", name="窗帘清洗", options=(option,), add_ons=(AddOn("hooks", "换挂钩", "副", 500, 9),))
    assert looked_for("真丝") == ["curtain"]
    assert looked_for("挂钩") == ["curtain"]
    assert looked_for("异味") == ["aircon"]


@pytest.mark.usefixtures("shop")
def test_a_hit_explains_itself_to_staff() -> None:
    staff = make_staff()
    (plain, *_), (explained, *_) = search("ktqx")["hits"], search("ktqx", staff, explain="true")["hits"]
    assert plain["reasons"] is None
    assert 0 < plain["score"] <= 1
    assert [(reason["field"], reason["manner"]) for reason in explained["reasons"]] == [("name", "initials")]
    browser = Client()
    browser.force_login(staff)
    assert browser.get("/api/search?q=ktqx&explain=true").json()["hits"][0] == explained


@pytest.mark.usefixtures("shop")
def test_to_nobody_else() -> None:
    for who in (None, make_customer(), make_worker(skills=["cleaning"]).user):
        assert refusal(Api(who).get("/search", q="ktqx", explain="true")) == (403, "forbidden")
    assert not Search.objects.exists()


@pytest.mark.usefixtures("shop")
def test_who_asks_for_suggestions_without_end_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    for who, limit in ((make_customer(), TYPING), (None, STRANGERS_TYPING)):
        monkeypatch.setattr(limit, "items", [parse("2/minute")])
        asker = Api(who)
        answers = [asker.get("/search/suggestions", q="空") for _ in range(3)]
        assert [answer.status_code for answer in answers[:2]] == [200, 200]
        assert refusal(answers[2]) == (429, "rate_limited")
        assert asker.get("/search", q="空").status_code == 200


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("prefix", "text"), [("空", "空调清洗"), ("kongt", "空调清洗"), ("sfq", "沙发清洗")])
def test_what_is_being_typed_is_completed(prefix: str, text: str) -> None:
    assert text in body_of(Api().get("/search/suggestions", q=prefix, city="hangzhou"))
    assert not Search.objects.exists()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("q", ["", "  ", "!!!", "😀", "zzzzzzzz", "x" * 100, "'; DROP TABLE", "%", "\\"])
def test_nothing_is_found_for_what_means_nothing(q: str) -> None:
    assert looked_for(q) == []
    assert body_of(Api().get("/search/suggestions", q=q)) == []


@pytest.mark.parametrize("query", [{}, {"q": "x" * 101}, {"q": "a", "limit": "0"}, {"q": "a", "limit": "51"}])
def test_what_is_no_search_is_refused(query: dict[str, str]) -> None:
    assert refusal(Api().get("/search", **query)) == (422, "invalid_request")


@pytest.mark.usefixtures("shop")
def test_each_search_is_recorded_with_what_it_found() -> None:
    customer = make_customer()
    search("空调", customer, city="hangzhou")
    search("直升机")
    recorded = Search.objects.order_by("pk").values_list("user", "city", "query", "found")
    assert list(recorded) == [(customer.pk, "hangzhou", "空调", 1), (None, "", "直升机", 0)]


@pytest.mark.usefixtures("shop")
def test_ones_history_is_ones_own_and_can_be_forgotten() -> None:
    one, other = make_customer(), make_customer()
    for query in ("空调", "玻璃", "空调"):
        search(query, one)
    search("沙发", other)
    ask = Api(one)
    assert body_of(ask.get("/search/history")) == ["空调", "玻璃"]
    assert ask.delete("/search/history?q=空调").status_code == 204
    assert body_of(ask.get("/search/history")) == ["玻璃"]
    assert ask.delete("/search/history").status_code == 204
    assert body_of(ask.get("/search/history")) == []
    assert body_of(Api(other).get("/search/history")) == ["沙发"]
    assert Search.objects.count() == 4


def test_history_is_for_who_has_signed_in() -> None:
    assert refusal(Api().get("/search/history")) == (401, "unauthenticated")
    assert refusal(Api(make_staff()).get("/search/history")) == (403, "forbidden")


@pytest.mark.usefixtures("shop", "own_cache")
def test_a_word_is_hot_that_several_people_look_for() -> None:
    people = [make_customer() for _ in range(3)]
    for person in people:
        search("空调", person, city="hangzhou")
        search("直升机", person, city="hangzhou")
    for _ in range(5):
        search("玻璃", people[0], city="hangzhou")
    for person in people:
        # Nobody puts up a text of his own, however many he is.
        search("空调清洗加微信 abc", person, city="hangzhou")
        search("空调清洗", person, city="hangzhou")
    assert [hot_words(city) for city in ("hangzhou", "suzhou")] == [["空调清洗"], []]
    Search.objects.update(at=timezone.now() - timedelta(days=8))
    cache.clear()
    assert hot_words("hangzhou") == []


@pytest.mark.usefixtures("own_cache")
def test_hot_words_are_counted_once_a_minute(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_city()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        searched_by_three("空调")
        assert selectors.hot_words("hangzhou") == ["空调"]
        searched_by_three("玻璃")
        clock.shift(59)
        with django_assert_num_queries(0):
            assert selectors.hot_words("hangzhou") == ["空调"]
        clock.shift(2)
        assert selectors.hot_words("hangzhou") == ["玻璃", "空调"]
    assert selectors.hot_words("atlantis") == []
    assert cache.get("hot-words:atlantis:10") is None


@pytest.mark.usefixtures("own_cache")
def test_of_a_busy_city_only_the_last_searches_make_words_hot(monkeypatch: pytest.MonkeyPatch) -> None:
    make_city()
    searched_by_three("空调")
    searched_by_three("玻璃")
    Search.objects.filter(query="空调").update(at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(selectors, "HOT_AMONG", 3)
    assert selectors.hot_words("hangzhou") == ["玻璃"]


@pytest.mark.usefixtures("shop")
def test_a_click_is_counted_once_and_only_on_what_was_found() -> None:
    found = search("空调")
    path, body = f"/search/{found['search']}/clicks", {"service_id": found["hits"][0]["service"]["id"], "position": 1}
    for _ in range(2):
        assert Api().post(path, body).status_code == 204
    assert SearchClick.objects.count() == 1
    assert refusal(Api().post(path, body | {"position": 2})) == (404, "not_found")
    for other in (Service.objects.get(slug="glass").pk, 999_999):
        assert refusal(Api().post(path, body | {"service_id": other})) == (404, "not_found")
    assert refusal(Api().post(f"/search/{uuid4()}/clicks", body)) == (404, "not_found")
    assert refusal(Api().post("/search/1/clicks", body)) == (422, "invalid_request")


@pytest.mark.usefixtures("shop")
def test_what_was_asked_most_is_told_with_what_was_clicked() -> None:
    for query, clicked in (("清洗", "sofa"), ("清洗", "sofa"), ("清洗", "aircon"), ("玻璃", ""), ("直升机", "")):
        found = search(query, city="hangzhou")
        if clicked:
            ids = {hit["service"]["slug"]: hit["service"]["id"] for hit in found["hits"]}
            click = {"service_id": ids[clicked], "position": 1}
            assert Api().post(f"/search/{found['search']}/clicks", click).status_code == 204
    now = timezone.now()
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    told = demand.searched_most(since=since, until=until, city="hangzhou")
    assert [tuple(one.values()) for one in told] == [
        ("清洗", 3, 0, 3, "沙发清洗"),
        ("玻璃", 1, 0, 0, ""),
        ("直升机", 1, 1, 0, ""),
    ]
    assert demand.searched_most(since=since, until=until, city="suzhou") == []


@pytest.mark.usefixtures("shop")
def test_of_what_was_typed_no_number_of_a_phone_and_nobody_but_a_customer_is_kept() -> None:
    worker = make_worker(skills=["cleaning"])
    search("空调 13800138000 张", worker.user)
    assert list(Search.objects.values_list("user", "city", "query")) == [(None, "", "空调 * 张")]  # type: ignore[comparison-overlap]
    assert refusal(Api().get("/search", q="空调", city="x" * 21)) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0013 8000", "*"),
        ("空调 138-0013-8000 张", "空调 * 张"),
        ("１３８ ００１３ ８０００ 空调", "* 空调"),
        ("60㎡(138.0013.8000)，139 0013 9000", "60㎡(*)，*"),
        ("+86 138 0013 8000空调", "*空调"),
        ("138001380001", "*"),
        ("空调 1 匹 3 台 2026-11-30", "空调 1 匹 3 台 2026-11-30"),
    ],
)
def test_a_number_is_not_kept_however_it_is_written(typed: str, kept: str) -> None:
    assert services.record_search(user=None, city="", query=typed, found=1).query == kept


@pytest.mark.usefixtures("shop")
def test_searches_are_kept_for_a_time() -> None:
    found = search("空调")
    Api().post(f"/search/{found['search']}/clicks", {"service_id": found["hits"][0]["service"]["id"], "position": 1})
    search("玻璃")
    Search.objects.filter(query="空调").update(at=timezone.now() - timedelta(days=91))
    assert services.prune_searches(before=timezone.now() - timedelta(days=90)) == 2
    assert list(Search.objects.values_list("query", flat=True)) == ["玻璃"]


@pytest.mark.usefixtures("shop")
def test_what_was_looked_for_in_vain_is_told() -> None:
    for query in ("直升机", "潜水艇", "直升机", "空调"):
        search(query, city="hangzhou")
    now = timezone.now()
    vain = selectors.searched_in_vain(since=now - timedelta(hours=1), until=now + timedelta(hours=1), city="hangzhou")
    assert [(one["query"], one["times"]) for one in vain] == [("直升机", 2), ("潜水艇", 1)]
    for query, city in (("", "hangzhou"), (" ？！…", ""), ("😀", ""), ("13800138000", ""), ("直升机", "atlantis")):
        search(query, city=city)
    everywhere = selectors.searched_in_vain(since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    assert [(one["query"], one["times"]) for one in everywhere] == [("直升机", 2), ("潜水艇", 1)]
    assert selectors.searched_in_vain(since=now + timedelta(hours=1), until=now + timedelta(hours=2)) == []
