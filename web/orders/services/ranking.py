"""Rankings are stored whole, so that a decision can be explained and replayed."""

import hub
from web.orders import selectors
from web.orders.models import Offer, Order, Ranking
from web.orders.policies import Dispatch
from web.orders.ranking import rank_for
from workflows.messages import RankingResult


def store_ranking(*, order_id: int) -> RankingResult:
    """Rank the city's workers for an order and keep the ranking. When this round has made its offers, nobody is left;
    an order that is dispatched by hand never has anybody.

    A repeated "nobody" of an order that is already known to have nobody is not stored again.
    """
    order = Order.objects.select_related("service_version").get(pk=order_id)
    policies = selectors.policies_of(order)
    ranked = rank_for(order, policies)
    spent = _offers_this_round(order_id) >= _offers_in_a_round(policies.dispatch)
    candidates = [] if spent else ranked.candidates
    if order.exhausted and not candidates:
        return RankingResult(ranking_id=None, candidates=0)
    with hub.atomic():
        ranking = Ranking.objects.create(order=order, candidates=candidates, excluded=ranked.excluded)
    return RankingResult(ranking_id=ranking.pk, candidates=len(candidates))


def _offers_in_a_round(dispatch: Dispatch) -> int:
    # In a grab one call is a round, however many it asks.
    return {"offer": dispatch.max_offers, "grab": 1, "manual": 0}[dispatch.mode]


def _offers_this_round(order_id: int) -> int:
    offers, began = Offer.objects.filter(order_id=order_id), selectors.round_began_at(order_id)
    return (offers.filter(offered_at__gt=began) if began else offers).count()
