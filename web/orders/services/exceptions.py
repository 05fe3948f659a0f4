"""异常: reported in any live phase, answered, solved by people or by the clock; then the order goes on where it was,
looks for another worker, or ends.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from web.orders.models import Alarm, Offer, Order, OrderException
from web.orders.services import rescheduling
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.orders.services.change import Change, Refused, Step
from web.orders.services.commands import typed_with
from web.orders.services.conversation import attach_sent
from web.orders.services.ending import end_with_share
from web.orders.services.offers import close_offers, publish_closed
from web.orders.services.reassigning import back_to_dispatch
from web.workforce import selectors as workers
from workflows.transitions import REPLACEABLE, Phase

KINDS = (Alarm.EXCEPTION_OPEN, Alarm.EXCEPTION_SAFETY, Alarm.EXCEPTION_UNANSWERED, Alarm.EXCEPTION_UNSOLVED)


def report(step: Step) -> Change:
    """Something went wrong: the order stands still, and somebody of the platform is called. Nobody is asked meanwhile.

    What was written stands encrypted on the command's row and then on the exception's: never does it travel through
    Temporal.
    """
    order, command = step.order, step.command
    type, terms = str(command.choice["type"]), step.policies.exceptions
    if order.exceptions.filter(raised_by_id=command.actor_id, type=type, solved_at=None).exists():
        raise Refused("already_reported")
    withdrawn = close_offers(step, Offer.WITHDRAWN)
    exception = OrderException.objects.create(
        order=order,
        city=order.city,
        type=type,
        phase=order.phase_behind.value,
        text=typed_with(command),
        place=_place_of_worker(step),
        raised_by_id=command.actor_id,
        raised_role=step.role.value,
        raised_at=step.now,
        level=OrderException.MANAGER if type == OrderException.SAFETY else OrderException.DISPATCHER,
        answer_due=step.after(terms.answer_s),
        solve_due=step.after(terms.solve_s),
        default_due=step.after(terms.decide_s) if type in terms.defaults else None,
    )
    attach_sent(step, exception=exception)
    clear_alarms(order, kinds=[Alarm.ABSENCE])

    def afterwards(changed: Order) -> None:
        ring(changed)
        publish_closed(withdrawn, changed)

    return Change(
        "exception_reported",
        # An alarm that went already says the same when the order comes back; nobody is waited for at the door.
        columns={
            "exception_from": order.phase_behind.value,
            "late_told": order.late_told,
            "absent_until": None,
            "absence_proven": False,
        },
        data={"exception_id": exception.pk, "type": type},
        also_workers=tuple(offer.worker_id for offer in withdrawn),
        afterwards=afterwards,
    )


def answer(step: Step) -> Change:
    """Somebody of the platform looks after it."""
    waiting = [exception for exception in step.order.open_exceptions if exception.answered_at is None]
    _update(waiting, answered_by_id=step.command.actor_id, answered_at=step.now)
    return Change("exception_answered", data=_ids(waiting), afterwards=ring)


def unanswered(step: Step) -> Change:
    """Nobody answered in time: the manager is called."""
    return _escalated(step, "exception_unanswered", OrderException.MANAGER)


def unsolved(step: Step) -> Change:
    """Nobody solved it in time: the manager is called, whoever answered."""
    return _escalated(step, "exception_unsolved", OrderException.OVERDUE)


def go_on(step: Step) -> Change:
    """The visit goes on where it was; what it waited for does not count against anybody. Also with a 补差价, which the
    worker then proposes.
    """
    return _go_back(step, step.order.open_exceptions, outcome=step.request.move, type="exception_continued")


def send_somebody_else(step: Step) -> Change:
    """The order leaves its worker and looks for another one. Whether he failed it is staff's to judge."""
    return _somebody_else(step, failed=bool(step.command.choice.get("failed")))


def reschedule(step: Step) -> Change:
    """The visit gets another time; where it was interrupted, that is how the exception is solved."""
    change = rescheduling.reschedule(step)
    return _leaving(step, change, outcome=OrderException.RESCHEDULED) if step.order.open_exceptions else change


def end_with_refund(step: Step) -> Change:
    """It ends here: a share of what was paid goes back, the rest is its worker's and the platform's."""
    # The order's own reason is for all to read, and who reports danger is protected.
    types = [exception.type for exception in step.order.open_exceptions if exception.type != OrderException.SAFETY]
    reason = types[0] if types else "other"
    change = end_with_share(step, refund_bp=int(step.command.choice["refund_bp"]), reason=reason)
    cost_fen = step.order.total_fen - int(change.columns["cancel_fee_fen"])
    return _leaving(step, change, outcome=step.request.move, cost_fen=cost_fen)


def lapse(step: Step) -> Change:
    """Nobody decided, and the terms say what then happens: it goes on, or somebody else comes."""
    said = {step.policies.exceptions.defaults.get(exception.type) for exception in step.order.open_exceptions}
    if OrderException.SOMEBODY_ELSE in said and step.order.phase_behind in REPLACEABLE:
        return _somebody_else(step, failed=False)
    return _go_back(step, step.order.open_exceptions, outcome=OrderException.CONTINUED, type="exception_continued")


