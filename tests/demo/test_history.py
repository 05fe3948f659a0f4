"""What the demo's city has behind it when it is started."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.web.people import make_staff
from web.demo import catalogue, history
from web.demo.catalogue import trades
from web.demo.history import made_up
from web.ledger.checking import disagreements
from web.marketing.what_if.campaigns import Draft, try_campaign
from web.orders.discounts import Discount, Threshold
from web.orders.history import PastOrder, read_line
from web.orders.models import Order
from web.orders.replaying import Window
from web.times import SHANGHAI

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def lines(now: datetime = NOW, orders: int = 300) -> list[PastOrder]:
    read = [read_line(1, json.dumps(one)) for one in made_up(orders, city="hangzhou", now=now)]
    return [one for one in read if isinstance(one, PastOrder)]


def test_it_is_the_same_each_time() -> None:
    assert list(made_up(50, city="hangzhou", now=NOW)) == list(made_up(50, city="hangzhou", now=NOW))


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_at_whatever_hour_the_demo_starts_all_of_it_is_over(hour: int) -> None:
    now = NOW.replace(hour=hour)
    found = lines(now)
    assert len(found) == 300
    assert all(now - timedelta(days=63) < one.placed_at and one.ended_at < now for one in found)


def test_it_is_spread_over_sixty_days_and_believable_hours() -> None:
    starts = [one.starts_at.astimezone(SHANGHAI) for one in lines()]
    assert len({one.date() for one in starts}) >= 55
    assert {one.hour for one in starts} <= set(range(8, 20))
    days = Counter(one.weekday() >= 5 for one in starts)
    # Two days of seven have more than two sevenths.
    assert days[True] > 300 * 2 / 7
    assert all(one.finished_at.astimezone(SHANGHAI).hour >= 8 for one in lines() if one.finished_at)


def test_most_of_it_went_well() -> None:
    found = lines()
    completed = [one for one in found if one.is_completed]
    assert 230 <= len(completed) <= 285
    assert all(one.refunded_fen == one.total_fen for one in found if not one.is_completed)
    assert len({one.service for one in found}) >= 20
    regulars = Counter(one.customer.phone for one in found)
    assert max(regulars.values()) >= 5
    stars = [one.rating for one in completed if one.rating]
    assert 3.5 < sum(stars) / len(stars) < 4.9


@pytest.fixture
def few_services(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [{**trade, "services": trade["services"][:2]} for trade in trades()]
    for module in (catalogue, history):
        monkeypatch.setattr(module, "trades", lambda: few)


@pytest.mark.django_db
@pytest.mark.usefixtures("few_services")
def test_the_seed_imports_it_once(capsys: Any) -> None:
    call_command("seed_demo", speed=20.0, history=40)
    first = list(Order.objects.order_by("pk").values_list("pk", "imported_from", "placed_at"))
    assert [source for _, source, _ in first] == [history.SOURCE] * 40
    assert all(ended and ended < timezone.now() for ended in Order.objects.values_list("ended_at", flat=True))
    call_command("seed_demo", speed=20.0, history=300)
    assert list(Order.objects.order_by("pk").values_list("pk", "imported_from", "placed_at")) == first
    assert disagreements() == []


@pytest.mark.django_db
@pytest.mark.usefixtures("few_services")
def test_a_campaign_is_tried_on_it(capsys: Any) -> None:
    call_command("seed_demo", speed=20.0, history=60)
    now = timezone.now()
    newcomers = Discount(steps=(Threshold(at_least_fen=6_000, off_fen=1_500),), new_customers=True)
    tried = try_campaign(Window(make_staff(), now - timedelta(days=30), now), Draft(newcomers, "hangzhou"))
    month = Order.objects.filter(phase="COMPLETED", placed_at__gte=now - timedelta(days=30))
    assert tried.orders == tried.imported == month.count() > 10
    assert tried.platform_change_fen == -1_500 * len(tried.got) < 0


@pytest.mark.django_db
def test_a_seed_that_was_not_asked_makes_none() -> None:
    assert history.seed_history(city="hangzhou", orders=0) == 0
