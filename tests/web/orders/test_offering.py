"""派单: one worker at a time, his time kept while he thinks, until he answers or the time is over."""

from datetime import timedelta

import pytest
import time_machine

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, keep_busy, let_go, refused, terms, tomorrow
from tests.web.people import make_city, make_customer, make_service, make_worker
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import services
from web.orders.models import Alarm, Command, Offer
from web.orders.services.dispatching import UNANSWERED_BEFORE_REST
from web.scheduling.selectors import holder_of
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def test_the_best_gets_the_offer_and_his_time_is_kept() -> None:
    story = Story.in_town(workers=2).pay().offer()
    offer, order = story.offered, story.order
    assert offer.ranking is not None
    assert offer.worker_id == offer.ranking.candidates[0]["worker_id"] == holder_of(story.id)
    assert offer.due_at - offer.offered_at == pytest.approx(timedelta(seconds=60), abs=timedelta(seconds=2))
    assert offer.pay_fen == order.total_fen * 80 // 100
    assert (order.phase, order.worker_id) == (Phase.DISPATCHING, None)


def test_the_checkouts_hold_goes_over_to_the_one_who_is_asked() -> None:
    story = Story.in_town(workers=2).pay().offer()
    first = story.offered.worker_id
    story.lapse()
    assert holder_of(story.id) == first
    story.offer()
    assert holder_of(story.id) == story.offered.worker_id != first


def test_he_was_booked_meanwhile_and_is_ranked_no_more() -> None:
    story = Story.in_town().pay().offer().refuse().exhaust()
    worker = make_worker(on_duty=True)
    ranking = services.store_ranking(order_id=story.id)
    keep_busy(worker, story.order.starts_at)
    assert refused(story.step(Move.OFFER, reference=ranking.ranking_id)) == "slot_taken"
    assert not story.order.offers.filter(state=Offer.OPEN).exists()
    assert services.store_ranking(order_id=story.id).candidates == 0


def test_an_order_is_offered_to_nobody_else_while_somebody_is_asked() -> None:
    story = Story.in_town(workers=2).pay().offer()
    ranking = services.store_ranking(order_id=story.id)
    assert refused(story.step(Move.OFFER, reference=ranking.ranking_id)) == "not_allowed"
    assert story.order.offers.count() == 1


def test_an_offer_after_nobody_was_left_clears_the_alarm() -> None:
    story = Story.in_town().pay().exhaust()
    assert story.order.alarms.get(cleared_at=None).kind == Alarm.NOBODY_ACCEPTS
    story.offer()
    assert not story.order.alarms.filter(cleared_at=None).exists()
    assert not story.order.exhausted


def test_when_nobody_is_left_the_board_is_alarmed_and_the_order_kept() -> None:
    story = Story.in_town().pay().exhaust()
    assert (story.order.phase, story.order.exhausted) == (Phase.DISPATCHING, True)
    alarm = story.order.alarms.get()
    assert (alarm.kind, alarm.city, alarm.cleared_at) == (Alarm.NOBODY_ACCEPTS, "hangzhou", None)
    assert heard("board:hangzhou")[-1].type == "alarm.raised"


def test_who_accepts_has_the_order_and_his_deadlines() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    story.accept()
    order = story.order
    assert (order.phase, order.worker_id) == (Phase.ACCEPTED, offer.worker_id)
    offer.refresh_from_db()
    assert offer.state == Offer.ACCEPTED
    assert offer.closed_at is not None
    assert order.depart_by == order.starts_at - timedelta(seconds=offer.travel_s) + timedelta(seconds=600)
    assert order.arrive_by == order.starts_at + timedelta(seconds=600)
    assert holder_of(story.id) == offer.worker_id


def test_his_answer_counts_from_when_it_was_received() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    command = story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk)
    Offer.objects.filter(pk=offer.pk).update(due_at=command.received_at + timedelta(milliseconds=1))
    assert story.take(command).outcome.done  # however long we stalled


def test_an_answer_after_the_time_is_too_late() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    command = story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk)
    Offer.objects.filter(pk=offer.pk).update(due_at=command.received_at - timedelta(milliseconds=1))
    assert refused(story.take(command)) == "offer_closed"


def test_who_went_off_duty_since_the_ranking_is_not_asked() -> None:
    story = Story.in_town().pay()
    ranking = services.store_ranking(order_id=story.id)
    Worker.objects.update(on_duty=False)
    result = story.step(Move.OFFER, reference=ranking.ranking_id)
    assert (refused(result), result.outcome.details) == ("worker_unfit", {"reason": "off_duty"})
    assert not story.order.offers.exists()


def test_nobody_is_asked_after_the_start() -> None:
    story = Story.in_town().pay()
    ranking = services.store_ranking(order_id=story.id)
    with time_machine.travel(story.order.starts_at):
        assert refused(story.step(Move.OFFER, reference=ranking.ranking_id)) == "worker_unfit"


