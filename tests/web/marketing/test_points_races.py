"""Many at once, each with a connection of its own."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.people import make_customer
from web.errors import DoorbellError
from web.marketing import points_selectors, services
from web.marketing.models import PointsAccount, PointsEntry
from web.marketing.services import points
from web.marketing.services.points import Why

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 8


def test_a_hundred_points_are_spent_once() -> None:
    services.put_points_rule(actor=None, data={"spend_bp": 10_000})
    customer, orders = make_customer(), itertools.count(1)
    earned(customer.pk, 300)

    def spend() -> int:
        facts = {"customer_id": customer.pk, "city": "hangzhou", "number": 100, "of_fen": 101}
        try:
            return services.hold_points(order_id=next(orders), **facts)  # type: ignore[arg-type]
        except DoorbellError as refused:
            return {"points_too_few": 0}[refused.code]

    assert sorted(at_once(CROWD, spend)) == [0] * (CROWD - 3) + [100] * 3
    assert points_selectors.balance_of(customer) == 0
    assert points_selectors.disagreements() == []


def test_one_key_earns_once_be_it_the_first_of_an_account() -> None:
    customer = make_customer()
    assert sum(at_once(CROWD, lambda: earned(customer.pk, 50))) == 1
    assert PointsAccount.objects.get().balance == 50


def test_the_end_of_a_lot_is_written_once() -> None:
    customer = make_customer()
    earned(customer.pk, 50, days=-1)
    at_once(CROWD, services.expire_points)
    assert PointsEntry.objects.filter(kind=PointsEntry.EXPIRED).count() == 1
    assert PointsAccount.objects.get().balance == 0


def test_refunds_at_once_take_back_what_one_would() -> None:
    customer = make_customer()
    earned(customer.pk, 100)
    at_once(CROWD, lambda: services.return_points(order_id=7, city="hangzhou", total_fen=100, left_fen=40))
    assert PointsAccount.objects.get().balance == 40


def earned(user_id: int, number: int, *, days: int = 30) -> bool:
    why = Why(PointsEntry.EARNED, "order:7:earned", order_id=7, base_fen=100)
    return points.earn(user_id=user_id, points=number, why=why, good_until=timezone.now() + timedelta(days=days))
