"""Who has points that lapse soon is told, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.web.marketing.offers import cut, give
from tests.web.marketing.wealth import enrich
from tests.web.people import make_customer, make_staff
from web.accounts.models import User
from web.marketing import services
from web.marketing.models import PointsEntry
from web.marketing.services import points
from web.marketing.services.points import Why
from web.notifications.models import Message

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def texts(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("pk").values_list("body", flat=True))


def test_what_lapses_at_one_moment_is_one_message(clock: Any) -> None:
    customer = make_customer()
    for number, days in ((100, 5), (50, 5), (30, 6), (70, 8)):
        enrich(customer, number, days=days)
    assert services.remind() == 2
    assert texts(customer) == [
        "您有150积分将于12月4日 12:00过期，请尽快使用。",
        "您有30积分将于12月5日 12:00过期，请尽快使用。",
    ]
    assert services.remind() == 0
    clock.shift(timedelta(days=1))
    assert services.remind() == 1
    message = Message.objects.order_by("-pk")[0]
    assert (message.kind, message.link, message.useful_until) == ("expiring", "/points", NOON + timedelta(days=8))


def test_the_rule_that_they_came_by_says_how_early() -> None:
    customer = make_customer()
    early = services.put_points_rule(actor=None, data={"remind_days": 30}).pk
    never = services.put_points_rule(actor=None, city="hangzhou", data={"remind_days": 0}).pk
    for rule, number in ((early, 100), (never, 50)):
        why = Why(PointsEntry.EARNED, f"by:{rule}", rule=rule)
        points.earn(user_id=customer.pk, points=number, why=why, good_until=NOON + timedelta(days=20))
    assert services.remind() == 1
    # They lapse together, so they are one message all the same.
    assert texts(customer) == ["您有150积分将于12月19日 12:00过期，请尽快使用。"]


def test_not_in_the_night_and_not_for_what_is_gone(clock: Any) -> None:
    customer = make_customer()
    enrich(customer, 100, days=2)
    clock.move_to(NOON + timedelta(hours=11))
    assert services.remind() == 0
    clock.move_to(NOON + timedelta(days=1))
    points.spend(user_id=customer.pk, points=100, why=Why(PointsEntry.SPENT, "all"))
    assert services.remind() == 0


def test_a_closed_account_is_left_in_peace() -> None:
    enrich(make_customer(is_active=False), 100, days=2)
    assert services.remind() == 0


def test_a_coupon_is_spoken_of_once_as_early_as_its_kind_says(clock: Any) -> None:
    customer = make_customer()
    give(customer, cut(2_000), remind_days=3)
    for unseen in ({"remind_days": 0}, {"remind_days": 2}):
        give(make_customer(), cut(2_000), **unseen)
    assert services.remind() == 0
    clock.shift(timedelta(days=4))
    assert services.remind() == 1
    assert texts(customer) == ["您的“满减券”将于12月6日 12:00过期，请尽快使用。"]
    assert services.remind() == 0
    clock.shift(timedelta(days=1))
    assert services.remind() == 1, "the one of two days"


def test_one_that_was_used_or_revoked_is_not(clock: Any) -> None:
    coupon = give(make_customer(), cut(2_000))
    services.revoke_coupon(actor=make_staff(), coupon_id=coupon.pk, reason="错发")
    clock.shift(timedelta(days=5))
    assert services.remind() == 0
