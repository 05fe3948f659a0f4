"""返工: a return visit that a 售后 case led to, as an order of its own, linked to the one whose work it makes good."""

from datetime import datetime

from web.orders import selectors
from web.orders.after_sales import is_in_warranty
from web.orders.models import AfterSalesCase, Order
from web.orders.policies import Policies
from web.orders.pricing import Line, Price
from web.orders.ranking import rank_for
from web.orders.services.change import Refused, Step, refusing
from web.orders.services.changing import WHERE
from web.orders.services.placing import announce, check_time, create_order, why_nobody
from web.orders.slots import hold_best
from workflows.transitions import Phase

NAME = "返工上门"


def place_rework(step: Step, case: AfterSalesCase, *, request: str) -> Order:
    """Place it in the step's transaction, at the first order's place, under today's terms, with somebody's time kept: a
    free one looks for its worker at once, another waits for its money. Its actor starts after the commit.

    request: what is to be done; the first order's where it is empty. Refused warranty_over, too_soon, too_far_ahead,
    slot_taken, not_served_here.
    """
    first, choice = step.order, step.command.choice
    starts_at, price_fen = datetime.fromisoformat(str(choice["starts_at"])), int(choice["price_fen"])
    policies = selectors.policies_for(city=first.city, service_id=first.service_id)
    if price_fen == 0 and not is_in_warranty(case):
        raise Refused("warranty_over")
    with refusing():
        check_time(starts_at, policies)
    order = create_order(
        at=step.now,
        version=first.service_version,
        priced=_priced(first, price_fen),
        policies=policies,
        customer_id=first.customer_id,
        city=first.city,
        starts_at=starts_at,
        request=request or first.request,
        rework_of=first,
        rework_by=str(choice["worker"]),
        # No Idempotency-Key has a blank: nobody takes this one before.
        key=f"rework of case {case.pk}",
        body_hash="",
        **{name: getattr(first, name) for name in WHERE},
        **_how_it_begins(step, policies, starts_at, free=price_fen == 0),
    )
    ranked = rank_for(order, policies, live=False)
    if not hold_best(order, ranked.worker_ids):
        raise Refused(why_nobody(ranked))
    announce(
        order,
        type="rework_quoted" if price_fen else "rework_placed",
        by=step.role,
        actor_id=step.command.actor_id,
        data={"rework_of": first.pk, "price_fen": price_fen},
    )
    return order


def _priced(first: Order, price_fen: int) -> Price:
    """As long as the service itself takes, without what was added to it."""
    sold = first.bought
    return Price([Line(NAME, 1, price_fen, price_fen, "rework")], sold.duration_s, sold.staff)


def _how_it_begins(step: Step, policies: Policies, starts_at: datetime, *, free: bool) -> dict[str, object]:
    if free:
        return {"phase": Phase.DISPATCHING.value, "paid_at": step.now}
    return {"payment_due": min(step.after(policies.warranty.pay_s), starts_at)}
