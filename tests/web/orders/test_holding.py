"""A paid order has somebody to do it: from the checkout on his time is kept, whoever is asked meanwhile."""

import pytest

from tests.web.orders.story import Story
from tests.web.people import make_city, make_customer, make_service, make_staff, make_worker
from web.errors import DoorbellError
from web.orders import services
from web.scheduling.selectors import holder_of
from web.workforce import services as workforce
from workflows.messages import RankingResult

pytestmark = pytest.mark.django_db


def test_two_customers_never_pay_for_one_worker_who_rests() -> None:
    make_city()
    worker = make_worker(on_duty=False)
    service = make_service()
    story = Story.placed(make_customer(), service).pay().exhaust()
    assert holder_of(story.id) == worker.pk
    with pytest.raises(DoorbellError, match="slot_taken"):
        Story.placed(make_customer(), service)


def test_who_rests_can_take_it_when_he_comes_on_duty() -> None:
    make_city()
    worker = make_worker(on_duty=False)
    story = Story.placed(make_customer(), make_service()).pay().exhaust()
    assert services.store_ranking(order_id=story.id) == RankingResult(None, 0)
    workforce.set_duty(worker_id=worker.pk, on_duty=True)
    story.offer().accept()
    assert (story.worker.pk, holder_of(story.id)) == (worker.pk, worker.pk)


def test_who_refuses_is_free_and_the_next_best_is_kept_at_once() -> None:
    story = Story.in_town(workers=1).pay().offer()
    first, resting = story.offered.worker_id, make_worker(on_duty=False)
    story.refuse()
    assert holder_of(story.id) == resting.pk
    story.exhaust()
    assert holder_of(story.id) == resting.pk != first


def test_the_time_is_freed_only_when_nobody_else_fits() -> None:
    story = Story.in_town().pay().offer().refuse()
    assert holder_of(story.id) is None
    story.exhaust()
    assert holder_of(story.id) is None


def test_who_let_it_lapse_is_kept_for_the_next_round() -> None:
    story = Story.in_town().pay().offer()
    worker_id = story.offered.worker_id
    story.lapse().exhaust()
    assert holder_of(story.id) == worker_id
    story.offer().accept()
    assert story.worker.pk == worker_id


def test_somebody_new_is_kept_when_nobody_was() -> None:
    story = Story.in_town().pay().offer().refuse()
    late = make_worker(on_duty=False)
    story.exhaust()
    assert holder_of(story.id) == late.pk


def test_a_dispatcher_takes_another_and_the_first_is_free() -> None:
    make_city()
    first, other = make_worker(on_duty=False), make_worker(on_duty=False)
    service = make_service()
    story = Story.placed(make_customer(), service).pay().exhaust()
    assert holder_of(story.id) == first.pk
    story.assign(other.user, by=make_staff())
    assert holder_of(story.id) == other.pk
    assert holder_of(Story.placed(make_customer(), service).id) == first.pk
