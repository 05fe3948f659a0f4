"""改派: an order leaves its worker and looks for another one. What the customer was promised stands: time and price."""

import hub
from web.orders.models import Alarm, Offer, Order
from web.orders.services.alarms import clear_alarms
from web.orders.services.change import Change, Step
from web.orders.services.dispatching import hold_somebody_else
from web.orders.services.publishing import publish_offer_closed
from web.workforce.services import publish_worker
from workflows.transitions import IN_HAND, Phase

HIS_ALARMS = (Alarm.LATE_TO_DEPART, Alarm.LATE_TO_ARRIVE, Alarm.WORKER_SILENT, Alarm.START_CODE_LOCKED)
"""What is about the worker who had it, and over when he no longer has."""


TAKE_OFF_REASONS = {
    "not_departed": "未出发",
    "not_arrived": "未到达",
    "unreachable": "联系不上",
    "unwell": "身体不适",
    "customer_asked": "用户要求",
    "other": "其他原因",
}


def take_off(step: Step) -> Change:
    """Staff take the worker off; whether he failed the order is theirs to judge."""
    choice = step.command.choice
    return back_to_dispatch(step, reason=str(choice["reason"]), failed=bool(choice["failed"]))


def back_to_dispatch(step: Step, *, reason: str, failed: bool, type: str = "taken_off") -> Change:
    """The order leaves its worker, from whatever phase he has it in, and is in 派单中 again, for a round of its own.

    reason: a listed choice of at most 20 characters. failed: he let the customer down, who may from then on cancel free
    until somebody is at his door; neither he nor one who only handed it back is asked again by a ranking. type: the
    event's. Steps that were ticked stay ticked. Raises RuntimeError where the order has no worker.
    """
    order, worker_id, was_in_hand = step.order, step.order.worker_id, step.order.phase in IN_HAND
    if worker_id is None:
        raise RuntimeError(f"{order} has no worker")
    offer = _give_up_offer(order, reason=reason, failed=failed)
    clear_alarms(order, kinds=HIS_ALARMS)
    hold_somebody_else(step)  # after his offer has its new state: the ranking must not find him again

    def tell(changed: Order) -> None:
        publish_offer_closed(offer)
        if was_in_hand:
            publish_worker(worker_id=worker_id)
        for topic in (f"order:{changed.pk}", f"position:{changed.pk}"):
            hub.revoke.unsubscribe(worker_id, topic)

    return Change(
        type,
        columns=NOBODYS,
        data={"offer_id": offer.pk, "worker_id": worker_id, "reason": reason, "failed": failed},
        next=Phase.DISPATCHING,
        also_workers=(worker_id,),
        afterwards=tell,
    )


NOBODYS = {
    "worker": None,
    "exhausted": False,
    "depart_by": None,
    "arrive_by": None,
    "expected_at": None,
    "arrived_off_m": None,
    "start_code_tries": 0,
}
"""The columns of an order that has no worker."""


def _give_up_offer(order: Order, *, reason: str, failed: bool) -> Offer:
    offer = Offer.objects.get(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED)
    offer.state, offer.reason = Offer.FAILED if failed else Offer.RETURNED, reason
    offer.save(update_fields=["state", "reason"])
    return offer
