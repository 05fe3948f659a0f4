"""领取: one of a stock for who asks, never one too many."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.marketing.offers import cut, make_kind
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.errors import DoorbellError
from web.marketing import services
from web.marketing.models import Coupon, CouponKind

pytestmark = pytest.mark.django_db


def grabbable(**fields: Any) -> CouponKind:
    values: dict[str, Any] = {"how": "grabbed", "per_person": 1, "stock": 2}
    return make_kind(cut(500, at_least_fen=3_000), **(values | fields))


def grab(kind: CouponKind, user: Any = None) -> Any:
    return Api(user or make_customer()).post(f"/coupons/kinds/{kind.pk}/grab")


def test_who_grabs_one_has_it() -> None:
    customer, kind = make_customer(), grabbable()
    answer = grab(kind, customer)
    assert answer.status_code == 201
    mine = body_of(Api(customer).get("/coupons"))
    assert [one["id"] for one in mine] == [body_of(answer)["id"]]
    assert mine[0]["state"] == "unused"
    assert mine[0]["discount"]["steps"] == [{"at_least_fen": 3_000, "off_fen": 500}]
    kind.refresh_from_db()
    assert kind.issued == 1


def test_nobody_gets_more_than_his() -> None:
    customer, kind = make_customer(), grabbable()
    assert grab(kind, customer).status_code == 201
    assert refusal(grab(kind, customer)) == (409, "coupon_limit")
    assert Coupon.objects.count() == 1


def test_when_they_are_gone_they_are_gone() -> None:
    kind = grabbable(stock=1)
    assert grab(kind).status_code == 201
    assert refusal(grab(kind)) == (409, "coupons_gone")
    assert [one["left"] for one in body_of(Api().get("/coupons/kinds"))] == [0]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"grab_from": timedelta(hours=1)}, "coupon_closed"),
        ({"grab_until": -timedelta(hours=1)}, "coupon_closed"),
        ({"how": "sent"}, "not_found"),
        ({"live": False}, "not_found"),
    ],
)
def test_only_what_can_be_grabbed_now_is(fields: dict[str, Any], code: str) -> None:
    now = timezone.now()
    kind = grabbable(**{name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()})
    assert refusal(grab(kind))[1] == code
    assert not Coupon.objects.exists()
    assert body_of(Api().get("/coupons/kinds")) == []


def test_one_that_has_ended_gives_no_more() -> None:
    kind = grabbable()
    services.end_kind(actor=make_staff(), kind_id=kind.pk)
    assert refusal(grab(kind)) == (409, "coupon_closed")


def test_a_city_has_its_own_and_those_of_all() -> None:
    of_all, here, _ = grabbable(), grabbable(city="hangzhou"), grabbable(city="shanghai")
    assert [one["id"] for one in body_of(Api().get("/coupons/kinds", city="hangzhou"))] == [of_all.pk, here.pk]


def test_only_customers_have_coupons() -> None:
    kind = grabbable()
    assert refusal(grab(kind, make_worker().user)) == (403, "forbidden")
    assert refusal(grab(kind, make_staff())) == (403, "forbidden")
    assert refusal(Api().post(f"/coupons/kinds/{kind.pk}/grab"))[0] == 401


def test_a_stranger_sees_nobodys_coupons() -> None:
    grab(grabbable(), make_customer())
    assert body_of(Api(make_customer()).get("/coupons")) == []


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_one_as_there_are() -> None:
    kind, customers = grabbable(stock=5), iter([make_customer() for _ in range(20)])

    def one() -> str:
        try:
            services.grab_coupon(user=next(customers), kind_id=kind.pk)
            return ""
        except DoorbellError as refused:
            return refused.code

    outcomes = at_once(20, one)
    assert sorted(outcomes) == [""] * 5 + ["coupons_gone"] * 15
    kind.refresh_from_db()
    assert kind.issued == Coupon.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_who_asks_many_times_at_once_gets_one() -> None:
    kind, customer = grabbable(stock=50), make_customer()

    def one() -> str:
        try:
            services.grab_coupon(user=customer, kind_id=kind.pk)
            return ""
        except DoorbellError as refused:
            return refused.code

    assert sorted(at_once(8, one)) == [""] + ["coupon_limit"] * 7
    kind.refresh_from_db()
    assert kind.issued == Coupon.objects.count() == 1


def test_the_database_itself_gives_out_no_more_than_there_are() -> None:
    kind = grabbable(stock=1)
    with pytest.raises(Exception, match="coupon_within_stock"), transaction.atomic():
        CouponKind.objects.filter(pk=kind.pk).update(issued=2)
