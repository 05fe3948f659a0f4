"""Reading 返工: what a free return visit pays, and which orders are linked to which."""

from web.accounts.models import User
from web.orders import selectors
from web.orders.case_schemas import LinkedOrder, ReworkCard
from web.orders.models import Order
from web.orders.policies import Policies


def rework_pay_fen(order: Order, policies: Policies, *, worker_id: int) -> int:
    """What the platform pays a worker for the order beside his part of its price: for a free rework, and nothing to
    who makes good his own work.
    """
    if not order.is_free or worker_id == order.first_worker_id:
        return 0
    return policies.warranty.rework_pay_fen


def rework_card(order: Order, actor: User) -> ReworkCard | None:
    """What the order makes good; None where it is no rework. A worker sees the first order where it was his."""
    if order.rework_of_id is None:
        return None
    first = selectors.visible_to(actor).filter(pk=order.rework_of_id).first()
    return ReworkCard(of=LinkedOrder.of(first) if first else None, free=order.is_free, worker=order.rework_by)


def reworks_of(order: Order, actor: User) -> list[LinkedOrder]:
    """What the order led to, oldest first; a worker sees those that are his."""
    return [LinkedOrder.of(one) for one in selectors.visible_to(actor).filter(rework_of=order).order_by("pk")]
