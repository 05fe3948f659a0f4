"""`manage.py seed_demo`: the whole city in one command, any number of times."""

import json
from dataclasses import replace
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command

from hub.models import Event
from web.accounts.models import User
from web.catalog import services as catalog
from web.catalog.home.layouts import put_layout
from web.catalog.models import (
    Category,
    City,
    HomePart,
    HomeVersion,
    Need,
    OptionChoice,
    PriceItem,
    Season,
    Service,
    ServiceStep,
    ServiceVersion,
)
from web.demo import catalogue
from web.demo.catalogue import trades
from web.demo.marketing import GRABBED
from web.demo.terms import PRICING, shortened_terms
from web.marketing import services as marketing
from web.marketing.models import Campaign, CampaignVersion, CouponKind, Gift
from web.ops.trail import edited_by
from web.orders.models import Policy
from web.orders.policies import KINDS, Policies
from web.orders.pricing import Chosen, Occasion, price
from web.orders.selectors import policies_for
from web.orders.services.terms import put_policy
from web.times import SHANGHAI
from web.workforce import planning
from web.workforce import services as workforce
from web.workforce.models import Holiday, Worker, WorkerSkill, WorkingHours
from web.workforce.plans import off_days
from web.workforce.selectors import spans_of
from web.workforce.week import Span

pytestmark = pytest.mark.django_db


WORDS = {"synonyms": [["空调", "冷气机"]], "needs": [{"phrase": "屋里太热", "words": ["空调"]}]}
FEW = {"daily-cleaning", "ac-cleaning", "ac-repair"}


