"""The database keeps the rules of points, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.web.people import make_customer
from web.accounts.models import User
from web.marketing import points_selectors, services
from web.marketing.models import PointsAccount, PointsEntry, PointsLot, PointsPart
from web.marketing.services import points
from web.marketing.services.points import Why

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def customer() -> User:
    services.put_points_rule(actor=None, data={"earn_bp": 100})
    customer = make_customer()
    earn(customer, 100, key="first")
    connection.check_constraints()  # as at commit
    return customer


def earn(user: User, number: int, *, key: str) -> None:
    good_until = timezone.now() + timedelta(days=1)
    points.earn(user_id=user.pk, points=number, why=Why(PointsEntry.EARNED, key), good_until=good_until)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE marketing_pointsentry SET points = points * 2",
        "DELETE FROM marketing_pointsentry",
        "TRUNCATE marketing_pointsentry CASCADE",
        "UPDATE marketing_pointspart SET points = 7",
        "DELETE FROM marketing_pointspart",
        "TRUNCATE marketing_pointspart",
        'UPDATE marketing_pointslot SET "left" = 1',
        "UPDATE marketing_pointslot SET expires_at = now() + interval '1 year'",
        "DELETE FROM marketing_pointslot",
        "UPDATE marketing_pointsaccount SET balance = 1000",
        "UPDATE marketing_pointsaccount SET owed = 0, balance = balance",
        "DELETE FROM marketing_pointsaccount",
        "UPDATE marketing_pointsrule SET data = '{}'",
        "DELETE FROM marketing_pointsrule",
    ],
)
def test_the_database_refuses(statement: str, customer: User) -> None:
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert points_selectors.balance_of(customer) == 100


def line(user: User, number: int, *parts: tuple[PointsLot, int], key: str = "by hand") -> None:
    """As somebody writes it who asks no service, to its commit."""
    with transaction.atomic():
        entry = PointsEntry.objects.create(user=user, kind=PointsEntry.SPENT, points=number, key=key)
        for lot, points_of_it in parts:
            PointsPart.objects.create(entry=entry, lot=lot, points=points_of_it)
        connection.check_constraints()


def lot_of(user: User) -> PointsLot:
    return PointsLot.objects.filter(user=user).order_by("pk")[0]


def test_nobody_begins_with_points(customer: User) -> None:
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        PointsAccount.objects.create(user=make_customer(), balance=5)
    lot = PointsLot(user=customer, entry=lot_of(customer).entry, points=5, left=5, expires_at=timezone.now())
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        lot.save()


def test_no_balance_and_no_lot_falls_below_zero(customer: User) -> None:
    lot = lot_of(customer)
    with pytest.raises(IntegrityError, match="points_balance_not_negative"):
        line(customer, -101, (lot, -101))
    earn(customer, 100, key="second")
    for number in (-150, 1):
        with pytest.raises(IntegrityError, match="points_lot_within"):
            line(customer, number, (lot, number))


def test_a_line_is_the_sum_of_its_parts(customer: User) -> None:
    with pytest.raises(IntegrityError, match="not the sum of its parts"):
        line(customer, -50)
    with pytest.raises(IntegrityError, match="not the sum of its parts"):
        line(customer, -50, (lot_of(customer), -49))


def test_nobody_spends_another_ones_points(customer: User) -> None:
    thief = make_customer()
    earn(thief, 10, key="his own")
    with pytest.raises(IntegrityError, match="somebody else's"):
        line(thief, -10, (lot_of(customer), -10))
