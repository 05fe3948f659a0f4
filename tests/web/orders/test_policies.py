"""Terms as data: the most specific row wins, a typing error fails, and an order keeps the terms it was bought under."""

import pytest
from pydantic import ValidationError

from tests.web.orders.story import Story, fees, terms
from tests.web.people import CITY, Api, body_of, make_city, make_customer, make_service, make_worker
from tests.world.fiction import rewrite
from web.catalog.models import Service
from web.orders.models import Policy
from web.orders.policies import KINDS, Policies
from web.orders.selectors import policies_for, policies_of
from web.orders.services.terms import put_policy

FEES = Policies().model_dump(mode="json")["cancellation"]["by_phase"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    make_city()
    return make_service()


def window(service: Service, *, city: str = CITY) -> float:
    """How long somebody has to pay there."""
    return policies_for(city=city, service_id=service.pk).payment.window_s


def test_without_rows_the_defaults_hold(service: Service) -> None:
    assert policies_for(city=CITY, service_id=service.pk) == Policies()


def test_the_most_specific_scope_wins_whatever_is_newer(service: Service) -> None:
    put_policy(kind="payment", data={"window_s": 4}, service=service, city=CITY)
    put_policy(kind="payment", data={"window_s": 3}, service=service)
    put_policy(kind="payment", data={"window_s": 2}, city=CITY)
    put_policy(kind="payment", data={"window_s": 1})
    assert window(service) == 4
    assert window(service, city="shanghai") == 3
    other = make_service("window-cleaning")
    assert window(other) == 2
    assert window(other, city="shanghai") == 1


def test_of_one_scope_the_newest_wins(service: Service) -> None:
    for seconds in (10, 30, 20):
        put_policy(kind="payment", data={"window_s": seconds}, city=CITY)
    assert window(service) == 20


def test_a_row_replaces_its_kind_whole_and_leaves_the_others(service: Service) -> None:
    put_policy(kind="dispatch", data={"offer_s": 5})
    put_policy(kind="dispatch", data={"retry_s": 7}, city=CITY)
    put_policy(kind="commission", data={"platform_bp": 100})
    found = policies_for(city=CITY, service_id=service.pk)
    assert (found.dispatch.offer_s, found.dispatch.retry_s) == (Policies().dispatch.offer_s, 7)
    assert found.commission.platform_bp == 100


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("payment", {"window": 5}),
        ("payment", {"window_s": 5, "windw_s": 6}),
        ("payment", {"window_s": 0}),
        ("payment", {"window_s": "soon"}),
        ("commission", {"platform_bp": 10_001}),
        ("dispatch", {"max_offers": 0}),
        ("cancellation", {"by_phase": FEES | {"NO_SUCH_PHASE": {}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"fee": 1}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"min_fen": -1}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"max_fen": -1}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"min_fen": 2, "max_fen": 1}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"free_before_s": -1}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"tiers": [{"before_s": -1}]}}}),
        ("cancellation", {"by_phase": FEES | {"ACCEPTED": {"tiers": [{"before_s": 1, "min_fen": 2, "max_fen": 1}]}}}),
        ("cancellation", {"by_phase": {}}),
        ("cancellation", {"by_phase": {"ACCEPTED": FEES["ACCEPTED"]}}),
        ("cancellation", {"by_phase": FEES | {"IN_SERVICE": {}}}),
        ("travel", {"speed_mps": 0}),
        ("no_such_kind", {}),
    ],
)
def test_a_typing_error_is_refused_before_it_is_stored(kind: str, data: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        put_policy(kind=kind, data=data)
    assert not Policy.objects.exists()


def test_the_default_table_is_one_that_could_be_written(service: Service) -> None:
    put_policy(kind="cancellation", data={"by_phase": FEES})
    assert policies_for(city=CITY, service_id=service.pk) == Policies()


def test_an_unknown_key_that_got_into_a_row_fails_loudly(service: Service) -> None:
    Policy.objects.create(kind="payment", data={"windw_s": 5})
    with pytest.raises(ValidationError, match="windw_s"):
        policies_for(city=CITY, service_id=service.pk)


def test_writing_the_terms_that_are_in_force_writes_nothing(service: Service) -> None:
    first = put_policy(kind="payment", data={"window_s": 5})
    assert put_policy(kind="payment", data={"window_s": 5}) == first
    assert put_policy(kind="payment", data={"window_s": 5}, city=CITY) != first


def test_an_order_keeps_the_terms_it_was_bought_under(service: Service) -> None:
    make_worker(on_duty=True)
    terms("commission", platform_bp=1_000)
    story = Story.placed(make_customer(), service)
    bought = policies_of(story.order)
    terms("commission", platform_bp=9_000)
    fees(ARRIVED={"share_bp": 10_000})
    terms("dispatch", offer_s=1)
    assert policies_of(story.order) == bought
    story.accepted()
    assert story.order.offers.get().pay_fen == story.order.total_fen * 90 // 100
    story.depart().arrive().cancel()
    assert story.order.cancel_fee_fen == 3_270  # 30 % of 109 yuan, the default for ARRIVED


def test_the_snapshot_is_whole() -> None:
    assert set(Policies().model_dump(mode="json")) == set(KINDS)
    assert Policies.model_validate(Policies().model_dump(mode="json")) == Policies()


def test_an_order_that_was_bought_before_there_were_tiers_and_newer_kinds_keeps_its_fee() -> None:
    story = Story.in_town().accepted().depart()
    order = story.order
    fees_then = {phase: {name: fee[name] for name in fee if name != "tiers"} for phase, fee in FEES.items()}
    order.policies = {
        **{kind: order.policies[kind] for kind in ("booking", "travel", "payment", "dispatch", "visit", "completion")},
        "cancellation": {"worker_share_bp": 8_000, "by_phase": fees_then},
        "commission": {"platform_bp": 2_000},
    }
    rewrite(order.pk, policies=order.policies)
    assert policies_of(story.order).reassign == Policies().reassign
    shown = body_of(Api(order.customer).get(f"/orders/{story.id}"))["cancellation"]
    story.cancel()
    assert shown["fee_fen"] == story.order.cancel_fee_fen == 3_000
