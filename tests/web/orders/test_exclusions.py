"""Who cannot have an order, and the reason that is kept for each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from tests.web.orders.rivals import Rivals
from tests.web.orders.story import keep_busy, let_go
from tests.web.people import CENTRE, CITY, make_city, make_worker
from web.orders import services
from web.orders.ranking import HARD_REASONS, REASONS, Verdict, consider, rank, wanted_by
from web.orders.selectors import policies_of
from web.workforce import services as workforce
from web.workforce.models import Worker
from web.workforce.selectors import workers_in
from web.workforce.week import Span
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def cannot(rivals: Rivals) -> None:
    rivals.first.skills.all().delete()


def elsewhere(rivals: Rivals) -> None:
    square = [[120.0, 30.35], [120.4, 30.35], [120.4, 30.4], [120.0, 30.4], [120.0, 30.35]]
    workforce.change_profile(worker_id=rivals.first.pk, area={"type": "Polygon", "coordinates": [square]})


def another_day(rivals: Rivals) -> None:
    weekday = (rivals.story.order.starts_at.weekday() + 3) % 7
    workforce.change_profile(worker_id=rivals.first.pk, spans=[Span(weekday, 0, 86400)])


def resting(rivals: Rivals) -> None:
    workforce.set_duty(worker_id=rivals.first.pk, on_duty=False)


def booked(rivals: Rivals) -> None:
    keep_busy(rivals.first, rivals.story.order.starts_at)


def full(rivals: Rivals) -> None:
    """He takes one visit that day, and has it: at another hour."""
    Worker.objects.filter(pk=rivals.first.pk).update(max_day=1)
    keep_busy(rivals.first, rivals.story.order.starts_at + timedelta(hours=5))


def far(rivals: Rivals) -> None:
    Worker.objects.filter(pk=rivals.first.pk).update(home_lat=CENTRE[1] + 0.6)


def judged(rivals: Rivals) -> Verdict | None:
    """What is thought of the first alone."""
    worker_id, order = rivals.first.pk, rivals.story.order
    return consider(order, policies_of(order), worker_ids=[worker_id]).verdict_on(worker_id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cannot, "no_skill"),
        (elsewhere, "out_of_area"),
        (another_day, "not_working"),
        (resting, "off_duty"),
        (booked, "not_free"),
        (full, "full"),
        (far, "too_far"),
    ],
)
def test_the_reason_is_kept_and_has_words(change: Callable[[Rivals], None], reason: str) -> None:
    rivals = Rivals.meet()
    let_go(rivals.story)
    change(rivals)
    assert rivals.reason(rivals.first) == reason
    assert REASONS[reason]
    verdict = judged(rivals)
    assert verdict is not None
    assert verdict.reason == reason


def test_who_refused_is_not_asked_again() -> None:
    rivals = Rivals.meet()
    rivals.story.offer().refuse()
    assert rivals.reason(rivals.first) == "refused"
    rivals.story.step(Move.EXHAUSTED)
    assert rivals.reason(rivals.first) == "refused"


def test_who_did_not_answer_is_asked_again_in_the_next_round() -> None:
    rivals = Rivals.meet()
    rivals.story.offer().lapse()
    assert rivals.reason(rivals.first) == "unanswered"
    rivals.story.offer().refuse().step(Move.EXHAUSTED)
    assert rivals.winner() == rivals.first.pk


def test_a_round_makes_so_many_offers_and_then_nobody_is_left() -> None:
    rivals = Rivals.meet(max_offers=1)
    rivals.story.offer().lapse()
    assert rivals.ranking().candidates == []


def test_that_nobody_is_left_is_stored_once() -> None:
    rivals = Rivals.meet()
    for worker in (rivals.first, rivals.second):
        workforce.set_duty(worker_id=worker.pk, on_duty=False)
    assert rivals.ranking().candidates == []
    rivals.story.step(Move.EXHAUSTED)
    again = services.store_ranking(order_id=rivals.story.id)
    assert (again.ranking_id, again.candidates) == (None, 0)
    assert rivals.story.order.rankings.count() == 1


def test_who_was_never_a_worker_of_this_city_is_nobody() -> None:
    rivals = Rivals.meet()
    make_city("shanghai")
    stranger = make_worker(city="shanghai", on_duty=True)
    nobody = [stranger.pk, rivals.story.order.customer_id, 10**9]
    assert consider(rivals.story.order, policies_of(rivals.story.order), worker_ids=nobody).verdicts == []


def test_a_worker_who_was_closed_is_not_there() -> None:
    rivals = Rivals.meet()
    rivals.first.user.is_active = False
    rivals.first.user.save()
    ranking = rivals.ranking()
    assert [one["worker_id"] for one in ranking.candidates] == [rivals.second.pk]
    assert ranking.excluded == []


def test_the_checkout_does_not_ask_who_is_on_duty_now() -> None:
    rivals = Rivals.meet()
    resting(rivals)
    wanted = wanted_by(rivals.story.order, policies_of(rivals.story.order))
    workers = workers_in(CITY)
    assert [one["reason"] for one in rank(wanted, workers).excluded] == ["off_duty"]
    assert rank(replace(wanted, live=False), workers).excluded == []


def test_the_first_reason_wins_and_none_hides_one_that_is_hard() -> None:
    rivals = Rivals.meet()
    let_go(rivals.story)
    wins = [(far, "too_far"), (another_day, "not_working"), (booked, "not_free"), (elsewhere, "out_of_area")]
    for change, reason in [(resting, "off_duty"), *wins, (cannot, "no_skill"), (resting, "no_skill")]:
        change(rivals)
        assert rivals.reason(rivals.first) == reason


def test_after_its_start_an_order_is_offered_to_nobody() -> None:
    rivals = Rivals.meet()
    resting(rivals)
    with time_machine.travel(rivals.story.order.starts_at - timedelta(seconds=5)):
        assert rivals.winner() == rivals.second.pk
    with time_machine.travel(rivals.story.order.starts_at):
        assert rivals.ranking().candidates == []
        assert {rivals.reason(rivals.first), rivals.reason(rivals.second)} == {"too_late"}


def test_whoever_is_excluded_still_has_his_way() -> None:
    rivals = Rivals.meet()
    Worker.objects.filter(pk=rivals.first.pk).update(home_lat=CENTRE[1] + 0.05)
    resting(rivals)
    verdict = judged(rivals)
    assert verdict is not None
    assert (verdict.reason, verdict.candidate.travel_s > 1000) == ("off_duty", True)


def test_hard_reasons_are_those_that_no_dispatcher_can_wave_aside() -> None:
    assert {"blocked", "no_skill", "out_of_area", "not_free", "full"} == HARD_REASONS < set(REASONS)