@pytest.mark.parametrize("move", [Move.ACCEPT, Move.REFUSE])
def test_somebody_elses_offer_cannot_be_answered(move: Move) -> None:
    story = Story.in_town(workers=2).pay().offer()
    offer = story.offered
    other = User.objects.filter(role="worker").exclude(pk=offer.worker_id).get()
    assert refused(story.ask(other, move, offer_id=offer.pk, reason="busy")) == "offer_closed"
    offer.refresh_from_db()
    assert offer.state == Offer.OPEN


@pytest.mark.parametrize("move", [Move.ACCEPT, Move.REFUSE])
def test_an_old_offer_cannot_be_answered_under_a_new_one(move: Move) -> None:
    story = Story.in_town().pay().offer()
    old = story.offered
    story.lapse().exhaust().offer()
    assert story.offered.worker_id == old.worker_id
    assert refused(story.ask(old.worker, move, offer_id=old.pk, reason="busy")) == "offer_closed"
    assert story.offered.state == Offer.OPEN


def test_a_refusal_keeps_its_reason_and_frees_his_time() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    story.refuse("no_tools")
    offer.refresh_from_db()
    assert (offer.state, offer.reason) == (Offer.REFUSED, "no_tools")
    assert holder_of(story.id) is None
    assert story.order.phase == Phase.DISPATCHING
    assert Worker.objects.get(pk=offer.worker_id).on_duty


def test_nobody_answered_in_time() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    story.lapse()
    offer.refresh_from_db()
    assert offer.state == Offer.LAPSED
    assert refused(story.ask(offer.worker, Move.ACCEPT, offer_id=offer.pk)) == "offer_closed"


def test_without_an_offer_nothing_lapses() -> None:
    assert refused(Story.in_town().pay().step(Move.OFFER_LAPSED)) == "offer_closed"


def test_who_lets_three_offers_lapse_rests_and_is_told() -> None:
    make_city()
    worker = make_worker(on_duty=True)
    service = make_service()
    for number in range(UNANSWERED_BEFORE_REST):
        assert Worker.objects.get(pk=worker.pk).on_duty, number
        Story.placed(make_customer(), service, starts_at=tomorrow(4 * number)).pay().offer().lapse()
    assert not Worker.objects.get(pk=worker.pk).on_duty
    told = [event for event in heard(f"worker:{worker.pk}") if event.type == "worker.rested"]
    assert [event.data for event in told] == [{"unanswered": 3}]


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_an_answer_shows_that_he_is_there(answer: str) -> None:
    make_city()
    worker = make_worker(on_duty=True)
    service = make_service()
    for number in range(UNANSWERED_BEFORE_REST - 1):
        Story.placed(make_customer(), service, starts_at=tomorrow(4 * number)).pay().offer().lapse()
    story = Story.placed(make_customer(), service, starts_at=tomorrow(20)).pay().offer()
    story.accept() if answer == "accept" else story.refuse()
    assert Worker.objects.get(pk=worker.pk).unanswered == 0


def test_the_time_to_answer_is_a_policy() -> None:
    make_city()
    make_worker(on_duty=True)
    terms("dispatch", offer_s=7)
    offer = Story.placed(make_customer(), make_service()).pay().offer().offered
    assert offer.due_at - offer.offered_at < timedelta(seconds=8)


@pytest.mark.django_db(transaction=True)
def test_of_two_accepts_at_once_one_is_done() -> None:
    story = Story.in_town().pay().offer()
    offer, version = story.offered, story.order.version
    commands = iter([story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk) for _ in range(2)])

    def accept() -> StepResult:
        command = next(commands)
        result = story.take(command, version=version)
        # What the actor does after a conflict: decide again on the row as it is.
        return story.take(command) if result.conflict else result

    results = at_once(2, accept)
    assert sorted(result.outcome.done for result in results) == [False, True]
    assert {result.outcome.code for result in results} == {"", "offer_closed"}
    assert story.types.count("accepted") == 1
    assert sorted(Command.objects.values_list("state", flat=True)) == [Command.DONE, Command.REFUSED]


@pytest.mark.django_db(transaction=True)
def test_two_orders_that_want_the_same_worker_at_once_do_not_both_get_him() -> None:
    make_city()
    first, second = make_worker(on_duty=True), make_worker(on_duty=True)
    service = make_service()
    stories = [Story.placed(make_customer(), service).pay() for _ in range(2)]
    for story in stories:
        let_go(story)
    Worker.objects.filter(pk=second.pk).update(on_duty=False)
    rankings = [services.store_ranking(order_id=story.id).ranking_id for story in stories]
    turns = iter(zip(stories, rankings, strict=True))

    def offer() -> str:
        story, ranking = next(turns)
        return story.step(Move.OFFER, reference=ranking).outcome.code

    assert sorted(at_once(2, offer)) == ["", "slot_taken"]
    assert [holder_of(story.id) for story in stories].count(first.pk) == 1


def test_a_time_is_never_given_to_two_orders() -> None:
    story = Story.in_town().pay().offer()
    with pytest.raises(DoorbellError, match="slot_taken"):
        Story.placed(make_customer(), story.order.service)
