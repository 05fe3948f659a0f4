"""A ranking is kept whole: it explains itself, replays to the same winner, and no refusal lowers anybody's."""

from datetime import timedelta

import pytest

from tests.web.orders.rivals import Rivals
from tests.web.orders.story import terms, tomorrow
from tests.web.people import CENTRE, make_worker
from web.ledger import services as ledger
from web.orders.explaining import TERM_NAMES
from web.orders.models import Ranking
from web.orders.scoring import replay
from web.orders.selectors import policies_of
from web.workforce.models import Worker
from web.workforce.ratings import open_rating

pytestmark = pytest.mark.django_db


def replayed(ranking: Ranking) -> list[int]:
    """Everybody's id, best first, from nothing but the stored row and the order's policies."""
    return replay(ranking.candidates, policies_of(ranking.order).dispatch)


def crowd() -> Rivals:
    """Six workers who differ in all terms."""
    rivals = Rivals.meet(w_held=10)
    others = [make_worker(on_duty=True, home=(CENTRE[0], CENTRE[1] + 0.01 * n)) for n in range(1, 5)]
    for n, worker in enumerate([rivals.first, rivals.second, *others]):
        open_rating(worker_id=worker.pk, rating_sum=40 + n, rating_count=10)
        ledger.post_settlement(order_id=n + 1, worker_id=worker.pk, total_fen=30_000 * n + 100, commission_fen=100)
    return rivals


def test_every_term_of_every_candidate_is_kept() -> None:
    ranking = crowd().ranking()
    assert len(ranking.candidates) == 6
    for one in ranking.candidates:
        assert [term["name"] for term in one["terms"]] == [
            name for name in TERM_NAMES if name not in ("returning", "picked")
        ]
        assert one["score"] == pytest.approx(sum(term["points"] for term in one["terms"]), abs=0.001)
        assert {"distance_m", "travel_s", "name"} <= set(one)


def test_a_stored_ranking_replays_to_the_same_order_of_candidates() -> None:
    ranking = crowd().ranking()
    assert replayed(ranking) == [one["worker_id"] for one in ranking.candidates]


def test_it_is_counted_from_the_terms_and_not_read_from_the_score() -> None:
    ranking = crowd().ranking()
    ids = [one["worker_id"] for one in ranking.candidates]
    for one in ranking.candidates:
        one["score"] = 0
        for term in one["terms"]:
            term["points"] = 0
    ranking.candidates.reverse()
    assert replayed(ranking) == ids


def test_it_still_does_when_the_world_has_moved_on() -> None:
    rivals = crowd()
    ranking = rivals.ranking()
    rivals.story.offer()
    terms("dispatch", w_travel=0, w_rating=0, w_fairness=0, w_held=0)
    Worker.objects.update(home_lat=CENTRE[1] + 0.1, rating_sum=50, rating_count=10)
    stored = Ranking.objects.get(pk=ranking.pk)
    assert replayed(stored) == [one["worker_id"] for one in ranking.candidates]


def test_the_offer_goes_to_the_winner_and_remembers_the_ranking() -> None:
    rivals = crowd()
    rivals.story.offer()
    offer = rivals.story.offered
    assert offer.ranking is not None
    assert offer.worker_id == replayed(offer.ranking)[0]


def test_ranking_again_gives_the_same_winner_while_nothing_changes() -> None:
    rivals = crowd()
    assert {rivals.winner() for _ in range(3)} == {rivals.winner()}


def test_refusing_lowers_nobodys_rank() -> None:
    rivals = Rivals.meet()
    another = rivals.another_order(starts_at=tomorrow() + timedelta(days=1))
    refused, rivals.story = rivals.story, another
    before = rivals.candidate(rivals.first)
    refused.offer()
    assert refused.offered.worker_id == rivals.first.pk
    refused.refuse("too_far")
    assert rivals.candidate(rivals.first) == before
    assert rivals.winner() == rivals.first.pk
