"""What older versions left in the books is made right, once; nothing else is touched."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.web.marketing.offers import cut, give
from tests.web.orders.story import Story
from tests.web.orders.test_refunding import TOTAL, books
from tests.web.orders.test_refunding import give as give_money
from tests.web.people import make_city, make_customer, make_service, make_staff, make_worker
from web.ledger.checking import disagreements
from web.ledger.corrections import correct_coupons
from web.marketing import services as marketing
from web.marketing.models import Coupon
from web.orders.past import unrecorded
from web.orders.services import refunding

pytestmark = pytest.mark.django_db

CHECK = "a coupon or campaign that was given back costs nothing"


def with_coupon(*, worker_bp: int = 4_000) -> Story:
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    coupon = give(customer, cut(1_000, worker_bp=worker_bp))
    return Story.placed(customer, make_service(), quoted_fen=TOTAL - 1_000, coupon_id=coupon.pk).settled()


def refunded_of_old(monkeypatch: pytest.MonkeyPatch) -> Story:
    """All of its money went back at the platform's expense as the version before did it."""
    story = with_coupon()
    with monkeypatch.context() as before:
        before.setattr(refunding, "_discounts_made_good", lambda order, borne, discounts: (borne, discounts))
        before.setattr(refunding, "free_discounts", lambda order, columns: marketing.give_back(order_id=order.pk))
        assert give_money(story, make_staff(), bearer="platform").outcome.done
    return story.given_back()


def wrong() -> list[str]:
    """`given_back` asks no gateway."""
    return [one.check for one in disagreements() if one.check != "we have what the gateway has"]


def corrected() -> list[str]:
    out = StringIO()
    call_command("correct_coupons", stdout=out)
    return out.getvalue().splitlines()


def test_the_cost_of_a_coupon_that_came_back_becomes_a_compensation(monkeypatch: pytest.MonkeyPatch) -> None:
    story = refunded_of_old(monkeypatch)
    before = books(story)
    assert (before["coupons"], wrong()) == (600, [CHECK])
    assert corrected() == [f"order:{story.id}: 600 from coupons to compensation", "1 orders corrected"]
    after = books(story)
    assert after.pop("compensation") == before.pop("compensation") + before.pop("coupons")
    assert after == before
    assert (wrong(), unrecorded()) == ([], {})


def test_a_second_time_corrects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story = refunded_of_old(monkeypatch)
    correct_coupons()
    before = books(story)
    assert (corrected(), books(story)) == (["0 orders corrected"], before)


def test_what_is_used_and_what_was_made_good_stays_as_it_is() -> None:
    story = with_coupon()
    give_money(story, make_staff(), 1_000, bearer="platform")
    assert correct_coupons() == {}
    give_money(story, make_staff(), bearer="platform")
    assert (correct_coupons(), wrong()) == ({}, [])


def test_a_coupon_that_came_back_without_a_refund_is_a_fault_and_remains_one() -> None:
    with_coupon()
    Coupon.objects.update(state=Coupon.UNUSED, order_id=None)
    assert (correct_coupons(), wrong()) == ({}, [CHECK])
