"""What else counts in a ranking: skill, promises kept, newcomers, favourites; and refusing, which never does."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.rivals import Rivals
from tests.web.orders.story import Story
from tests.web.people import make_customer, make_staff
from web.accounts.ties import put_tie
from web.orders.explaining import TERM_NAMES, sentence
from web.orders.models import Offer, Order
from web.orders.records import Record, records_of
from web.orders.scoring import replay
from web.orders.selectors import policies_of
from web.workforce.models import Worker, WorkerSkill
from workflows.transitions import Move, Role

pytestmark = pytest.mark.django_db


def past_offers(rivals: Rivals, worker: Worker, state: str, *, number: int = 1) -> None:
    """Offers of other orders, long ago."""
    order = rivals.story.order
    for _ in range(number):
        other = Order.objects.create(
            customer=make_customer(),
            worker=worker.user if state == Offer.ACCEPTED else None,
            service=order.service,
            service_version=order.service_version,
            service_name=order.service_name,
            city=order.city,
            phase="COMPLETED" if state == Offer.ACCEPTED else "CANCELLED",
            starts_at=timezone.now() - timedelta(days=60),
            duration_s=1,
            contact_name="",
            contact_phone="",
            place="",
            district="",
            lng=0,
            lat=0,
            start_code="0",
            total_fen=1,
            policies={},
            key="past",
            ended_at=timezone.now(),
        )
        Offer.objects.create(
            order=other, worker=worker.user, state=state, distance_m=1, travel_s=1, pay_fen=1, due_at=timezone.now()
        )


def favour(rivals: Rivals, worker: Worker) -> None:
    put_tie(customer_id=rivals.story.order.customer_id, worker_id=worker.pk, by=Role.CUSTOMER, kind="favourite")


def test_a_higher_level_of_the_skill_changes_the_winner() -> None:
    rivals = Rivals.meet()
    WorkerSkill.objects.filter(worker=rivals.second).update(level=3)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.second, "skill")["value"] == 3


def test_the_level_of_another_skill_does_not() -> None:
    rivals = Rivals.meet()
    WorkerSkill.objects.create(worker=rivals.second, skill="massage", level=5)
    assert rivals.winner() == rivals.first.pk


def test_who_let_customers_down_comes_after_who_did_not() -> None:
    rivals = Rivals.meet()
    past_offers(rivals, rivals.first, "failed", number=3)
    assert rivals.winner() == rivals.second.pk
    assert rivals.term(rivals.first, "kept")["value"] < rivals.term(rivals.second, "kept")["value"]


def test_an_order_that_was_given_back_in_time_costs_nothing() -> None:
    rivals = Rivals.meet()
    past_offers(rivals, rivals.first, "returned", number=3)
    assert rivals.winner() == rivals.first.pk


@pytest.mark.parametrize("ended_by", ["customer", "staff", "cancelled by a customer who had waited"])
def test_an_order_that_ended_because_he_did_not_come_was_not_kept(ended_by: str) -> None:
    story = Story.in_town().accepted()
    worker_id, gone = story.worker.pk, story.order.starts_at + timedelta(hours=2)
    assert records_of([worker_id]) == {worker_id: Record(kept=1)}
    with time_machine.travel(gone):
        if ended_by == "customer":
            assert story.ask(story.order.customer, Move.WORKER_ABSENT).outcome.done
        elif ended_by == "staff":
            assert story.ask(make_staff(), Move.CALL_OFF, reason="worker_absent", refund_bp=10_000).outcome.done
        else:
            assert story.step(Move.DID_NOT_ARRIVE).outcome.done
            story.cancel()
    assert records_of([worker_id]) == {worker_id: Record(failed=1)}


def test_who_came_late_and_did_the_work_has_kept_it() -> None:
    story = Story.in_town().accepted()
    with time_machine.travel(story.order.starts_at + timedelta(hours=2)):
        assert story.step(Move.DID_NOT_ARRIVE).outcome.done
        story.depart().arrive().start().tick_all().finish().confirm()
    assert records_of([story.worker.pk]) == {story.worker.pk: Record(kept=1, finished=1)}


def test_a_newcomer_comes_before_who_has_had_many() -> None:
    rivals = Rivals.meet(w_kept=0)
    past_offers(rivals, rivals.first, Offer.ACCEPTED, number=5)
    assert rivals.term(rivals.first, "newcomer")["value"] == 5
    assert rivals.winner() == rivals.second.pk


def test_the_customers_favourite_wins() -> None:
    rivals = Rivals.meet()
    favour(rivals, rivals.second)
    assert rivals.winner() == rivals.second.pk


def test_somebody_elses_favourite_does_not() -> None:
    rivals = Rivals.meet()
    put_tie(customer_id=make_customer().pk, worker_id=rivals.second.pk, by=Role.CUSTOMER, kind="favourite")
    assert rivals.winner() == rivals.first.pk


def test_what_a_term_weighs_is_a_policy() -> None:
    rivals = Rivals.meet(w_favourite=0)
    favour(rivals, rivals.second)
    assert rivals.winner() == rivals.first.pk


def test_refusing_never_lowers_a_rank() -> None:
    rivals = Rivals.meet()
    for state, number in ((Offer.REFUSED, 12), (Offer.ACCEPTED, 2)):
        past_offers(rivals, rivals.first, state, number=number)
        past_offers(rivals, rivals.second, state, number=2)
    before = rivals.ranking().candidates
    # All refusals flipped: who refused twelve now refused nothing, and the other one refused everything.
    firsts = Offer.objects.filter(worker=rivals.first.user, state=Offer.REFUSED)
    firsts.update(state=Offer.WITHDRAWN)
    past_offers(rivals, rivals.second, Offer.REFUSED, number=12)
    assert rivals.ranking().candidates == before
    Offer.objects.filter(state=Offer.REFUSED).delete()
    assert rivals.ranking().candidates == before


def test_a_replay_of_all_terms_gives_the_same_winner() -> None:
    rivals = Rivals.meet(w_newcomer=7.5)
    favour(rivals, rivals.second)
    past_offers(rivals, rivals.first, Offer.ACCEPTED, number=2)
    past_offers(rivals, rivals.second, "failed")
    stored = rivals.ranking().candidates
    again = replay(stored, policies_of(rivals.story.order).dispatch)
    assert again == [one["worker_id"] for one in stored]
    # The order of what is stored decides nothing.
    assert replay(stored[::-1], policies_of(rivals.story.order).dispatch) == again


def test_every_term_has_a_name_and_a_sentence() -> None:
    rivals = Rivals.meet()
    terms = rivals.ranking().candidates[0]["terms"]
    # The last one is a 返工's alone.
    assert {term["name"] for term in terms} == set(TERM_NAMES) - {"returning", "picked"}
    said = [sentence(term["name"], term["value"]) for term in terms]
    assert len(set(said)) == len(terms)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("travel", 1500, "路上约 25 分钟"),
        ("rating", 4.666, "综合评分 4.67"),
        ("fairness", 123_456, "近 30 天收入 ¥1,234.56"),
        ("held", 1, "下单时已预留他的时间"),
        ("skill", 3, "此技能 3 级"),
        ("kept", 0.955, "接单后守约 96%"),
        ("newcomer", 0, "还没有完成过订单"),
        ("newcomer", 7, "已完成 7 单"),
        ("favourite", 1, "用户收藏了他"),
        ("favourite", 0, "用户未收藏"),
        ("returning", 1, "首次服务由他完成"),
        ("returning", 0, "首次服务不是他"),
        ("picked", 1, "用户指定了他"),
        ("picked", 0, "用户指定了别人"),
    ],
)
def test_a_sentence_says_the_value(name: str, value: float, words: str) -> None:
    assert sentence(name, value) == words


def test_a_record_is_read_in_as_many_queries_for_one_as_for_many(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert records_of(range(1, 50)) == {}


def test_an_order_of_before_these_terms_is_replayed_from_its_own() -> None:
    story: Story = Rivals.meet().story
    old = [
        {"worker_id": 1, "terms": [{"name": "travel", "value": 600, "weight": 40}]},
        {"worker_id": 2, "terms": [{"name": "travel", "value": 60, "weight": 40}]},
    ]
    assert replay(old, policies_of(story.order).dispatch) == [2, 1]
