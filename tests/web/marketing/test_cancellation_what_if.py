"""Other terms of cancelling, tried on what was cancelled: they come to what they come to where they are in force."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.orders.test_refunding import books
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.marketing.what_if.terms import TermsWhatIf, try_cancellation
from web.orders.fees import Cancellation
from web.orders.replaying import Window
from web.orders.services.terms import put_policy
from web.orders.terms_in_force import Scope

pytestmark = pytest.mark.django_db

HERE, THERE = "hangzhou", "shanghai"
DEFAULT = Cancellation()
HARSHER: dict[str, Any] = {
    "worker_share_bp": 5_000,
    "by_phase": DEFAULT.model_dump(mode="json")["by_phase"]
    | {"DISPATCHING": {"min_fen": 500}, "EN_ROUTE": {"share_bp": 9_000}},
}


def cancelled_in(city: str) -> dict[str, int]:
    """What the cancellations of a city came to: unpaid, before anybody had it, accepted, on the way, at the door."""
    make_city(city)
    make_worker(on_duty=True, city=city)
    service, sums = make_service(), dict[str, int]()
    for way in range(5):
        customer = make_customer()
        story = Story.placed(customer, service, address=make_address(customer, city=city))
        if way:
            story.pay()
        if way > 1:
            story.offer().accept()
        if way > 2:
            story.depart()
        if way > 3:
            story.arrive()
        for kind, fen in books(story.cancel().given_back()).items():
            sums[kind] = sums.get(kind, 0) + fen
    return {"customers": sums["cash"], "platform": -sums["fees"], "workers": -sums["worker_payable"]}


def tried(terms: Cancellation, actor: User | None = None) -> TermsWhatIf:
    now = timezone.now()
    return try_cancellation(Window(actor or make_staff(), now - timedelta(days=1), now), terms, Scope(HERE))


def test_what_is_reckoned_is_what_comes_to_the_fen() -> None:
    before = cancelled_in(HERE)
    assert tried(DEFAULT) == TermsWhatIf(4, 0, 0, 0, 0)
    reckoned = tried(Cancellation.model_validate(HARSHER))
    put_policy(kind="cancellation", data=HARSHER, city=THERE)
    after = cancelled_in(THERE)
    assert reckoned.orders == 4
    # While it looks for somebody, on the way, and at the door where the worker's share alone is another.
    assert reckoned.changed == 3
    assert reckoned.customers_change_fen == after["customers"] - before["customers"]
    assert reckoned.platform_change_fen == after["platform"] - before["platform"]
    assert reckoned.workers_change_fen == after["workers"] - before["workers"]


def test_staff_of_another_city_see_nothing_of_it() -> None:
    cancelled_in(HERE)
    assert tried(DEFAULT, make_staff(city=THERE)).orders == 0
    assert tried(DEFAULT, make_staff(city=HERE)).orders == 4