@pytest.fixture(autouse=True)
def few_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of services and thousands of words take their time: see test_seed_catalogue.py."""
    few = [{**trade, "services": [one for one in trade["services"] if one["slug"] in FEW]} for trade in trades()]
    monkeypatch.setattr(catalogue, "trades", lambda: few)
    monkeypatch.setattr(catalogue, "thesaurus", lambda: WORDS)


def seeded(speed: float = 20) -> dict[str, Any]:
    told = StringIO()
    call_command("seed_demo", speed=speed, json=True, stdout=told)
    people: dict[str, Any] = json.loads(told.getvalue())
    return people


def everything() -> dict[str, Any]:
    rows: dict[str, Any] = {}
    sold = (City, Category, Service, ServiceStep, PriceItem, OptionChoice, ServiceVersion, Need)
    for model in (
        *sold,
        Campaign,
        CampaignVersion,
        CouponKind,
        Gift,
        HomePart,
        HomeVersion,
        Season,
        Holiday,
        User,
        Worker,
        WorkerSkill,
        Policy,
    ):
        rows[model.__name__] = serializers.serialize("python", model.objects.order_by("pk"))
    rows["hours"] = {worker.pk: spans_of(worker) for worker in Worker.objects.all()}
    rows["events"] = Event.objects.count()
    return rows


def test_the_city_is_all_there() -> None:
    people = seeded()
    assert [model.objects.count() for model in (City, Service, Worker)] == [1, len(FEW), 30]
    assert [len(people["staff"]), len(people["workers"])] == [5, 30]


def test_a_second_seed_changes_nothing() -> None:
    seeded()
    once = everything()
    seeded()
    assert everything() == once


def test_a_later_seed_leaves_what_people_have_changed_since() -> None:
    worker_id = seeded()["workers"][0]["id"]
    operator = User.objects.get(username="operator")
    before = Service.objects.get(slug="ac-cleaning")
    service, category = Service.objects.get(slug="daily-cleaning"), Category.objects.get(slug="cleaning")
    with edited_by(operator, reason="夏季调价"):
        Category.objects.filter(pk=category.pk).update(name="保洁到家")
        OptionChoice.objects.filter(option__service=service).update(price_fen=12_345)
        catalog.publish(service=Service.objects.get(slug="daily-cleaning"), by=operator)
        put_policy(kind="payment", data={"window_s": 77}, city="hangzhou")
        catalog.put_need(phrase="家里来人了", words=["日常保洁"])
        planning.remove_holiday(day=Holiday.objects.earliest("date").date)
        Season.objects.all().delete()
        put_layout(by=None, city="hangzhou", wanted=[])
        User.objects.filter(username="supervisor").update(duties=["finance", "quality"])
        newcomer = CampaignVersion.objects.get(name="新客首单立减")
        said = marketing.Said("首单立减", newcomer.discount, newcomer.from_at, newcomer.until_at)
        marketing.revise_campaign(actor=operator, campaign_id=newcomer.campaign_id, said=said, reason="改名")
        marketing.create_kind(actor=operator, draft=replace(GRABBED, name="同事的券", city="hangzhou"))
    colleague = User.objects.get(username="dispatcher2")
    colleague.set_password("his own, long enough")
    colleague.save()
    workforce.change_profile(worker_id=worker_id, spans=[Span(0, 8 * 3600, 12 * 3600)])
    once = everything()
    people = seeded(4)
    now = everything()
    # Who has a password of his own knows it.
    assert "dispatcher2" not in {one["username"] for one in people["staff"]}
    changed = {name for name in once if once[name] != now[name]}
    # The terms and durations that nobody has touched are those of the other speed.
    assert changed == {"Policy", "Service", "ServiceVersion", "PriceItem", "OptionChoice"}
    assert Service.objects.get(pk=service.pk).duration_s == service.duration_s
    assert Service.objects.get(slug="ac-cleaning").duration_s == 5 * before.duration_s
    assert policies_for(city="hangzhou", service_id=service.pk).payment.window_s == 77


def test_a_seed_leaves_the_switch_and_the_ratings_that_were_earned_meanwhile() -> None:
    worker_id = seeded()["workers"][0]["id"]
    Worker.objects.filter(pk=worker_id).update(on_duty=True, rating_sum=5001, rating_count=1001)
    seeded()
    worker = Worker.objects.get(pk=worker_id)
    assert (worker.on_duty, worker.rating_sum, worker.rating_count) == (True, 5001, 1001)


def test_speed_divides_every_duration_and_multiplies_only_the_travel() -> None:
    seeded(20)
    service = Service.objects.get(slug="daily-cleaning")
    terms, defaults = policies_for(city="hangzhou", service_id=service.pk), Policies()
    assert service.duration_s == 120 * 60 / 20
    assert terms.dispatch.offer_s == defaults.dispatch.offer_s / 20
    assert terms.payment.window_s == defaults.payment.window_s / 20
    assert terms.completion.review_s == defaults.completion.review_s / 20
    assert terms.travel.speed_mps == defaults.travel.speed_mps * 20
    assert terms.dispatch.w_rating == defaults.dispatch.w_rating
    assert terms.commission == defaults.commission


def test_one_service_is_given_to_the_first_who_takes_it_in_the_citys_time() -> None:
    seeded(20)
    service, other = Service.objects.get(slug="ac-cleaning"), Service.objects.get(slug="ac-repair")
    grabbed, offered = [policies_for(city="hangzhou", service_id=one.pk).dispatch for one in (service, other)]
    assert (grabbed.mode, offered.mode) == ("grab", "offer")
    assert grabbed.model_copy(update={"mode": "offer", "grab_k": offered.grab_k}) == offered


def test_no_duration_is_forgotten() -> None:
    halved = Policies.model_validate(shortened_terms(2)).model_dump()
    for kind in KINDS:
        for name, value in Policies().model_dump()[kind].items():
            if name.endswith("_s") and value is not None:
                assert halved[kind][name] == pytest.approx(value / 2), (kind, name)
    fees = halved["cancellation"]["by_phase"]
    assert [fee["free_before_s"] for fee in fees.values() if fee["free_before_s"]] == [3600]
    assert set(fees) == set(Policies().cancellation.by_phase)


def test_a_later_seed_with_another_speed_is_what_counts() -> None:
    seeded(20)
    seeded(1)
    service = Service.objects.get(slug="daily-cleaning")
    assert service.duration_s == 7200
    terms = policies_for(city="hangzhou", service_id=service.pk)
    assert terms.model_copy(update={"pricing": Policies().pricing}) == Policies()


def test_a_night_of_spring_festival_far_from_the_city_costs_all_that_it_costs() -> None:
    seeded(20)
    sold, terms = Service.objects.get(slug="daily-cleaning").published, Policies.model_validate({"pricing": PRICING})
    assert sold is not None
    new_year = datetime(2027, 2, 6, 23, tzinfo=SHANGHAI)
    days = off_days(new_year.date(), new_year.date())
    answers = {option.key: option.choices[0].key for option in sold.sold.options if option.required}
    occasion = Occasion(new_year, days, distance_m=15_000)
    said = price(sold.sold, Chosen(answers), version=1, terms=terms.pricing, occasion=occasion)
    added = {line.rule: line.amount_fen for line in said.lines}
    assert (added["visit_fee:way"], added["visit_fee:night"]) == (1_800 + 3 * 200, 3_000)
    assert added["surcharge:holiday"] > 0
    assert "surcharge:weekend" not in added


def test_at_a_speed_above_one_everybody_works_around_the_clock() -> None:
    seeded(20)
    assert WorkingHours.objects.exclude(starts_s=0, ends_s=86400).count() == 0
    seeded(1)
    assert WorkingHours.objects.filter(starts_s=0, ends_s=86400).count() == 0


def test_the_staff_can_sign_in_with_the_printed_passwords() -> None:
    for person in seeded()["staff"]:
        user = User.objects.get(username=person["username"])
        assert user.check_password(person["password"])
        assert user.city == ("*" if person["username"] in ("operator", "manager") else "hangzhou")
        assert user.duties


def test_the_text_names_everybody_who_can_sign_in() -> None:
    told = StringIO()
    call_command("seed_demo", stdout=told)
    assert "username dispatcher, password " in told.getvalue()
    assert "199 0571 0001 to 199 0571 0030" in told.getvalue()


def test_a_speed_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="positive"):
        call_command("seed_demo", speed=0.0)
