"""Why an order's worker has it: the stored ranking behind the accepted offer or the assignment."""

from dataclasses import dataclass

from web.accounts.models import User
from web.orders.models import Offer, Order, OrderEvent, Ranking
from workflows.transitions import Phase, Role

UNDECIDED = (Phase.AWAITING_PAYMENT, Phase.DISPATCHING)


@dataclass(frozen=True)
class Decision:
    """worker: who has it, None where the order was cancelled before anybody did.

    by: WORKER where he accepted, STAFF where he was assigned.
    """

    ranking: Ranking
    worker: User | None
    by: Role | None


def decision_of(order: Order) -> Decision | None:
    """None while nothing is decided yet, and where nobody was ever ranked."""
    if order.phase_behind in UNDECIDED:
        return None
    taken = Offer.objects.select_related("worker", "ranking").filter(order=order, state=Offer.ACCEPTED).first()
    if taken and taken.ranking:
        # Of several (the order came back to dispatch) the last one counts.
        given = OrderEvent.objects.filter(order=order, type__in=["accepted", "assigned"]).order_by("-version").first()
        assigned = given is not None and given.type == "assigned"
        return Decision(taken.ranking, taken.worker, Role.STAFF if assigned else Role.WORKER)
    newest = Ranking.objects.filter(order=order).order_by("-pk").first()
    return Decision(newest, None, None) if newest else None
