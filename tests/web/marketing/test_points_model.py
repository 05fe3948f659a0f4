"""Any story of points, told to the services and to twenty lines of plain Python that keep whole points one by one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.people import make_customer
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import points_selectors, services
from web.marketing.models import PointsAccount, PointsEntry, PointsLot
from web.marketing.services import points
from web.marketing.services.points import Why

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)
ORDERS = range(1, 4)


@pytest.fixture(autouse=True)
def every_point_may_be_spent() -> None:
    services.put_points_rule(actor=None, data={"spend_bp": 10_000, "spend_step": 1})


@dataclass
class Purse:
    """Points as coins: each is the day on which it lapses. spent: order -> the coins that it took."""

    today: int = 0
    owed: int = 0
    coins: list[int] = field(default_factory=list)
    spent: dict[int, list[int]] = field(default_factory=dict)
    asked_back: dict[int, int] = field(default_factory=dict)

    def wait(self, days: int) -> None:
        self.today += days
        self.coins = [day for day in self.coins if day > self.today]

    def earn(self, number: int, days: int) -> None:
        paid = min(number, self.owed)
        self.owed -= paid
        self.coins += [self.today + days] * (number - paid)

    def spend(self, order: int, number: int) -> bool:
        if number > len(self.coins):
            return False
        self.coins.sort()
        self.spent[order], self.coins = self.coins[:number], self.coins[number:]
        return True

    def give_back(self, order: int, left: int) -> None:
        whole, asked = len(self.spent.get(order, [])), self.asked_back.get(order, 0)
        gone = self.spent.get(order, [])
        wanted = whole if left == 0 else whole * (100 - left) // 100
        for _ in range(wanted - asked):
            # The one of those still out that lapses last.
            coin = gone[whole - 1 - self.asked_back.get(order, 0)]
            self.asked_back[order] = self.asked_back.get(order, 0) + 1
            if coin > self.today:
                self.coins.append(coin)


MOVES = st.one_of(
    st.tuples(st.just("earn"), st.integers(1, 40), st.integers(1, 9)),
    st.tuples(st.just("spend"), st.sampled_from(ORDERS), st.integers(1, 60)),
    st.tuples(st.just("give_back"), st.sampled_from(ORDERS), st.integers(0, 100)),
    st.tuples(st.just("wait"), st.integers(1, 4), st.none()),
    st.tuples(st.just("sweep"), st.none(), st.none()),
)


@given(st.lists(MOVES, max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_services_and_purse_agree(moves: list[tuple[str, int, int]]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        user, purse = make_customer(), Purse()
        for number, (move, first, second) in enumerate(moves):
            if move == "wait":
                clock.shift(timedelta(days=first))
                purse.wait(first)
            else:
                _move(user, purse, move, first, second, number)
            _agree(user, purse)
        connection.check_constraints()


def _move(user: User, purse: Purse, move: str, first: int, second: int, number: int) -> None:
    if move == "earn":
        good_until = timezone.now() + timedelta(days=second)
        why = Why(PointsEntry.EARNED, f"{user.pk}:move:{number}")
        points.earn(user_id=user.pk, points=first, why=why, good_until=good_until)
        purse.earn(first, second)
    elif move == "spend" and first not in purse.spent:
        done = purse.spend(first, second)
        facts = {
            "order_id": user.pk * 10 + first,
            "customer_id": user.pk,
            "city": "hangzhou",
            "number": second,
            "of_fen": second + 1,
        }
        if done:
            assert services.hold_points(**facts) == second  # type: ignore[arg-type]
        else:
            with pytest.raises(DoorbellError, match="points_too_few"):
                services.hold_points(**facts)  # type: ignore[arg-type]
    elif move == "give_back":
        services.return_points(order_id=user.pk * 10 + first, city="hangzhou", total_fen=100, left_fen=second)
        purse.give_back(first, second)
    elif move == "sweep":
        services.expire_points()


def _agree(user: User, purse: Purse) -> None:
    now = timezone.now()
    lots = PointsLot.objects.filter(user=user, left__gt=0, expires_at__gt=now).order_by("expires_at")
    left = [(lot.expires_at - NOON).days for lot in lots for _ in range(lot.left)]
    assert left == sorted(purse.coins)
    assert points_selectors.balance_of(user) == len(purse.coins)
    account = PointsAccount.objects.filter(pk=user.pk).first()
    assert (account.owed if account else 0) == purse.owed == 0
    assert points_selectors.disagreements() == []


TAKES = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(1, 50)),
        st.tuples(st.just("spend"), st.integers(1, 80)),
        st.tuples(st.just("refund"), st.integers(0, 100)),
    ),
    max_size=20,
)


@given(TAKES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_taken_back_is_owed_where_it_is_gone_and_nothing_gets_lost(moves: list[tuple[str, int]]) -> None:
    """The order under refund brought 100; what it earned, less what is asked back, plus all the rest, less what was
    spent, is balance less debt, whatever comes in which order.
    """
    user, had, refunded = make_customer(), 100, 0
    until = timezone.now() + timedelta(days=5)
    first = Why(PointsEntry.EARNED, f"order:{user.pk}:earned", order_id=user.pk, base_fen=100)
    points.earn(user_id=user.pk, points=100, why=first, good_until=until)
    for number, (move, size) in enumerate(moves):
        if move == "earn":
            why = Why(PointsEntry.REVIEWED, f"{user.pk}:move:{number}")
            points.earn(user_id=user.pk, points=size, why=why, good_until=until)
            had += size
        elif move == "spend" and points_selectors.balance_of(user) >= size:
            points.spend(user_id=user.pk, points=size, why=Why(PointsEntry.SPENT, f"{user.pk}:move:{number}"))
            had -= size
        elif move == "refund":
            services.return_points(order_id=user.pk, city="hangzhou", total_fen=100, left_fen=size)
            refunded = max(refunded, 100 - size)
        balance, owed = points_selectors.balance_of(user), points_selectors.owed_by(user)
        assert balance - owed == had - refunded
        assert balance >= 0
        assert owed >= 0
        assert balance == 0 or owed == 0
    connection.check_constraints()
