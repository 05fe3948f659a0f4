"""Who gets an order: each thing that counts, changed in stored data alone, changes the winner."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.rivals import Rivals
from tests.web.orders.story import keep_busy, terms, tomorrow
from tests.web.people import CENTRE
from web.ledger import services as ledger
from web.scheduling.models import Reservation
from web.scheduling.routing import Place
from web.workforce.models import Worker, WorkerPosition
from web.workforce.ratings import open_rating

pytestmark = pytest.mark.django_db

NORTH_EDGE = {
    "type": "Polygon",
    "coordinates": [[[120.0, 30.3], [120.4, 30.3], [120.4, 30.4], [120.0, 30.4], [120.0, 30.3]]],
}


def hold_for(worker: Worker, rivals: Rivals) -> None:
    """The checkout had kept his time instead."""
    assert Reservation.objects.filter(order_id=rivals.story.id).update(worker_id=worker.pk) == 1


def test_equal_workers_are_ranked_by_their_ids() -> None:
    rivals = Rivals.meet()
    candidates = rivals.ranking().candidates
    assert [one["worker_id"] for one in candidates] == [rivals.first.pk, rivals.second.pk]
    assert candidates[0]["score"] == candidates[1]["score"]


def test_a_missing_skill_changes_the_winner() -> None:
    rivals = Rivals.meet()
    rivals.first.skills.update(skill="plumbing")
    assert rivals.winner() == rivals.second.pk
    assert rivals.reason(rivals.first) == "no_skill"


def test_an_area_without_the_address_changes_the_winner() -> None:
    rivals = Rivals.meet()
    Worker.objects.filter(pk=rivals.first.pk).update(area=NORTH_EDGE)
    assert rivals.winner() == rivals.second.pk
    assert rivals.reason(rivals.first) == "out_of_area"


def test_a_time_that_is_not_free_changes_the_winner() -> None:
    rivals = Rivals.meet()
    hold_for(rivals.second, rivals)
    keep_busy(rivals.first, rivals.story.order.starts_at)
    assert rivals.winner() == rivals.second.pk
    assert rivals.reason(rivals.first) == "not_free"


def test_a_shorter_way_changes_the_winner() -> None:
    rivals = Rivals.meet()
    Worker.objects.filter(pk=rivals.first.pk).update(home_lat=CENTRE[1] + 0.03)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.first, "travel")["value"] > rivals.term(rivals.second, "travel")["value"] == 0


def test_a_better_rating_changes_the_winner() -> None:
    rivals = Rivals.meet()
    open_rating(worker_id=rivals.second.pk, rating_sum=500, rating_count=100)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.second, "rating")["value"] > rivals.term(rivals.first, "rating")["value"]


def test_an_income_already_earned_changes_the_winner() -> None:
    rivals = Rivals.meet()
    ledger.post_settlement(order_id=1, worker_id=rivals.first.pk, total_fen=50_000, commission_fen=10_000)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.first, "fairness")["value"] == 40_000


def test_the_time_kept_at_checkout_changes_the_winner() -> None:
    rivals = Rivals.meet(w_held=10)
    assert rivals.winner() == rivals.first.pk
    hold_for(rivals.second, rivals)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.second, "held") == {"name": "held", "value": 1, "weight": 10, "points": 10}


def test_the_weights_are_the_operators() -> None:
    rivals = Rivals.meet(w_travel=100, w_rating=1)
    Worker.objects.filter(pk=rivals.second.pk).update(home_lat=CENTRE[1] + 0.05)
    open_rating(worker_id=rivals.second.pk, rating_sum=500, rating_count=100)
    assert rivals.winner() == rivals.first.pk  # the nearer one
    terms("dispatch", w_travel=1, w_rating=100, w_held=0)
    rivals.story = rivals.another_order(starts_at=tomorrow() + timedelta(days=1))
    assert rivals.winner() == rivals.second.pk  # the better one


def test_the_way_comes_from_the_job_before() -> None:
    rivals = Rivals.meet()
    job_ends = rivals.story.order.starts_at - timedelta(hours=3)
    keep_busy(rivals.first, job_ends - timedelta(hours=1), place=Place(CENTRE[0], CENTRE[1] + 0.05))
    assert rivals.term(rivals.first, "travel")["value"] > 1000
    assert rivals.winner() == rivals.second.pk


def seen_up_north(rivals: Rivals, *, at: datetime) -> None:
    place = {"lng": CENTRE[0], "lat": CENTRE[1] + 0.05, "at": at}
    WorkerPosition.objects.update_or_create(worker=rivals.first, defaults=place)


def test_a_visit_that_starts_soon_is_judged_from_where_he_is() -> None:
    rivals = Rivals.meet()
    seen_up_north(rivals, at=timezone.now())
    assert rivals.term(rivals.first, "travel")["value"] == 0  # in two days he will come from home
    with time_machine.travel(rivals.story.order.starts_at - timedelta(minutes=50)):
        seen_up_north(rivals, at=timezone.now())
        assert rivals.term(rivals.first, "travel")["value"] > 1000
        assert rivals.winner() == rivals.second.pk


def test_where_he_was_long_ago_is_not_where_he_is() -> None:
    rivals = Rivals.meet()
    terms = rivals.story.order.policies["visit"]
    with time_machine.travel(rivals.story.order.starts_at - timedelta(minutes=50), tick=False):
        for age_s, is_there in ((terms["position_fresh_s"], True), (terms["position_fresh_s"] + 1, False)):
            seen_up_north(rivals, at=timezone.now() - timedelta(seconds=age_s))
            assert (rivals.term(rivals.first, "travel")["value"] > 1000) is is_there
        assert rivals.winner() == rivals.first.pk


def test_a_newcomer_starts_neutral_and_one_bad_score_does_not_ruin_him() -> None:
    rivals = Rivals.meet()
    assert rivals.term(rivals.first, "rating")["value"] == 4.6
    open_rating(worker_id=rivals.first.pk, rating_sum=1, rating_count=1)
    assert rivals.term(rivals.first, "rating")["value"] == pytest.approx((1 + 46) / 11, abs=0.001)
    open_rating(worker_id=rivals.second.pk, rating_sum=400, rating_count=100)
    assert rivals.winner() == rivals.first.pk


def test_what_was_earned_more_than_a_month_ago_does_not_count() -> None:
    rivals = Rivals.meet()
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        ledger.post_settlement(order_id=1, worker_id=rivals.first.pk, total_fen=50_000, commission_fen=10_000)
    assert rivals.term(rivals.first, "fairness")["value"] == 0
    assert rivals.winner() == rivals.first.pk


def test_no_term_is_worth_less_than_nothing_or_more_than_its_weight() -> None:
    rivals = Rivals.meet()
    open_rating(worker_id=rivals.first.pk, rating_sum=1000, rating_count=1000)
    ledger.post_settlement(order_id=1, worker_id=rivals.first.pk, total_fen=9_000_000, commission_fen=1)
    for term in rivals.candidate(rivals.first)["terms"]:
        assert 0 <= term["points"] <= term["weight"]
    assert rivals.term(rivals.first, "fairness")["points"] == 0
