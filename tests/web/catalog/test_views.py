"""What people look at: counted, remembered for oneself as long as one likes, and pruned by age."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.catalog.shop import CITY, home, laid_out, make_shop, ordered, service
from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.catalog import interest, services
from web.catalog.home.parts import Recommended
from web.catalog.home.seasons import put_season, remove_season
from web.catalog.home.selectors import seasons_visible_to
from web.catalog.models import ServiceView
from web.errors import DoorbellError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    make_shop()


def look(slug: str, by: User | None = None, city: str = CITY) -> int:
    return Api(by).post(f"/services/{service(slug).pk}/views?city={city}").status_code


def seen(by: User) -> list[str]:
    return [one["service"]["slug"] for one in body_of(Api(by).get("/views"))]


def why(by: User | None = None) -> dict[str, list[str]]:
    """Of what is recommended."""
    laid_out(Recommended())
    return {one["slug"]: [reason["code"] for reason in one["why"]] for one in home(by)[0]["services"]}


def test_a_customers_view_is_his_and_anybody_elses_nobodys() -> None:
    customer = make_customer()
    for by in (customer, customer, None, None, make_staff(), make_worker().user):
        assert look("ac", by) == 204
    rows = ServiceView.objects.order_by("pk").values_list("user", "city")
    assert list(rows) == [(customer.pk, CITY), *[(None, CITY)] * 4]


def test_what_is_not_on_the_shelf_is_not_looked_at_and_a_city_that_is_none_is_not_kept() -> None:
    assert look("ac", city="atlantis") == 204
    assert ServiceView.objects.get().city == ""
    services.put_on_shelf(service=service("ac"), cities=())
    assert refusal(Api().post(f"/services/{service('ac').pk}/views")) == (404, "not_found")
    assert refusal(Api().post("/services/999999/views")) == (404, "not_found")


def test_a_look_a_day_counts_the_last_one_tells_when() -> None:
    customer, day = make_customer(), timedelta(days=1)
    look("ac", customer)
    ServiceView.objects.update(at=timezone.now() - day, day=(timezone.localtime() - day).date())
    look("glass", customer)
    look("ac", customer)
    assert ServiceView.objects.filter(user=customer).count() == 3
    assert seen(customer) == ["ac", "glass"]


@pytest.mark.django_db(transaction=True)
def test_looking_many_times_at_once_is_one_view() -> None:
    customer, pk = make_customer(), service("ac").pk
    at_once(4, lambda: interest.record_view(user=customer, service_id=pk, city=CITY))
    assert ServiceView.objects.count() == 1


def test_ones_views_are_ones_own_and_can_be_forgotten() -> None:
    one, other = make_customer(), make_customer()
    for by in (one, other):
        look("ac", by)
        look("glass", by)
    ask = Api(one)
    assert ask.delete(f"/views?service_id={service('ac').pk}").status_code == 204
    assert seen(one) == ["glass"]
    assert ask.delete("/views").status_code == 204
    assert (seen(one), seen(other)) == ([], ["glass", "ac"])
    assert ServiceView.objects.count() == 4, "they still count"
    assert "viewed" not in [code for codes in why(one).values() for code in codes]
    assert refusal(Api().get("/views")) == (401, "unauthenticated")
    assert refusal(Api(make_staff()).get("/views")) == (403, "forbidden")


def test_views_are_kept_for_a_time() -> None:
    look("ac")
    look("glass")
    ServiceView.objects.filter(service=service("ac")).update(at=timezone.now() - timedelta(days=91))
    assert interest.prune_views(before=timezone.now() - timedelta(days=90)) == 1
    assert ServiceView.objects.get().service == service("glass")


def test_what_was_looked_at_and_booked_in_the_city_is_popular_there() -> None:
    for by in (make_customer(), make_customer()):
        ordered(by, "glass")
        ordered(by, "ac", city="suzhou")
    look("hood")
    assert why() == {"glass": ["popular"], "hood": ["popular"], "ac": ["listed"]}


def test_unpaid_orders_make_nothing_popular() -> None:
    ordered(make_customer(), "glass", paid=False)
    assert why()["glass"] == ["listed"]


def test_ones_own_past_is_in_ones_own_page_alone() -> None:
    one, other = make_customer(), make_customer()
    look("hood", one)
    assert why(one)["hood"] == ["viewed", "popular"]
    assert why(one)["ac"] == ["viewed"]
    assert why(other)["hood"] == ["popular"]
    ordered(other, "glass")
    assert "glass" not in why(other)
    assert "glass" in why(one)


def test_what_others_booked_with_it_is_offered_where_they_are_several() -> None:
    customer = make_customer()
    ordered(customer, "glass")
    for number in range(3):
        assert "together" not in why(customer)["ac"], number
        other = make_customer()
        ordered(other, "glass")
        ordered(other, "ac")
    assert why(customer)["ac"] == ["popular", "together"]


def test_what_is_in_season_comes_first_where_nothing_else_is_known() -> None:
    staff = make_staff(city=CITY)
    put_season(by=staff, city=CITY, name="年前大扫除", words=["玻璃"], months=[1.0] * 12)
    put_season(by=staff, city=CITY, name="从不", words=["空调"], months=[0.0] * 12)
    assert list(why()) == ["glass", "ac", "hood"]
    assert home()[0]["services"][0]["why"] == [{"code": "season", "text": "当季：年前大扫除"}]
    remove_season(by=staff, city=CITY, name="年前大扫除")
    assert why()["glass"] == ["listed"]


def test_seasons_are_of_who_is_in_charge_and_have_twelve_months() -> None:
    year = [0.5] * 12
    for by in (make_staff(city="suzhou"), make_staff(city=""), make_customer()):
        for city in (CITY, ""):
            with pytest.raises(DoorbellError, match="forbidden"):
                put_season(by=by, city=city, name="x", words=["x"], months=year)
    for wrong in (
        {"months": year[1:]},
        {"months": [*year[1:], 1.1]},
        {"months": [*year[1:], float("nan")]},
        {"words": [" "]},
        {"name": ""},
    ):
        with pytest.raises(DoorbellError, match="season_wrong"):
            put_season(**({"by": None, "city": CITY, "name": "x", "words": ["x"], "months": year} | wrong))  # type: ignore[arg-type]
    with pytest.raises(DoorbellError, match="not_found"):
        remove_season(by=None, city=CITY, name="x")
    put_season(by=make_staff(), city="", name="x", words=["x"], months=year)
    assert [seasons_visible_to(by).count() for by in (make_staff(city=CITY), make_staff(city=""))] == [1, 0]
