"""Refusing never lowers the rank: all refusals of a whole crowd flipped, the ranking is the same to the last digit."""

import pytest

from tests.web.orders.rivals import Rivals
from tests.web.orders.test_score_terms import past_offers
from tests.web.orders.test_stored_ranking import crowd
from web.orders import records
from web.orders.models import Offer
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db


def a_past(rivals: Rivals) -> None:
    """Everybody has answered, each in his own way: the first refused nothing, the last nearly everything."""
    for n, worker in enumerate(Worker.objects.order_by("pk")):
        for state, number in (
            (Offer.REFUSED, n),
            (Offer.WITHDRAWN, 5 - n),
            (Offer.ACCEPTED, 2),
            (Offer.RETURNED, n % 2),
        ):
            past_offers(rivals, worker, state, number=number)


def flip() -> None:
    """Who refused did not, and what nobody answered was refused."""
    refused = list(Offer.objects.filter(state=Offer.REFUSED).values_list("pk", flat=True))
    others = list(Offer.objects.filter(state=Offer.WITHDRAWN).values_list("pk", flat=True))
    assert len(refused) == len(others) == 15
    Offer.objects.filter(pk__in=refused).update(state=Offer.WITHDRAWN)
    Offer.objects.filter(pk__in=others).update(state=Offer.REFUSED, reason="busy")


def test_all_refusals_flipped_change_nothing() -> None:
    rivals = crowd()
    a_past(rivals)
    before = rivals.ranking()
    flip()
    after = rivals.ranking()
    assert (after.candidates, after.excluded) == (before.candidates, before.excluded)
    assert len(before.candidates) == 6


def test_a_ranking_that_counted_refusals_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LET_DOWN", ("failed", Offer.REFUSED))
    rivals = crowd()
    a_past(rivals)
    before = rivals.ranking().candidates
    flip()
    assert rivals.ranking().candidates != before
