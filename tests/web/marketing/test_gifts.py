"""Gifts are exchanged for points, given by staff, and called off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.web.marketing.offers import cut, make_kind
from tests.web.marketing.wealth import enrich
from tests.web.people import make_address, make_customer, make_staff
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import gifts_selectors, points_selectors, services
from web.marketing.models import Coupon, CouponKind, Exchange, Gift, PointsEntry
from web.marketing.services import Offered
from web.notifications.models import Message

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)


@pytest.fixture
def customer() -> User:
    customer = make_customer()
    enrich(customer, 1_000)
    make_address(customer)
    return customer


def gift(city: str = "", **fields: Any) -> Gift:
    values: dict[str, Any] = {"name": "保温杯", "points": 300, "stock": 5, "on": True}
    return services.put_gift(actor=make_staff(), city=city, offered=Offered(**(values | fields)))


def exchanged(user: User, row: Gift, *, key: str = "one", shown: int = 0, address: int | None = 0) -> Exchange:
    if address == 0:
        address = user.addresses.get().pk
    made, _ = services.exchange_gift(
        user=user, gift_id=row.pk, points_shown=shown or row.points, key=key, address_id=address
    )
    return made


def balance(user: User) -> int:
    assert points_selectors.disagreements() == []
    return points_selectors.balance_of(user)


def test_a_thing_is_promised_and_its_points_are_gone(customer: User) -> None:
    row = gift()
    made = exchanged(customer, row)
    assert (made.state, made.points, made.gift_name) == (Exchange.WAITING, 300, "保温杯")
    assert (made.contact_name, made.place) == ("李女士", "西湖区 文三路 100 号 3 幢 502")
    row.refresh_from_db()
    assert (row.left, balance(customer)) == (4, 700)
    assert PointsEntry.objects.get(kind=PointsEntry.EXCHANGED).note == "保温杯"


def test_the_same_key_is_the_same_exchange(customer: User) -> None:
    row = gift()
    assert exchanged(customer, row) == exchanged(customer, row)
    assert balance(customer) == 700
    with pytest.raises(DoorbellError, match="idempotency_mismatch"):
        exchanged(customer, gift(name="雨伞"))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"on": False}, "gift_closed"),
        ({"from_at": NOON + timedelta(seconds=1)}, "gift_closed"),
        ({"until_at": NOON}, "gift_closed"),
        ({"stock": 0}, "gift_sold_out"),
        ({"points": 1_001}, "points_too_few"),
        ({"city": "shanghai"}, "not_served_here"),
    ],
)
def test_what_cannot_be_had_costs_nothing(fields: dict[str, Any], code: str) -> None:
    with time_machine.travel(NOON, tick=False):
        customer = make_customer()
        make_address(customer)
        enrich(customer, 1_000)
        row = gift(**fields)
        with pytest.raises(DoorbellError, match=code):
            exchanged(customer, row)
        assert balance(customer) == 1_000
        assert not Exchange.objects.exists()


def test_one_more_than_everybody_may_have_is_refused_until_one_is_off(customer: User) -> None:
    row = gift(per_person=1)
    first = exchanged(customer, row)
    with pytest.raises(DoorbellError, match="gift_limit"):
        exchanged(customer, row, key="two")
    services.call_off_exchange(actor=customer, exchange_id=first.pk)
    assert exchanged(customer, row, key="three").state == Exchange.WAITING


def test_nobody_pays_a_price_he_has_not_seen(customer: User) -> None:
    with pytest.raises(DoorbellError, match="price_changed") as refused:
        exchanged(customer, gift(), shown=299)
    assert refused.value.details == {"points": 300}


def test_a_thing_goes_to_an_address_of_ones_own(customer: User) -> None:
    with pytest.raises(DoorbellError, match="address_required"):
        exchanged(customer, gift(), address=None)
    with pytest.raises(DoorbellError, match="not_found"):
        exchanged(customer, gift(), address=make_address(make_customer()).pk)


def test_a_coupon_is_his_at_once(customer: User) -> None:
    kind = make_kind(cut(2_000), how=CouponKind.EXCHANGED)
    made = exchanged(customer, gift(coupon_kind_id=kind.pk, name="20 元券"), address=None)
    assert (made.state, made.done_at is not None) == (Exchange.GIVEN, True)
    coupon = Coupon.objects.get(user=customer)
    assert (coupon.kind, coupon.why, coupon.key) == (kind, "积分兑换", f"exchange:{made.pk}")


def test_where_there_is_no_coupon_no_points_go(customer: User) -> None:
    row = gift(coupon_kind_id=make_kind(cut(2_000), how=CouponKind.EXCHANGED, stock=1).pk)
    exchanged(customer, row, address=None)
    with pytest.raises(DoorbellError, match="coupons_gone"):
        exchanged(customer, row, address=None, key="two")
    row.refresh_from_db()
    assert (row.left, balance(customer)) == (4, 700)


def test_a_gift_is_a_coupon_that_its_staff_see() -> None:
    kind = make_kind(cut(2_000), how=CouponKind.EXCHANGED, city="shanghai")
    for actor, city in ((make_staff(city="hangzhou"), "hangzhou"), (make_staff(), "hangzhou"), (make_staff(), "")):
        offered = Offered(name="券", points=1, stock=1, coupon_kind_id=kind.pk)
        with pytest.raises(DoorbellError, match="gift_wrong"):
            services.put_gift(actor=actor, city=city, offered=offered)


@pytest.mark.parametrize("how", [CouponKind.GRABBED, CouponKind.SENT, CouponKind.BY_RULE])
def test_a_gift_is_a_coupon_that_is_there_to_be_exchanged(how: str) -> None:
    with pytest.raises(DoorbellError, match="gift_wrong") as refused:
        gift(coupon_kind_id=make_kind(cut(2_000), how=how).pk)
    assert [one["code"] for one in refused.value.details["faults"]] == ["coupon_not_exchanged"]


def test_what_ends_before_it_begins_is_told_as_such() -> None:
    with pytest.raises(DoorbellError, match="gift_wrong") as refused:
        gift(from_at=NOON, until_at=NOON)
    assert [one["message"] for one in refused.value.details["faults"]] == ["结束时间必须晚于开始时间"]


def test_staff_give_it_and_its_owner_hears_how(customer: User) -> None:
    staff = make_staff()
    waiting = exchanged(customer, gift())
    made = services.give_exchange(actor=staff, exchange_id=waiting.pk, note="顺丰 SF100", reason="已寄出")
    assert (made.state, made.note, made.by) == (Exchange.GIVEN, "顺丰 SF100", staff)
    assert Exchange.objects.get().reason == "已寄出"
    message = Message.objects.get(user=customer)
    assert (message.kind, message.body) == ("gift", "保温杯已发放，详情请查看兑换记录。")
    for again in (services.give_exchange, services.call_off_exchange):
        with pytest.raises(DoorbellError, match="exchange_decided"):
            again(actor=staff, exchange_id=made.pk, note="")


def test_what_is_called_off_brings_points_and_gift_back(customer: User) -> None:
    row = gift()
    made = services.call_off_exchange(actor=customer, exchange_id=exchanged(customer, row).pk)
    row.refresh_from_db()
    assert (made.state, row.taken, balance(customer)) == (Exchange.OFF, 0, 1_000)
    assert not Message.objects.exists(), "he has done it himself"
    with pytest.raises(DoorbellError, match="exchange_decided"):
        services.call_off_exchange(actor=customer, exchange_id=made.pk)


@pytest.mark.parametrize(("by_staff", "left"), [(True, 300), (False, 0)])
def test_points_that_lapsed_meanwhile_live_on_where_staff_call_it_off(by_staff: bool, left: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        customer = make_customer()
        make_address(customer)
        enrich(customer, 300, days=2)
        made = exchanged(customer, gift())
        clock.shift(timedelta(days=3))
        services.call_off_exchange(actor=make_staff() if by_staff else customer, exchange_id=made.pk)
        assert balance(customer) == left
        clock.shift(timedelta(days=30))
        assert balance(customer) == 0


def test_a_gift_can_change_and_never_below_what_is_taken(customer: User) -> None:
    staff, row = make_staff(), gift()
    exchanged(customer, row)
    changed = services.put_gift(actor=staff, gift_id=row.pk, offered=Offered(name="大保温杯", points=500, stock=1))
    assert (changed.pk, changed.left, changed.on) == (row.pk, 0, False)
    assert Exchange.objects.get().gift_name == "保温杯"
    for wrong, field in (({"stock": 0}, "stock"), ({"points": 0}, "points"), ({"coupon_kind_id": 3}, "coupon_kind_id")):
        values: dict[str, Any] = {"name": "杯", "points": 500, "stock": 1, **wrong}
        with pytest.raises(DoorbellError, match="gift_wrong") as refused:
            services.put_gift(actor=staff, gift_id=row.pk, offered=Offered(**values))
        assert [one["field"] for one in refused.value.details["faults"]] == [field]


def test_staff_see_and_write_what_is_of_their_city(customer: User) -> None:
    here, everywhere, there = gift("hangzhou"), gift(name="雨伞"), make_staff(city="shanghai")
    local, offered = make_staff(city="hangzhou"), Offered(name="杯", points=1, stock=9)
    made = exchanged(customer, here)
    assert set(gifts_selectors.gifts_visible_to(local)) == {here, everywhere}
    assert set(gifts_selectors.gifts_visible_to(there)) == {everywhere}
    assert not gifts_selectors.gifts_visible_to(customer).exists()
    assert list(gifts_selectors.exchanges_visible_to(local)) == [made]
    services.put_gift(actor=local, gift_id=here.pk, offered=offered)
    for actor, gift_id, code in (
        (local, everywhere.pk, "forbidden"),
        (there, here.pk, "not_found"),
        (customer, here.pk, "not_found"),
    ):
        with pytest.raises(DoorbellError, match=code):
            services.put_gift(actor=actor, gift_id=gift_id, offered=offered)
    with pytest.raises(DoorbellError, match="forbidden"):
        services.put_gift(actor=local, city="shanghai", offered=offered)
    other = make_customer()
    for stranger in (there, other, make_staff(city="")):
        assert not gifts_selectors.exchanges_visible_to(stranger).exists()
        for act in (services.give_exchange, services.call_off_exchange):
            with pytest.raises(DoorbellError, match="not_found"):
                act(actor=stranger, exchange_id=made.pk, note="")
    with pytest.raises(DoorbellError, match="not_found"):
        services.give_exchange(actor=customer, exchange_id=made.pk, note="")


def test_the_list_shows_what_can_be_had_in_a_city_now() -> None:
    now = timezone.now()
    shown = [gift("hangzhou", position=2), gift(position=1, stock=0)]
    gift("shanghai")
    gift(on=False)
    gift(until_at=now)
    gift(from_at=now + timedelta(hours=1))
    assert list(gifts_selectors.gifts_of("hangzhou", at=now)) == shown[::-1]
