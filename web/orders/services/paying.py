"""Money has arrived for an order: what it was for decides what it does."""

from web.orders.services import closing, supplements
from web.orders.services.change import Change, Refused, Step
from web.payments import selectors, services
from workflows.transitions import Phase


def paid(step: Step) -> Change:
    """reference: the payment; none means the order's own."""
    payment = selectors.payment(step.request.reference) if step.request.reference else None
    if payment and payment.purpose == services.SUPPLEMENT:
        return supplements.paid(step, payment.subject_id)
    if step.order.phase != Phase.AWAITING_PAYMENT:
        raise Refused("not_allowed")
    return closing.paid(step)
