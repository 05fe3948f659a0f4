"""A dispatcher gives an order to a worker: whom he may, and what becomes of the one who was being asked."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from tests.web.orders.story import Story, heard, keep_busy, refused
from tests.web.people import make_staff, make_worker
from web.accounts.models import User
from web.orders.models import Offer
from web.orders.ranking import HARD_REASONS, REASONS
from web.scheduling import services as scheduling
from web.scheduling.selectors import holder_of
from web.workforce import services as workforce
from web.workforce.models import Worker
from web.workforce.week import Span
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return make_staff(display_name="调度员甲")


def test_an_order_that_nobody_takes_is_given_to_somebody(staff: User) -> None:
    story = Story.in_town().pay().offer().refuse().exhaust()
    worker = make_worker(on_duty=True)
    story.assign(worker.user, by=staff)
    order, offer = story.order, story.order.offers.get(worker=worker.user)
    assert (order.phase, order.worker_id, order.exhausted) == (Phase.ACCEPTED, worker.pk, False)
    assert offer.state == Offer.ACCEPTED
    assert offer.pay_fen == order.total_fen * 80 // 100
    assert holder_of(story.id) == worker.pk
    assert not order.alarms.filter(cleared_at=None).exists()
    line = order.events.get(type="assigned")
    assert (line.role, line.actor_id) == ("staff", staff.pk)


def test_the_one_who_was_being_asked_is_told_that_it_is_gone(staff: User) -> None:
    story = Story.in_town().pay().offer()
    waiting = story.offered
    other = make_worker(on_duty=True)
    story.assign(other.user, by=staff)
    waiting.refresh_from_db()
    assert waiting.state == Offer.WITHDRAWN
    told = heard(f"worker:{waiting.worker_id}")[-2:]
    assert [event.type for event in told] == ["order.assigned", "offer.closed"]
    assert told[-1].data == {"offer_id": waiting.pk, "order_id": story.id, "state": "withdrawn"}
    # Nobody hears of the end of an offer that he never saw.
    assert "offer.closed" not in [event.type for event in heard(f"worker:{other.pk}")]
    assert holder_of(story.id) == other.pk


def test_the_one_who_is_being_asked_may_be_given_it(staff: User) -> None:
    story = Story.in_town().pay().offer()
    waiting = story.offered
    story.assign(waiting.worker, by=staff)
    waiting.refresh_from_db()
    assert waiting.state == Offer.ACCEPTED
    assert story.order.worker_id == waiting.worker_id
    assert story.order.offers.count() == 1
    closed = [event.data["state"] for event in heard(f"worker:{waiting.worker_id}") if event.type == "offer.closed"]
    assert closed == ["accepted"]


def no_skill(worker: Worker, _: Story) -> None:
    worker.skills.all().delete()


def out_of_area(worker: Worker, _: Story) -> None:
    ring = [[120.0, 30.35], [120.4, 30.35], [120.4, 30.4], [120.0, 30.4], [120.0, 30.35]]
    workforce.change_profile(worker_id=worker.pk, area={"type": "Polygon", "coordinates": [ring]})


def not_free(worker: Worker, story: Story) -> None:
    keep_busy(worker, story.order.starts_at)


@pytest.mark.parametrize("change", [no_skill, out_of_area, not_free])
def test_who_cannot_do_it_is_refused_with_the_reason(change: Callable[[Worker, Story], None], staff: User) -> None:
    story = Story.in_town().pay().offer()
    worker = make_worker(on_duty=True)
    change(worker, story)
    result = story.ask(staff, Move.ASSIGN, worker_id=worker.pk)
    assert refused(result) == "worker_unfit"
    assert result.outcome.details == {"reason": change.__name__}
    assert change.__name__ in HARD_REASONS
    assert story.offered.state == Offer.OPEN  # whoever was being asked still is


def test_who_is_busy_is_refused_as_busy_whatever_else_stands_against_him(staff: User) -> None:
    story = Story.in_town().pay()
    worker = make_worker(on_duty=False)
    not_free(worker, story)
    result = story.ask(staff, Move.ASSIGN, worker_id=worker.pk)
    assert (refused(result), result.outcome.details) == ("worker_unfit", {"reason": "not_free"})


def test_who_rests_sets_out_in_time_for_his_way(staff: User) -> None:
    story = Story.in_town().pay().exhaust()
    worker = make_worker(on_duty=False, home=(120.15, 30.35))
    story.assign(worker.user, by=staff)
    order, offer = story.order, story.order.offers.get(worker=worker.user)
    assert offer.travel_s > 1000
    assert offer.distance_m > 5000
    assert order.depart_by == order.starts_at - timedelta(seconds=offer.travel_s) + timedelta(seconds=600)


def test_both_days_are_locked_at_once_so_that_crossing_assignments_cannot_wait_for_each_other(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story.in_town().pay().offer()
    waiting, other = story.offered.worker_id, make_worker(on_duty=True)
    locked: list[set[int]] = []
    really = scheduling.lock_workers

    def lock(ids: Iterable[int]) -> None:
        locked.append(set(ids))
        really(ids)

    monkeypatch.setattr(scheduling, "lock_workers", lock)
    story.assign(other.user, by=staff)
    assert locked == [{waiting, other.pk}]


def test_what_could_be_known_of_everybody_is_kept_with_it(staff: User) -> None:
    story = Story.in_town(workers=2).pay().offer()
    waiting = story.offered.worker_id
    resting = make_worker(on_duty=False)
    story.assign(resting.user, by=staff)
    ranking = story.order.offers.get(state=Offer.ACCEPTED).ranking
    assert ranking is not None
    assert waiting in [one["worker_id"] for one in ranking.candidates]
    assert [(one["worker_id"], one["reason"]) for one in ranking.excluded] == [(resting.pk, "off_duty")]


@pytest.mark.parametrize("somebody", ["a customer", "nobody"])
def test_somebody_who_is_no_worker_is_refused(somebody: str, staff: User) -> None:
    story = Story.in_town().pay()
    worker_id = story.order.customer_id if somebody == "a customer" else 10**9
    result = story.ask(staff, Move.ASSIGN, worker_id=worker_id)
    assert refused(result) == "worker_unfit"


def resting(worker: Worker, story: Story) -> None:
    workforce.set_duty(worker_id=worker.pk, on_duty=False)


def free_that_day(worker: Worker, story: Story) -> None:
    weekday = (story.order.starts_at.weekday() + 3) % 7
    workforce.change_profile(worker_id=worker.pk, spans=[Span(weekday, 0, 86400)])


def far_away(worker: Worker, story: Story) -> None:
    Worker.objects.filter(pk=worker.pk).update(home_lat=30.9)


@pytest.mark.parametrize("change", [resting, free_that_day, far_away])
def test_what_a_telephone_call_can_settle_is_the_dispatchers_to_judge(
    change: Callable[[Worker, Story], None], staff: User
) -> None:
    story = Story.in_town().pay().exhaust()
    worker = make_worker(on_duty=True)
    change(worker, story)
    story.assign(worker.user, by=staff)
    assert story.order.worker_id == worker.pk
    assert holder_of(story.id) == worker.pk


def test_who_refused_may_be_talked_into_it(staff: User) -> None:
    story = Story.in_town().pay().offer()
    worker = story.offered.worker
    story.refuse().exhaust().assign(worker, by=staff)
    assert story.order.worker_id == worker.pk


def test_only_staff_assign() -> None:
    story = Story.in_town().pay()
    worker = make_worker(on_duty=True)
    assert refused(story.ask(worker.user, Move.ASSIGN, worker_id=worker.pk)) == "not_allowed"
    assert refused(story.ask(story.order.customer, Move.ASSIGN, worker_id=worker.pk)) == "not_allowed"


@pytest.mark.parametrize("before", ["unpaid", "accepted", "cancelled"])
def test_only_an_order_that_looks_for_a_worker_is_assigned(before: str, staff: User) -> None:
    story = Story.in_town()
    if before == "accepted":
        story.accepted()
    if before == "cancelled":
        story.pay().cancel()
    result = story.ask(staff, Move.ASSIGN, worker_id=make_worker().pk)
    assert refused(result) == "not_allowed"


def test_every_reason_has_words_for_the_board() -> None:
    assert all(REASONS.values())
