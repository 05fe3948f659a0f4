"""Coupons that are sent, given by rule or for something, and taken back."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.marketing.offers import cut, give, make_kind
from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_city, make_customer, make_service, make_staff, make_worker
from web.errors import DoorbellError
from web.marketing import selectors, services
from web.marketing.models import Coupon, CouponKind
from web.marketing.services import KindDraft

pytestmark = pytest.mark.django_db


def refused(code: str, act: object, **arguments: object) -> DoorbellError:
    with pytest.raises(DoorbellError) as refusal:
        act(**arguments)  # type: ignore[operator]
    assert refusal.value.code == code
    return refusal.value


def test_the_same_key_gives_one_coupon() -> None:
    kind, customer = make_kind(cut(100)), make_customer()
    first = services.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="兑换", key="exchange:1")
    again = services.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="兑换", key="exchange:1")
    assert first.pk == again.pk
    kind.refresh_from_db()
    assert kind.issued == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_gives_one_coupon_to_all_who_ask() -> None:
    kind, customer = make_kind(cut(100)), make_customer()
    made = at_once(6, lambda: services.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="", key="k").pk)
    assert len(set(made)) == 1
    kind.refresh_from_db()
    assert kind.issued == Coupon.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_at_once_without_a_limit_are_several() -> None:
    kind, customer, keys = make_kind(cut(100)), make_customer(), iter("abcd")
    at_once(4, lambda: services.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="", key=next(keys)))
    assert sorted(Coupon.objects.values_list("nth", flat=True)) == [1, 2, 3, 4]


def test_staff_send_to_customers_once_and_hear_what_became_of_each() -> None:
    kind, first, second, worker = make_kind(cut(100), stock=1), make_customer(), make_customer(), make_worker()
    send = {"actor": make_staff(), "kind_id": kind.pk, "why": "致歉", "key": "sending:1"}
    ids = [first.pk, second.pk, worker.pk]
    assert services.send_coupons(user_ids=ids, **send) == {  # type: ignore[arg-type]
        first.pk: "",
        second.pk: "coupons_gone",
        worker.pk: "not_found",
    }
    assert services.send_coupons(user_ids=ids, **send)[first.pk] == ""  # type: ignore[arg-type]
    assert Coupon.objects.count() == 1


def test_who_refuses_marketing_is_passed_over() -> None:
    kind, first, second = make_kind(cut(100)), make_customer(), make_customer()
    services.put_marketing_wish(user=second, accepts=False)
    sent = services.send_coupons(
        actor=make_staff(), kind_id=kind.pk, user_ids=[first.pk, second.pk], why="回馈", key="k"
    )
    assert sent == {first.pk: "", second.pk: "marketing_refused"}
    assert Coupon.objects.get().user == first


def test_a_reason_may_be_as_long_as_the_page_takes_it() -> None:
    kind, customer = make_kind(cut(100)), make_customer()
    services.send_coupons(actor=make_staff(), kind_id=kind.pk, user_ids=[customer.pk], why="长" * 200, key="k")
    assert Coupon.objects.get().why == "长" * 200


def test_staff_of_another_city_neither_see_nor_touch_a_batch() -> None:
    kind, customer = make_kind(cut(100), city="hangzhou"), make_customer()
    coupon = services.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="", key="k")
    stranger, here = make_staff(city="shanghai"), make_staff(city="hangzhou")
    for act, named in (
        (services.publish_kind, {"kind_id": kind.pk}),
        (services.end_kind, {"kind_id": kind.pk}),
        (services.add_stock, {"kind_id": kind.pk, "more": 1}),
        (services.send_coupons, {"kind_id": kind.pk, "user_ids": [1], "why": "", "key": "x"}),
        (services.revoke_coupon, {"coupon_id": coupon.pk, "reason": "误发"}),
    ):
        refused("not_found", act, actor=stranger, **named)
    assert not selectors.kinds_visible_to(stranger).exists()
    assert not selectors.coupons_visible_to(stranger).exists()
    assert not selectors.kinds_visible_to(customer).exists()
    assert selectors.coupons_visible_to(here).get() == coupon


def test_what_is_for_all_cities_only_staff_of_all_change() -> None:
    kind, here = make_kind(cut(100)), make_staff(city="hangzhou")
    assert selectors.kinds_visible_to(here).get() == kind
    refused("forbidden", services.end_kind, actor=here, kind_id=kind.pk)
    draft = KindDraft(name="券", terms=cut(1), how="sent", days=1)
    refused("forbidden", services.create_kind, actor=here, draft=draft)
    refused("forbidden", services.create_kind, actor=make_customer(), draft=draft)


def test_an_unused_one_is_revoked_with_a_reason_and_its_owner_sees_it() -> None:
    customer, staff = make_customer(), make_staff()
    coupon = give(customer, cut(100))
    services.revoke_coupon(actor=staff, coupon_id=coupon.pk, reason="发放错误")
    services.revoke_coupon(actor=staff, coupon_id=coupon.pk, reason="again")
    coupon.refresh_from_db()
    assert (coupon.state, coupon.revoked_by, coupon.revoked_for) == ("revoked", staff, "发放错误")
    assert [one["id"] for one in body_of(Api(customer).get("/coupons", state="revoked"))] == [coupon.pk]


def test_one_that_an_order_has_is_not_revoked() -> None:
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    coupon = give(customer, cut(100))
    Story.placed(customer, make_service(), quoted_fen=10_800, coupon_id=coupon.pk)
    error = refused("coupon_unusable", services.revoke_coupon, actor=make_staff(), coupon_id=coupon.pk, reason="x")
    assert error.details == {"why": "held"}


def test_one_whose_time_is_over_is_shown_as_lapsed() -> None:
    customer = make_customer()
    coupon = give(customer, cut(100))
    Coupon.objects.filter(pk=coupon.pk).update(until_at=timezone.now())
    assert body_of(Api(customer).get("/coupons")) == []
    assert [one["state"] for one in body_of(Api(customer).get("/coupons", state="expired"))] == ["expired"]


@pytest.mark.parametrize(("return_days", "shown"), [(0, "expired"), (3, "unused")])
def test_one_that_comes_back_too_late_is_good_as_long_as_its_kind_says(return_days: int, shown: str) -> None:
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    coupon = give(customer, cut(100), return_days=return_days)
    story = Story.placed(customer, make_service(), quoted_fen=10_800, coupon_id=coupon.pk)
    Coupon.objects.filter(pk=coupon.pk).update(until_at=timezone.now() - timedelta(minutes=1))
    story.cancel()
    coupon.refresh_from_db()
    assert coupon.shown_state(timezone.now()) == shown


def test_a_finished_order_brings_what_the_rules_give_for_it() -> None:
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    enough = make_kind(cut(300), how="by_rule", after_fen=10_900, per_person=1)
    make_kind(cut(300), how="by_rule", after_fen=10_901)
    make_kind(cut(300), how="by_rule", city="shanghai")
    gone = make_kind(cut(300), how="by_rule", stock=0)
    Story.placed(customer, make_service()).settled()
    assert list(Coupon.objects.values_list("kind_id", "user_id", "why")) == [(enough.pk, customer.pk, "完成订单")]
    gone.refresh_from_db()
    assert gone.issued == 0


def test_what_was_published_stays_as_it_is() -> None:
    kind, staff = make_kind(cut(100)), make_staff()
    draft = KindDraft(name="别的", terms=cut(1), how="sent", days=1)
    refused("coupon_kind_published", services.revise_kind, actor=staff, kind_id=kind.pk, draft=draft)
    with pytest.raises(Exception, match="stays as it is"), transaction.atomic():
        CouponKind.objects.filter(pk=kind.pk).update(terms=cut(1).model_dump(mode="json"))


def test_a_draft_is_changed_and_nobody_gets_one() -> None:
    kind, staff = make_kind(cut(100), live=False), make_staff()
    draft = KindDraft(name="别的", terms=cut(1), how="sent", days=1, stock=3)
    assert services.revise_kind(actor=staff, kind_id=kind.pk, draft=draft).stock == 3
    arguments = {"kind_id": kind.pk, "user_id": make_customer().pk, "why": "", "key": "k"}
    refused("coupon_closed", services.grant_coupon, **arguments)


def test_a_stock_grows_and_never_below_what_was_given() -> None:
    kind, staff = make_kind(cut(100), stock=2), make_staff()
    services.grant_coupon(kind_id=kind.pk, user_id=make_customer().pk, why="", key="k")
    assert services.add_stock(actor=staff, kind_id=kind.pk, more=-1).stock == 1
    error = refused("coupons_issued", services.add_stock, actor=staff, kind_id=kind.pk, more=-1)
    assert error.details == {"issued": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "stolen"},
        {"days": 0},
        {"days": None},
        {"days": 3, "until_at": timezone.now()},
        {"grab_from": timezone.now(), "grab_until": timezone.now() - timedelta(days=1)},
    ],
)
def test_a_batch_that_has_no_sense_is_refused(wrong: dict[str, object]) -> None:
    draft = KindDraft(**({"name": "券", "terms": cut(1), "how": "sent", "days": 1} | wrong))  # type: ignore[arg-type]
    refused("coupon_kind_wrong", services.create_kind, actor=make_staff(), draft=draft)
