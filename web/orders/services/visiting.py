"""On the road and at the door: depart, arrive, start by the customer's code, tick the steps, finish."""

import hmac
from collections.abc import Callable
from dataclasses import asdict

from web.orders import in_hand, selectors
from web.orders.models import Alarm, Order, ServiceRecord
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Refused, Step
from web.orders.services.commands import typed_with
from web.orders.services.sightings import sighting
from web.orders.slots import release_slot
from web.times import iso
from web.workforce import services as workforce

ON_HIS_WAY = (
    *(Alarm.LATE_TO_DEPART, Alarm.NOT_DEPARTED),
    *(Alarm.LATE_TO_ARRIVE, Alarm.NOT_ARRIVED, Alarm.WORKER_SILENT),
)
"""Alarms about a worker's being on his way, over when he is there."""


def depart(step: Step) -> Change:
    """The worker sets out: not before it is time, and to one customer at a time."""
    order, earliest = step.order, selectors.depart_from(step.order)
    if earliest and step.command.received_at < earliest:
        raise Refused("too_early", details={"earliest": iso(earliest)})
    # His own row is the lock: of two departures at once the second sees the first.
    workforce.hold(worker_id=step.command.actor_id)
    elsewhere = in_hand.keeping_from(order, worker_id=step.command.actor_id)
    if elsewhere:
        raise Refused("busy_elsewhere", details={"order_id": elsewhere})
    clear_alarms(order, kinds=[Alarm.LATE_TO_DEPART, Alarm.NOT_DEPARTED])
    return Change("departed")


def late_to_depart(step: Step) -> Change:
    """He should have left by now: the board is alarmed, once."""
    return _late(step, "late_to_depart", Alarm.LATE_TO_DEPART)


def late_to_arrive(step: Step) -> Change:
    """He should be there by now: the board is alarmed, once."""
    return _late(step, "late_to_arrive", Alarm.LATE_TO_ARRIVE)


def arrive(step: Step) -> Change:
    """He is there. How far his last position was off is stamped and warned about; it never blocks a worker at the
    door.
    """
    order = step.order
    clear_alarms(order, kinds=ON_HIS_WAY)
    # Where he was before he set out, or long ago, says nothing about where he is.
    seen = sighting(step, since_phase=True)
    if seen is None:
        return Change("arrived", data={"position_known": False})
    return Change("arrived", columns={"arrived_off_m": seen.off_m}, data=asdict(seen))


def start(step: Step) -> Change:
    """The customer's code starts the service. Five wrong ones lock it: the board is alarmed, and staff may unlock it.

    What was typed stands encrypted on the command's row: it never travels through Temporal.
    """
    order, tries = step.order, step.policies.visit.start_code_tries
    if order.start_code_tries >= tries:
        raise Refused("start_code_locked")
    typed = typed_with(step.command)
    if not hmac.compare_digest(typed.encode(), order.start_code.encode()):
        used = order.start_code_tries + 1
        raise Refused(
            "wrong_start_code",
            details={"tries_left": tries - used},
            kept=Change(
                "code_refused",
                columns={"start_code_tries": used},
                data={"tries_left": tries - used},
                afterwards=_alarm_of(step, Alarm.START_CODE_LOCKED) if used == tries else None,
            ),
        )
    clear_alarms(order, kinds=[Alarm.ABSENCE, Alarm.NOT_STARTED])
    return Change("started", columns={"absent_until": None, "absence_proven": False, "work_begun": True})


def unlock(step: Step) -> Change:
    """Staff, who has spoken with both, lets the code be tried again."""
    clear_alarms(step.order, kinds=[Alarm.START_CODE_LOCKED])
    return Change("code_unlocked", columns={"start_code_tries": 0})


def tick(step: Step) -> Change:
    """One step of the service is done."""
    position = int(step.command.choice["step"])
    records = ServiceRecord.objects.filter(order=step.order, position=position)
    if records.filter(done_at=None).update(done_at=step.now) == 1:
        return Change("step_done", columns={"steps_done": step.order.steps_done + 1}, data={"step": position})
    raise Refused("not_allowed" if records.exists() else "step_unknown", details={"step": position})


def finish(step: Step) -> Change:
    """The work is done; the customer's silence confirms it after a while. The worker's time is free again."""
    release_slot(step.order)
    clear_alarms(step.order, kinds=[Alarm.OVERRUN])
    return Change("finished", columns={"autoconfirm_at": step.after(step.policies.completion.autoconfirm_s)})


def _late(step: Step, type: str, kind: str) -> Change:
    return Change(type, columns={"late_told": True}, afterwards=_alarm_of(step, kind))


def _alarm_of(step: Step, kind: str) -> Callable[[Order], object]:
    worker_id = step.order.worker_id
    return lambda order: raise_alarm(order, kind=kind, worker_id=worker_id)
