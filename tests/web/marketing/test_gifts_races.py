"""More people than gifts."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.crowd import at_once
from tests.web.marketing.wealth import enrich
from tests.web.people import make_address, make_customer, make_staff
from web.errors import DoorbellError
from web.marketing import points_selectors, services
from web.marketing.models import Exchange, Gift
from web.marketing.services import Offered

pytestmark = pytest.mark.django_db(transaction=True)


def gift(**fields: int) -> Gift:
    values: dict[str, Any] = {"stock": 5, "points": 300} | fields
    return services.put_gift(actor=make_staff(), offered=Offered(name="保温杯", on=True, **values))


def test_a_stock_of_five_is_five_for_twelve_people() -> None:
    row, people = gift(), [make_customer() for _ in range(12)]
    addresses = {user.pk: make_address(user).pk for user in people}
    for user in people:
        enrich(user, 300)
    turn = iter(people)

    def exchange() -> str:
        user = next(turn)
        facts: dict[str, Any] = {"gift_id": row.pk, "points_shown": 300, "key": "one", "address_id": addresses[user.pk]}
        try:
            services.exchange_gift(user=user, **facts)
            return "had"
        except DoorbellError as refused:
            return refused.code

    assert sorted(at_once(12, exchange)) == ["gift_sold_out"] * 7 + ["had"] * 5
    row.refresh_from_db()
    assert (row.taken, Exchange.objects.count()) == (5, 5)
    assert sorted(points_selectors.balance_of(user) for user in people) == [0] * 5 + [300] * 7
    assert points_selectors.disagreements() == []


def test_one_person_at_once_has_no_more_than_he_may() -> None:
    row, user, keys = gift(per_person=2), make_customer(), itertools.count()
    enrich(user, 3_000)
    address_id = make_address(user).pk

    def exchange() -> str:
        facts: dict[str, Any] = {
            "gift_id": row.pk,
            "points_shown": 300,
            "key": f"key-{next(keys)}",
            "address_id": address_id,
        }
        try:
            services.exchange_gift(user=user, **facts)
            return "had"
        except DoorbellError as refused:
            return refused.code

    assert sorted(at_once(6, exchange)) == ["gift_limit"] * 4 + ["had"] * 2
    assert points_selectors.balance_of(user) == 2_400


def test_an_exchange_is_given_or_off_and_never_both() -> None:
    row, user, staff = gift(), make_customer(), make_staff()
    enrich(user, 300)
    made, _ = services.exchange_gift(
        user=user, gift_id=row.pk, points_shown=300, key="one", address_id=make_address(user).pk
    )
    both: list[Callable[..., Exchange]] = [services.give_exchange, services.call_off_exchange]
    acts = iter(both * 3)

    def act() -> str:
        try:
            return next(acts)(actor=staff, exchange_id=made.pk, note="").state
        except DoorbellError as refused:
            return refused.code

    outcomes = at_once(6, act)
    made.refresh_from_db()
    assert sorted(outcomes) == sorted(["exchange_decided"] * 5 + [made.state])
    assert points_selectors.balance_of(user) == (300 if made.state == Exchange.OFF else 0)
