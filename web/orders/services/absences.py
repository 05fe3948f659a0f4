"""Nobody at the door: the customer is not there, or the worker never came."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from web.money import share
from web.orders.fees import fee_fen
from web.orders.models import Alarm
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, NotYet, Refused, Step
from web.orders.services.compensating import compensate_customer
from web.orders.services.ending import Split, end, end_with_share, is_paid
from web.orders.services.reassigning import cost_points
from web.orders.services.sightings import sighting
from web.orders.timers import given_up_at
from web.payments import services as payments
from web.times import iso


def report_absent(step: Step) -> Change:
    """The worker says that nobody opens. A clock starts that both see, never ending sooner than wait_s after the start.

    Where he is not proven to be there, the customer has said before that he is, or the work was begun, a dispatcher
    decides and no clock. The wait that counts begins with the first report that is proven.
    """
    order, terms = step.order, step.policies.no_show
    seen = sighting(step)
    disputed = order.events.filter(type="customer_here").exists()
    proven = seen is not None and not seen.far and not disputed and not order.work_begun
    waits = max(step.command.received_at, order.starts_at) + timedelta(seconds=terms.wait_s)
    until = waits if proven else order.absent_until or waits
    data: dict[str, Any] = {"until": iso(until), "proven": proven, "disputed": disputed}
    if proven:
        clear_alarms(order, kinds=[Alarm.ABSENCE])
    return Change(
        "absent_reported",
        columns={"absent_until": until, "absence_proven": proven},
        data=data | (asdict(seen) if seen else {"position_known": False}),
        afterwards=None
        if proven
        else lambda changed: raise_alarm(changed, kind=Alarm.ABSENCE, worker_id=changed.worker_id, due_at=until),
    )


def am_here(step: Step) -> Change:
    """The customer is there after all: the clock stops. Said again, it is a dispatcher's to find out."""
    clear_alarms(step.order, kinds=[Alarm.ABSENCE])
    return Change("customer_here", columns={"absent_until": None, "absence_proven": False})


def customer_absent(step: Step) -> Change:
    """The wait is over and nobody opened: the worker has his 空跑费, the rest goes back by policy."""
    order, terms = step.order, step.policies.no_show
    if order.absent_until is None or not order.absence_proven or step.now < order.absent_until:
        raise NotYet
    payment = payments.close_payments(order_id=order.pk)
    ahead_s = (order.starts_at - step.now).total_seconds()
    kept = fee_fen(terms.fee, total_fen=order.total_fen, until_start_s=ahead_s) if is_paid(order, payment) else 0
    part, _ = share(kept, terms.worker_share_bp)
    return end(step, payment, Split(kept, part, order.worker_id), reason="customer_absent")


def did_not_arrive(step: Step) -> Change:
    """He has not come, long after he should have: the customer is compensated, and a dispatcher has to decide."""
    _make_good(step)
    due_at = step.after(step.policies.reassign.decide_s)
    return Change(
        "not_arrived",
        columns={"no_show": True},
        data={"worker_id": step.order.worker_id, "failed": True},
        afterwards=lambda changed: raise_alarm(
            changed, kind=Alarm.NOT_ARRIVED, worker_id=changed.worker_id, due_at=due_at
        ),
    )


def worker_absent(step: Step) -> Change:
    """The customer says that nobody came: everything goes back, and he is compensated.

    Refused not_late_yet (details earliest) while the worker has time, judged by when it was said.
    """
    earliest = given_up_at(step.order, step.policies)
    if earliest and step.command.received_at < earliest:
        raise Refused("not_late_yet", details={"earliest": iso(earliest)})
    _make_good(step)
    return end_with_share(step, refund_bp=10_000, reason="worker_absent", data={"failed": True})


def _make_good(step: Step) -> None:
    """Once for one worker, whoever finds it first."""
    if not step.order.no_show:
        cost_points(step, rule="no_show", points=step.policies.no_show.points)
        compensate_customer(step, rule="worker_no_show", amount_fen=step.policies.no_show.compensation_fen)
