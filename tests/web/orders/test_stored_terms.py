"""Bounds hold for what is written: what was stored before them is read, held to the nearest that is allowed."""

from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from tests.web.orders.story import Story
from tests.web.people import CITY, Api, make_city, make_customer, make_service
from tests.world.fiction import rewrite
from web.catalog.models import Service
from web.marketing.models import PointsRule
from web.marketing.points_selectors import terms_in
from web.orders.models import Policy
from web.orders.policies import Policies
from web.orders.pricing import Pricing
from web.orders.selectors import policies_for, policies_of
from web.orders.services.terms import put_policy
from web.orders.terms import MOST_FEN, MOST_M, YEAR_S, stored

pytestmark = pytest.mark.django_db

NIGHT = {"from_s": 86_399, "fee_fen": 1}
FEES = Policies().model_dump(mode="json")["cancellation"]["by_phase"]


@pytest.fixture
def service() -> Service:
    make_city()
    return make_service()


@pytest.mark.parametrize(
    ("kind", "said", "held"),
    [
        ("booking", {"horizon_s": 40_000_000}, {"horizon_s": YEAR_S}),
        ("booking", {"slot_step_s": 1e-9, "buffer_s": 60}, {"slot_step_s": 1, "buffer_s": 60}),
        ("booking", {"min_notice_s": -5}, {"min_notice_s": 0}),
        ("payment", {"window_s": 0}, {"window_s": 1}),
        ("dispatch", {"max_offers": 0, "w_travel": -2e6}, {"max_offers": 1, "w_travel": -1_000_000}),
        ("travel", {"speeds_mps": {"7": 20_000, "8": 5}}, {"speeds_mps": {"7": 10_000, "8": 5}}),
        ("warranty", {"window_s": 10**9}, {"window_s": YEAR_S}),
        ("no_show", {"points": 1_000, "fee": {"max_fen": 10**12}}, {"points": 100, "fee": {"max_fen": MOST_FEN}}),
        ("pricing", {"visit_fee": {"night": NIGHT | {"from_s": 90_000}}}, {"visit_fee": {"night": NIGHT}}),
        (
            "cancellation",
            {"by_phase": FEES | {"ACCEPTED": {"tiers": [{"before_s": 5}, {"before_s": 10**9}]}}},
            {"by_phase": FEES | {"ACCEPTED": {"tiers": [{"before_s": 5}, {"before_s": YEAR_S}]}}},
        ),
    ],
)
def test_a_row_that_is_older_than_its_bounds_is_held_to_them(
    service: Service, kind: str, said: dict[str, Any], held: dict[str, Any]
) -> None:
    row = Policy.objects.create(kind=kind, city=CITY, data=said)
    found = policies_for(city=CITY, service_id=service.pk).model_dump()[kind]
    assert found | {"version": 0} == Policies.model_validate({kind: held}).model_dump()[kind] | {"version": 0}
    row.refresh_from_db()
    assert row.data == said


def test_what_is_written_is_still_refused(service: Service) -> None:
    with pytest.raises(ValidationError):
        put_policy(kind="booking", data={"horizon_s": 40_000_000})


def test_a_city_sells_under_a_row_that_is_older_than_its_bounds(service: Service) -> None:
    Policy.objects.create(kind="booking", city=CITY, service=service, data={"horizon_s": 40_000_000})
    customer = Api(make_customer())
    services, home = customer.get("/services", city=CITY), customer.get("/home", city=CITY)
    found = customer.get("/search", city=CITY, q=quote("保洁"))
    assert [answer.status_code for answer in (services, found, home)] == [200, 200, 200]


def test_an_order_goes_on_under_terms_that_are_older_than_their_bounds() -> None:
    story = Story.in_town().accepted().depart()
    order = story.order
    bought = order.policies
    dispatch = bought["dispatch"] | {"max_travel_s": 10**9}
    fees = FEES | {"EN_ROUTE": {"share_bp": 2_000, "min_fen": 3_000, "max_fen": 10**12}}
    rewrite(
        order.pk, policies=bought | {"dispatch": dispatch, "cancellation": {"worker_share_bp": 8_000, "by_phase": fees}}
    )
    assert policies_of(story.order).dispatch.max_travel_s == YEAR_S
    story.cancel()
    assert story.order.cancel_fee_fen == 3_000


def test_steps_that_are_held_to_the_most_stay_readable() -> None:
    steps = [{"until_m": metres, "fee_fen": metres} for metres in (5_000, 2 * MOST_M, 3 * MOST_M)]
    fee = stored(Pricing, {"visit_fee": {"steps": steps}}).visit_fee
    assert [step.until_m for step in fee.steps] == [5_000, MOST_M, MOST_M]
    assert fee.way_fen(6_000) == 2 * MOST_M


def test_rules_of_points_are_read_so_too() -> None:
    PointsRule.objects.create(city=CITY, data={"months": 10_000, "earn_bp": 100})
    assert (terms_in(CITY).points.months, terms_in(CITY).points.earn_bp) == (120, 100)


@pytest.mark.parametrize(
    "said",
    [
        {"travel": {"speeds_mps": {"24": 5}}},
        {"payment": {"window_s": "soon"}},
        {"payment": {"windw_s": 5}},
        {"cancellation": {"by_phase": FEES | {"ACCEPTED": {"min_fen": 2, "max_fen": 1}}}},
        [],
    ],
)
def test_what_no_bound_mends_fails_loudly(said: Any) -> None:
    with pytest.raises(ValidationError):
        stored(Policies, said)
