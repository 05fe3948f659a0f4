"""Whom an audience means: one query, held against plain Python over the same people."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import Prefetch
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.web.marketing.offers import cut, make_kind
from tests.web.marketing.wealth import bought
from tests.web.people import make_address, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import sending_selectors, services
from web.marketing.audiences import Audience, accepting, people, size_of
from web.marketing.models import Coupon, Newcomer
from web.marketing.selectors import is_new
from web.orders.habits import is_newcomer
from web.times import midnight
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)
CITIES = ("hangzhou", "shanghai")


@pytest.fixture
def town() -> list[User]:
    """Thirty people with up to four orders each, some cancelled, refunded or never paid; others are no customers."""
    chance, service = Random(6), make_service()
    make_staff()
    make_worker()
    made = []
    for _ in range(30):
        user = make_customer(created_at=NOW - timedelta(days=chance.randrange(200)))
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            at = NOW - timedelta(days=chance.randrange(1, 150), hours=chance.randrange(24))
            total = chance.choice((1_000, 5_000, 20_000))
            odd: dict[str, Any] = chance.choice(
                ({}, {}, {}, {"phase": Phase.CANCELLED.value}, {"paid_at": None}, {"refund_fen": total // 2})
            )
            bought(user, at=at, service=service, city=chance.choice(CITIES), total_fen=total, **odd)
        if chance.random() < 0.5:
            make_address(user, city=chance.choice(CITIES))
        made.append(user)
    User.objects.filter(pk=made[3].pk).update(is_active=False)
    open_accounts = User.objects.exclude(pk=made[3].pk).filter(pk__in=[user.pk for user in made])
    return list(
        open_accounts.order_by("pk").prefetch_related(
            Prefetch("orders", to_attr="had"), Prefetch("addresses", to_attr="lives")
        )
    )


NUMBERS = st.none() | st.integers(0, 3)
AUDIENCES = st.fixed_dictionaries(
    {},
    optional={
        "city": st.sampled_from(("", *CITIES)),
        "within_days": st.none() | st.integers(1, 160),
        "spent_from_fen": st.sampled_from((0, 1, 5_000, 10_000)),
        "spent_to_fen": st.sampled_from((10_000, 20_000, 30_000)),
        "orders_from": st.sampled_from((0, 1, 2)),
        "orders_to": st.sampled_from((2, 3)),
        "ordered_within_days": st.integers(1, 160),
        "silent_for_days": st.integers(1, 160),
        "registered_from": st.dates(date(2026, 6, 1), date(2026, 8, 1)),
        "registered_until": st.dates(date(2026, 8, 2), date(2026, 11, 1)),
        "registered_within_days": st.integers(1, 200),
    },
)


@given(AUDIENCES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_query_means_what_the_words_say(town: list[User], said: dict[str, Any]) -> None:
    audience = Audience(**said)
    expected = {user.pk for user in town if belongs(user, audience)}
    with CaptureQueriesContext(connection) as asked:
        found = set(people(audience, at=NOW).values_list("pk", flat=True))
    assert found == expected
    assert len(asked) == 1


def belongs(user: Any, audience: Audience) -> bool:
    """The same, said once more, over rows that were read one by one."""
    real = [order for order in user.had if order.paid_at is not None and order.phase != Phase.CANCELLED]
    days = [(NOW - order.placed_at) / timedelta(days=1) for order in real]
    counted = [
        order
        for order, ago in zip(real, days, strict=True)
        if audience.within_days is None or ago <= audience.within_days
    ]
    spent = sum(order.total_fen - order.refund_fen for order in counted)
    cities = {order.city for order in real} | {address.city for address in user.lives}
    first, last = audience.registered_from, audience.registered_until
    return all(
        (
            not audience.city or audience.city in cities,
            audience.spent_from_fen is None or spent >= audience.spent_from_fen,
            audience.spent_to_fen is None or spent <= audience.spent_to_fen,
            audience.orders_from is None or len(counted) >= audience.orders_from,
            audience.orders_to is None or len(counted) <= audience.orders_to,
            audience.ordered_within_days is None or min(days, default=999) <= audience.ordered_within_days,
            audience.silent_for_days is None or (bool(days) and min(days) > audience.silent_for_days),
            not audience.never_ordered or all(order.paid_at is None for order in user.had),
            first is None or user.created_at >= midnight(first),
            last is None or user.created_at < midnight(last + timedelta(days=1)),
            audience.registered_within_days is None
            or user.created_at >= NOW - timedelta(days=audience.registered_within_days),
        )
    )


def test_new_people_are_those_who_are_new_to_prices_and_home_pages(town: list[User]) -> None:
    rework, paid_rework, under_way, buyer = (make_customer(created_at=NOW - timedelta(days=1)) for _ in range(4))
    made_good = bought(buyer, at=NOW)
    bought(rework, at=NOW, rework_of=made_good)
    bought(paid_rework, at=NOW, rework_of=made_good, payment_due=NOW)
    Newcomer.objects.create(customer=under_way, order_id=1)
    town = [*town, rework, paid_rework, under_way, buyer]
    found = set(people(Audience(never_ordered=True), at=NOW))
    assert found & set(town[-4:]) == {rework}
    assert 1 < len(found) < len(town)
    assert found == {user for user in town if is_new(user.pk)} == {user for user in town if is_newcomer(user.pk)}


def test_who_has_a_coupon_left_and_who_has_none(town: list[User]) -> None:
    kind = make_kind(cut(2_000))
    for user in town[:3]:
        services.grant_coupon(kind_id=kind.pk, user_id=user.pk, why="测试", key="one")
    coupon = Coupon.objects.get(user=town[2])
    services.revoke_coupon(actor=make_staff(), coupon_id=coupon.pk, reason="错发")
    assert set(people(Audience(coupon_unused=True), at=NOW)) == set(town[:2])
    assert set(people(Audience(coupon_unused=False), at=NOW)) == set(town[2:])


def test_who_registers_later_is_not_meant(town: list[User]) -> None:
    make_customer(created_at=NOW + timedelta(seconds=1))
    assert people(Audience(), at=NOW).count() == len(town)


def test_who_refuses_is_counted_and_not_reached(town: list[User]) -> None:
    for user in town[:4]:
        services.put_marketing_wish(user=user, accepts=False)
    services.put_marketing_wish(user=town[0], accepts=True)
    size = size_of(Audience(), at=NOW)
    assert (size.people, size.accepting) == (len(town), len(town) - 3)
    assert set(accepting(people(Audience(), at=NOW))).isdisjoint(town[1:4])


@pytest.mark.parametrize(
    "said",
    [
        {"spent": 1},
        {"spent_from_fen": 10, "spent_to_fen": 9},
        {"orders_from": 2, "orders_to": 1},
        {"registered_from": date(2026, 2, 1), "registered_until": date(2026, 1, 31)},
        {"never_ordered": True, "orders_from": 1},
        {"within_days": 0},
    ],
)
def test_an_audience_that_can_be_nobody_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Audience(**said)


def test_staff_count_the_people_of_their_city_alone(town: list[User]) -> None:
    local = make_staff(city="hangzhou")
    here = Audience(city="hangzhou")
    assert sending_selectors.preview(actor=local, audience=here, at=NOW) == size_of(here, at=NOW)
    for audience in (Audience(), Audience(city="shanghai")):
        with pytest.raises(DoorbellError, match="forbidden"):
            sending_selectors.preview(actor=local, audience=audience, at=NOW)
    with pytest.raises(DoorbellError, match="forbidden"):
        sending_selectors.preview(actor=town[0], audience=here, at=NOW)
