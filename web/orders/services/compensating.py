"""The platform pays because a promise could not be kept: posted to the ledger, shown to whom it is for and to staff."""

from web.ledger import services as ledger
from web.orders.models import Alarm, Compensation
from web.orders.services.alarms import raise_alarm
from web.orders.services.change import Refused, Step


def compensate_customer(step: Step, *, rule: str, amount_fen: int) -> None:
    """Owe the customer so much, once per rule, in the step's transaction. People pay it out, and are told to."""
    order = step.order
    if _note(step, order.customer_id, rule, amount_fen):
        ledger.post_compensation(order_id=order.pk, user_id=order.customer_id, rule=rule, amount_fen=amount_fen)
        raise_alarm(order, kind=Alarm.COMPENSATION_DUE, due_at=step.after(step.policies.no_show.pay_within_s))


def compensate_worker(step: Step, *, rule: str, amount_fen: int) -> None:
    """Give the order's worker so much, once per rule, among his earnings. Refused not_allowed where it has none."""
    order = step.order
    if amount_fen and order.worker_id is None:
        raise Refused("not_allowed")
    if order.worker_id and _note(step, order.worker_id, rule, amount_fen):
        ledger.post_compensation(
            order_id=order.pk, user_id=order.worker_id, rule=rule, amount_fen=amount_fen, earned=True
        )


def _note(step: Step, user_id: int, rule: str, amount_fen: int) -> bool:
    if amount_fen == 0:
        return False
    _, fresh = Compensation.objects.get_or_create(
        order=step.order, user_id=user_id, rule=rule, defaults={"amount_fen": amount_fen, "at": step.now}
    )
    return fresh
