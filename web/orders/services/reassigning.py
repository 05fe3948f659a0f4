"""改派: an order leaves its worker and looks for another one. What the customer was promised stands: time and price."""

from datetime import timedelta

from web.orders.models import Alarm, Offer, Order
from web.orders.ranking import rank_for
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Step
from web.orders.services.dispatching import hold_somebody_else
from web.orders.services.publishing import publish_offer_closed
from web.workforce import selectors as workers
from web.workforce import services as workforce
from workflows.transitions import Phase

HIS_ALARMS = (
    *(Alarm.LATE_TO_DEPART, Alarm.NOT_DEPARTED, Alarm.LATE_TO_ARRIVE, Alarm.WORKER_SILENT),
    *(Alarm.NOT_ARRIVED, Alarm.ABSENCE, Alarm.NOT_STARTED, Alarm.START_CODE_LOCKED, Alarm.OVERRUN),
)
"""What is about the worker who had it, and over when he no longer has."""


TAKE_OFF_REASONS = {
    "not_departed": "未出发",
    "not_arrived": "未到达",
    "unreachable": "联系不上",
    "unwell": "身体不适",
    "customer_asked": "用户要求",
    "other": "其他原因",
}
"""Why staff take a worker off: what they choose from, and as people read it."""


def take_off(step: Step) -> Change:
    """Staff take the worker off; whether he failed the order is theirs to judge."""
    choice, failed = step.command.choice, bool(step.command.choice["failed"])
    points = step.policies.reassign.taken_off_points if failed else 0
    if step.order.worker_id and not workers.has_points(worker_id=step.order.worker_id, order_id=step.order.pk):
        cost_points(step, rule="taken_off", points=points)
    return back_to_dispatch(step, reason=str(choice["reason"]), failed=failed)


def hand_back(step: Step) -> Change:
    """The worker cannot come after all: free in good time, else it costs points, on his way more than before.

    Judged by when he said so.
    """
    order, terms = step.order, step.policies.reassign
    ahead_s = (order.starts_at - step.command.received_at).total_seconds()
    if order.phase == Phase.EN_ROUTE:
        rule, points, failed = "handed_back_en_route", terms.en_route_points, True
    else:
        rule, points, failed = "handed_back_late", terms.late_points, ahead_s < terms.free_before_s
    if failed:
        cost_points(step, rule=rule, points=points)
    return back_to_dispatch(step, reason=str(step.command.choice["reason"]), failed=failed, type="handed_back")


def did_not_depart(step: Step) -> Change:
    """He has not left, long after he should have. Where somebody else can still be there in time the order goes back to
    dispatch by itself; else it stays his, in case he comes, and the dispatcher decides, by a deadline.
    """
    order, terms = step.order, step.policies.reassign
    cost_points(step, rule="not_departed", points=terms.not_departed_points)
    if _somebody_is_in_time(step):
        change = back_to_dispatch(step, reason="not_departed", failed=True, type="not_departed")
        change.told = "not_departed.replaced"
        return change
    due_at = step.after(terms.decide_s)
    return Change(
        "not_departed",
        columns={"not_departed": True},
        data={"worker_id": order.worker_id, "failed": True},
        next=Phase.ACCEPTED,
        afterwards=lambda changed: raise_alarm(
            changed, kind=Alarm.NOT_DEPARTED, worker_id=changed.worker_id, due_at=due_at
        ),
    )


def cost_points(step: Step, *, rule: str, points: int) -> None:
    """Take points from the order's worker, in this transaction, and tell him for which order and by which rule."""
    if step.order.worker_id:
        workforce.take_points(worker_id=step.order.worker_id, order_id=step.order.pk, rule=rule, points=points)


def _somebody_is_in_time(step: Step) -> bool:
    """Whether one of the others could be offered it, and be there by when its worker would have to be."""
    order = step.order
    latest = order.starts_at + timedelta(seconds=step.policies.visit.arrive_grace_s)
    free = [one.candidate for one in rank_for(order, step.policies).verdicts if one.reason is None]
    answer_s = step.policies.dispatch.offer_s
    return any(one.worker_id != order.worker_id and step.after(answer_s + one.travel_s) <= latest for one in free)


def back_to_dispatch(step: Step, *, reason: str, failed: bool, type: str = "taken_off") -> Change:
    """The order leaves its worker, from whatever phase he has it in, and is in 派单中 again, for a round of its own.

    reason: a listed choice of at most 20 characters. failed: he let the customer down, who may from then on cancel free
    until somebody is at his door; neither he nor one who only handed it back is asked again by a ranking. type: the
    event's. Steps that were ticked stay ticked. Raises RuntimeError where the order has no worker.
    """
    order, worker_id = step.order, step.order.worker_id
    if worker_id is None:
        raise RuntimeError(f"{order} has no worker")
    offer = _give_up_offer(order, reason=reason, failed=failed)
    clear_alarms(order, kinds=HIS_ALARMS)
    hold_somebody_else(step)  # after his offer has its new state: the ranking must not find him again
    return Change(
        type,
        columns=NOBODYS,
        data={"offer_id": offer.pk, "worker_id": worker_id, "reason": reason, "failed": failed},
        next=Phase.DISPATCHING,
        also_workers=(worker_id,),
        afterwards=lambda changed: publish_offer_closed(offer),
    )


NOBODYS = {
    "worker": None,
    "exhausted": False,
    "depart_by": None,
    "arrive_by": None,
    "expected_at": None,
    "not_departed": False,
    "no_show": False,
    "absent_until": None,
    "absence_proven": False,
    "arrived_off_m": None,
    "start_code_tries": 0,
}
"""The columns of an order that has no worker."""


def _give_up_offer(order: Order, *, reason: str, failed: bool) -> Offer:
    offer = Offer.objects.get(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED)
    offer.state, offer.reason = Offer.FAILED if failed else Offer.RETURNED, reason
    offer.save(update_fields=["state", "reason"])
    return offer