def withdraw(step: Step) -> Change:
    """Who reported it says that it was nothing. He gains no time by it: nobody is to report in order to be late.

    Another one's report stays, and so does a report of danger: that it is over, only the platform says.
    """
    exceptions = step.order.open_exceptions
    mine = [exception for exception in exceptions if exception.may_be_withdrawn_by(step.command.actor_id)]
    if len(mine) < len(exceptions):
        _solve(step, mine, outcome=OrderException.WITHDRAWN)
        return Change("exception_withdrawn", data=_ids(mine), afterwards=ring)
    return _go_back(step, mine, outcome=OrderException.WITHDRAWN, type="exception_withdrawn", moved=False)


def ring(order: Order) -> None:
    """Have the board's alarms say what its open exceptions need: raised, and cleared, as they are now."""
    wanted: dict[str, datetime | None] = {}
    for exception in order.open_exceptions:
        wanted |= _needed(exception)
    clear_alarms(order, kinds=set(KINDS) - wanted.keys())
    for kind, due_at in wanted.items():
        raise_alarm(order, kind=kind, worker_id=order.worker_id, due_at=due_at)


def _somebody_else(step: Step, *, failed: bool) -> Change:
    reason = step.order.open_exceptions[0].type
    change = back_to_dispatch(step, reason=reason, failed=failed, type="somebody_else_sent")
    return _leaving(step, change, outcome=OrderException.SOMEBODY_ELSE)


def _leaving(step: Step, change: Change, *, outcome: str, cost_fen: int = 0) -> Change:
    """A change that leads elsewhere solves every open exception, too. cost_fen stands on the first of them."""
    exceptions, then = step.order.open_exceptions, change.afterwards
    _solve(step, exceptions, outcome=outcome)
    _update(exceptions[:1], cost_fen=cost_fen)

    def afterwards(changed: Order) -> None:
        if then:
            then(changed)
        ring(changed)

    change.columns = {**change.columns, "exception_from": ""}
    change.data = {**change.data, **_ids(exceptions), "outcome": outcome}
    change.afterwards = afterwards
    return change


def _go_back(
    step: Step, exceptions: Sequence[OrderException], *, outcome: str, type: str, moved: bool = True
) -> Change:
    order = step.order
    _solve(step, exceptions, outcome=outcome)
    columns = {"exception_from": "", "late_told": order.late_told} | (_moved_deadlines(step) if moved else {})
    data = {**_ids(exceptions), "outcome": outcome}
    return Change(type, columns=columns, data=data, next=order.phase_behind, afterwards=ring)


def _moved_deadlines(step: Step) -> dict[str, datetime]:
    """The clock stood still: who is on his way, or has to confirm, has as much time left as he had; who has still to
    leave has his grace at least, and his arrival moves with it. Who was late stays so (`late_told`), and has no less
    time to come all the same; who was taken not to come has not come.
    """
    order, stood = step.order, step.now - step.order.phase_since
    if order.no_show and order.phase_behind in (Phase.ACCEPTED, Phase.EN_ROUTE):
        return {}
    if order.phase_behind == Phase.ACCEPTED and order.depart_by and order.arrive_by:
        grace = step.after(step.policies.visit.depart_grace_s)
        depart_by = order.depart_by + stood if order.late_told else max(order.depart_by, grace)
        return {"depart_by": depart_by, "arrive_by": order.arrive_by + (depart_by - order.depart_by)}
    if order.phase_behind == Phase.EN_ROUTE and order.arrive_by:
        return {"arrive_by": order.arrive_by + stood}
    if order.phase_behind == Phase.AWAITING_CONFIRMATION and order.autoconfirm_at:
        return {"autoconfirm_at": order.autoconfirm_at + stood}
    return {}


def _escalated(step: Step, type: str, level: int) -> Change:
    exception = step.order.exceptions.filter(pk=step.request.reference or 0, solved_at=None).first()
    if exception is None:
        raise Refused("not_allowed")
    _update([exception], level=level)
    return Change(type, data=_ids([exception]), afterwards=ring)


def _needed(exception: OrderException) -> dict[str, datetime | None]:
    needed: dict[str, datetime | None] = {}
    if exception.type == OrderException.SAFETY:
        needed[Alarm.EXCEPTION_SAFETY] = exception.answer_due
    elif exception.answered_at is None and exception.level == OrderException.DISPATCHER:
        needed[Alarm.EXCEPTION_OPEN] = exception.answer_due
    elif exception.answered_at is None:
        needed[Alarm.EXCEPTION_UNANSWERED] = exception.solve_due
    if exception.level == OrderException.OVERDUE:
        needed[Alarm.EXCEPTION_UNSOLVED] = exception.default_due
    return needed


def _place_of_worker(step: Step) -> str:
    seen = workers.last_position(step.order.worker_id) if step.order.worker_id else None
    if seen is None or step.now - seen.at > timedelta(seconds=step.policies.visit.position_fresh_s):
        return ""
    return f"{seen.lng:.6f},{seen.lat:.6f}"


def _solve(step: Step, exceptions: Sequence[OrderException], *, outcome: str) -> None:
    solver = step.request.command.actor_id if step.request.command else None
    _update(exceptions, solved_by_id=solver, solved_at=step.now, outcome=outcome)


def _update(exceptions: Iterable[OrderException], **columns: Any) -> None:
    OrderException.objects.filter(pk__in=[exception.pk for exception in exceptions]).update(**columns)


def _ids(exceptions: Iterable[OrderException]) -> dict[str, Any]:
    return {"exceptions": [exception.pk for exception in exceptions]}
