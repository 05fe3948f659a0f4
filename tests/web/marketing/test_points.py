"""Points come, are spent, lapse and come back: what the services do, one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

import hub
from tests.web.people import make_customer, make_staff
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import points_selectors, services
from web.marketing.models import PointsEntry, PointsLot, PointsRule
from web.marketing.points import Points
from web.marketing.services import points
from web.marketing.services.points import Why

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)
TERMS = {"earn_bp": 100, "spend_bp": 5_000, "earn_max": 500}


@pytest.fixture
def customer() -> User:
    services.put_points_rule(actor=None, data=TERMS)
    return make_customer()


def earned(user: User, number: int, *, days: int = 365, order_id: int = 7) -> None:
    why = Why(PointsEntry.EARNED, f"order:{order_id}:earned", order_id=order_id, base_fen=number * 100)
    points.earn(user_id=user.pk, points=number, why=why, good_until=timezone.now() + timedelta(days=days))


def spent(user: User, number: int, *, order_id: int = 8) -> int:
    return services.hold_points(
        order_id=order_id, customer_id=user.pk, city="hangzhou", number=number, of_fen=number * 2
    )


def lots(user: User) -> list[int]:
    """What is left of each, the first to lapse in front."""
    return list(PointsLot.objects.filter(user=user).order_by("expires_at", "pk").values_list("left", flat=True))


def kinds(user: User) -> list[tuple[str, int]]:
    return list(PointsEntry.objects.filter(user=user).order_by("pk").values_list("kind", "points"))


def balance(user: User) -> int:
    assert points_selectors.disagreements() == []
    return points_selectors.balance_of(user)


def test_an_order_earns_a_part_of_what_it_brought_and_no_more_than_the_cap(customer: User) -> None:
    facts: dict[str, Any] = {"customer_id": customer.pk, "city": "hangzhou", "placed_at": timezone.now()}
    assert services.earn_for_order(order_id=1, paid_fen=10_999, **facts) == 109
    assert services.earn_for_order(order_id=2, paid_fen=1_000_000, **facts) == 500
    assert services.earn_for_order(order_id=1, paid_fen=10_999, **facts) == 0, "once"
    assert services.earn_for_order(order_id=3, paid_fen=99, **facts) == 0
    assert balance(customer) == 609
    entry = PointsEntry.objects.get(order_id=1)
    assert (entry.rule, entry.base_fen, entry.kind) == (PointsRule.objects.get().pk, 10_999, "earned")


def test_without_a_rule_there_are_no_points() -> None:
    customer = make_customer()
    facts: dict[str, Any] = {"customer_id": customer.pk, "city": "hangzhou", "placed_at": timezone.now()}
    assert services.earn_for_order(order_id=1, paid_fen=10_000, **facts) == 0
    with pytest.raises(DoorbellError, match="points_not_accepted"):
        spent(customer, 100)


def test_the_rules_of_its_city_and_of_the_day_it_was_placed_count(customer: User) -> None:
    before = timezone.now()
    services.put_points_rule(actor=None, city="hangzhou", data={"earn_bp": 1_000})
    at: dict[str, Any] = {"customer_id": customer.pk, "city": "hangzhou"}
    assert services.earn_for_order(order_id=1, paid_fen=1_000, placed_at=before, **at) == 10
    assert services.earn_for_order(order_id=2, paid_fen=1_000, placed_at=timezone.now(), **at) == 100
    elsewhere: dict[str, Any] = {"customer_id": customer.pk, "city": "shanghai", "placed_at": timezone.now()}
    assert services.earn_for_order(order_id=3, paid_fen=1_000, **elsewhere) == 10


def test_what_lapses_first_is_spent_first(customer: User) -> None:
    earned(customer, 300, days=300, order_id=1)
    earned(customer, 200, days=30, order_id=2)
    assert spent(customer, 300) == 300
    assert lots(customer) == [0, 200]
    assert balance(customer) == 200


def test_nobody_spends_what_he_has_not(customer: User) -> None:
    earned(customer, 250)
    with pytest.raises(DoorbellError, match="points_too_few") as refused:
        spent(customer, 300)
    assert refused.value.details == {"balance": 250}
    assert balance(customer) == 250


@pytest.mark.parametrize(("number", "most"), [(0, 0), (-100, 0), (150, 100), (700, 500)])
def test_only_whole_steps_within_the_share_are_taken(customer: User, number: int, most: int) -> None:
    earned(customer, 1_000)
    with pytest.raises(DoorbellError, match="points_not_accepted") as refused:
        services.hold_points(order_id=8, customer_id=customer.pk, city="hangzhou", number=number, of_fen=1_000)
    assert refused.value.details == {"most": max(most, 0)}


def test_the_same_order_is_paid_with_points_once(customer: User) -> None:
    earned(customer, 500)
    assert spent(customer, 200) == spent(customer, 200) == 200
    assert balance(customer) == 300


def test_what_was_spent_comes_back_pro_rata_and_whole_in_the_end(customer: User) -> None:
    earned(customer, 300, days=300, order_id=1)
    earned(customer, 200, days=30, order_id=2)
    spent(customer, 400)
    for left, back in ((1_000, 0), (667, 133), (666, 133), (1, 399), (0, 400), (0, 400)):
        services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=left)
        assert balance(customer) == 100 + back, left
    assert lots(customer) == [200, 300], "each where it came from, with its old time"


def test_the_latest_to_lapse_comes_back_first(customer: User) -> None:
    earned(customer, 200, days=30, order_id=2)
    earned(customer, 200, days=300, order_id=1)
    spent(customer, 400)
    services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=500)
    assert lots(customer) == [0, 200]


def test_what_comes_back_too_late_has_lapsed(customer: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        earned(customer, 100, days=10, order_id=1)
        earned(customer, 100, days=300, order_id=2)
        spent(customer, 200)
        clock.shift(timedelta(days=11))
        services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=250)
        services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=0)
        assert balance(customer) == 100
    back = PointsEntry.objects.filter(kind=PointsEntry.GIVEN_BACK).order_by("pk").values_list("points", "lapsed")
    assert list(back) == [(100, 50), (0, 50)]


def test_a_rule_may_let_it_live_on_for_some_days(customer: User) -> None:
    services.put_points_rule(actor=None, data=TERMS | {"grace_days": 3})
    with time_machine.travel(NOON, tick=False) as clock:
        earned(customer, 200, days=10)
        spent(customer, 200)
        clock.shift(timedelta(days=11))
        services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=500)
        services.return_points(order_id=8, city="hangzhou", total_fen=1_000, left_fen=0)
        assert balance(customer) == 200
        clock.shift(timedelta(days=3))
        assert balance(customer) == 0
        assert services.expire_points() == 1
        assert balance(customer) == 0
    assert kinds(customer)[-2:] == [("expired", -100), ("expired", -100)]


def test_a_refund_takes_what_the_order_earned_pro_rata(customer: User) -> None:
    earned(customer, 333, order_id=7)  # for 33,300 fen
    for left, kept in ((33_300, 333), (33_299, 333), (20_000, 200), (1, 1), (0, 0), (0, 0)):
        services.return_points(order_id=7, city="hangzhou", total_fen=40_000, left_fen=left)
        assert balance(customer) == kept, left


def test_what_he_has_no_more_he_owes_and_his_next_earnings_pay(customer: User) -> None:
    earned(customer, 300, order_id=7)
    spent(customer, 200)
    services.return_points(order_id=7, city="hangzhou", total_fen=30_000, left_fen=0)
    assert (balance(customer), points_selectors.owed_by(customer)) == (0, 200)
    earned(customer, 150, order_id=9)
    assert (balance(customer), points_selectors.owed_by(customer)) == (0, 50)
    earned(customer, 150, order_id=10)
    assert (balance(customer), points_selectors.owed_by(customer)) == (100, 0)
    assert kinds(customer)[-4:] == [("earned", 150), ("owed_paid", -150), ("earned", 150), ("owed_paid", -50)]


def test_points_lapse_at_the_end_of_their_day_in_shanghai(customer: User) -> None:
    with time_machine.travel(datetime(2026, 8, 31, 17, tzinfo=UTC), tick=False) as clock:
        until = Points(months=6).good_until(timezone.now())
        assert until == datetime(2027, 3, 1, 16, tzinfo=UTC), "the first of September in Shanghai already"
        why = Why(PointsEntry.EARNED, "order:1:earned")
        points.earn(user_id=customer.pk, points=100, why=why, good_until=until)
        clock.move_to(until - timedelta(seconds=1))
        assert (services.expire_points(), balance(customer)) == (0, 100)
        clock.move_to(until)
        assert (services.expire_points(), balance(customer)) == (1, 0)
        assert services.expire_points() == 0


def test_lapsed_points_are_never_spent_though_nobody_wrote_their_end(customer: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        earned(customer, 500, days=1)
        clock.shift(timedelta(days=2))
        with pytest.raises(DoorbellError, match="points_too_few"):
            spent(customer, 100)


def test_staff_of_every_city_correct_with_a_reason(customer: User) -> None:
    staff = make_staff()
    facts: dict[str, Any] = {"actor": staff, "user": customer, "reason": "客服补偿"}
    assert [services.correct_points(number=50, key="one", **facts) for _ in range(2)] == [True, False]
    assert services.correct_points(number=-20, key="two", **facts)
    assert balance(customer) == 30
    with pytest.raises(DoorbellError, match="points_too_few"):
        services.correct_points(number=-31, key="three", **facts)
    with pytest.raises(DoorbellError, match="forbidden"):
        services.correct_points(number=1, key="four", **(facts | {"actor": make_staff(city="hangzhou")}))
    entry = PointsEntry.objects.filter(kind=PointsEntry.CORRECTED)[0]
    assert (entry.by, entry.note) == (staff, "客服补偿")


def test_rules_are_of_the_city_of_whoever_writes_them(customer: User) -> None:
    local = make_staff(city="hangzhou")
    services.put_points_rule(actor=local, city="hangzhou", data={"earn_bp": 200}, reason="周年")
    for city in ("shanghai", ""):
        with pytest.raises(DoorbellError, match="forbidden"):
            services.put_points_rule(actor=local, city=city, data={"earn_bp": 200})
    with pytest.raises(DoorbellError, match="forbidden"):
        services.put_points_rule(actor=customer, city="hangzhou", data={"earn_bp": 200})
    with pytest.raises(DoorbellError, match="invalid_request"):
        services.put_points_rule(actor=local, city="hangzhou", data={"earn_pb": 200})
    assert [rule.city for rule in points_selectors.rules_visible_to(make_staff(city="shanghai"))] == [""]
    assert [rule.city for rule in points_selectors.rules_visible_to(local)] == ["hangzhou", ""]
    for nobodys in (customer, make_staff(city="")):
        assert not points_selectors.rules_visible_to(nobodys).exists()
    assert PointsRule.objects.count() == 2


def test_an_unchanged_rule_is_no_new_version(customer: User) -> None:
    assert services.put_points_rule(actor=None, data=TERMS) == PointsRule.objects.get()


def test_the_change_is_pushed(customer: User) -> None:
    head = hub.heads([f"customer:{customer.pk}"])[f"customer:{customer.pk}"]["offset"]
    earned(customer, 300)
    assert hub.heads([f"customer:{customer.pk}"])[f"customer:{customer.pk}"]["offset"] == head + 1
