"""The order actor's activities: short transactions of our own, so they run as local activities (see workflows/step.py).

`no_thread_cancel_exception`: a timeout must never throw into a thread that is in the middle of a transaction.
"""

from temporalio import activity

from web.orders import selectors, services
from workflows.messages import OrderView, RankingResult, StepRequest, StepResult


@activity.defn(no_thread_cancel_exception=True)
def adopt_order(order_id: int) -> OrderView:
    """The row as it is."""
    return selectors.view_of(selectors.order_now(order_id))


@activity.defn(no_thread_cancel_exception=True)
def take_step(request: StepRequest) -> StepResult:
    """One transition, once per (order, key)."""
    return services.take_step(request=request)


@activity.defn(no_thread_cancel_exception=True)
def rank_candidates(order_id: int) -> RankingResult:
    """Rank the city's workers and keep the ranking with all its terms."""
    return services.store_ranking(order_id=order_id)
