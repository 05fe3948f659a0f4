"""How orders ended: all that must be the same whatever was killed on the way."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Sum

from hub.models import Event
from tests.faults.town import FaultyTown
from tests.workflows.fates import FATES, Fate, customer_absent, late, never_came
from tests.workflows.recording import workflows_of
from tests.world.town import Terms, Town, in_database
from web.ledger import checking
from web.ledger import selectors as ledger
from web.ledger.models import Posting
from web.orders.models import Command, Order
from web.payments.models import Payment, Refund
from web.scheduling.models import Reservation
from workflows.messages import order_workflow_id
from workflows.transitions import Move

T = TypeVar("T")
AHEAD_S = 1800.0
AT_ONCE = 20
SLACK_S, KILLED_SLACK_S = 30, 90
"""That people have where the time runs: after the end of the work, and until a visit for which somebody must be found.
Half of it to answer an offer. The second where workers are killed meanwhile.
"""
LONG = ("claimed", "claim_refunded", "reworked", "tipped", "refunded_after_settlement", "answered_by_the_third")
"""Who has to wait for it begins first."""

MAY_REPEAT = {"offered", "lapsed", "exhausted", "by_hand", "refunded", "refund_parked"}
"""How often, and when, depends on the time that passes meanwhile: not compared. Of several refunds that are back at the
same moment the order may hear of the last one first, and then it has all; what became of each says `money`.
"""

_whole: "dict[str, Ending]" = {}


@dataclass(frozen=True)
class Ending:
    """books: fen by kind of account. once: what happened, in this order, each as often as here. money: the states of
    its payments and refunds. held: times that are still kept for it.
    """

    phase: str
    ended: bool
    books: Mapping[str, int]
    once: tuple[str, ...]
    money: tuple[str, ...]
    commands: Mapping[str, int]
    held: int


def _unhurried(slack_s: int) -> dict[str, Fate]:
    """The fates, where who has to do something in time gets the time that it takes; who is to be late is so long before
    his visit, which else would begin before anybody was found.
    """
    late_to_leave = {"depart_grace_s": 5 - AHEAD_S, "silent_after_s": 1}
    reviewed = {"completion": {"autoconfirm_s": 120, "review_s": slack_s}}
    terms: dict[str, Terms] = {
        # Three times as long for whoever is fetched by a message (`away_factor`).
        "answered_by_the_third": {"dispatch": {"offer_s": slack_s // 2}},
        "late": {"visit": {**late_to_leave, "arrive_grace_s": 10 - AHEAD_S}},
        "never_came": {"visit": {**late_to_leave, "arrive_grace_s": 6 - AHEAD_S}},
        "lost_on_the_way": {"visit": {"arrive_grace_s": 40 - AHEAD_S}},
        "finished_and_not_paid": {"supplement": {"pay_s": 20}},
        "payment_parked": {"payment": {"window_s": 20, "refund_quiet_s": 1}},
        "supplement_paid": {"supplement": {"pay_s": 20}},
        "rescheduled": {"rescheduling": {"answer_s": 20}},
        "claimed": {**reviewed, "after_sales": {"answer_s": slack_s + 1}},
        "claim_refunded": reviewed,
        "reworked": reviewed,
        "tipped": reviewed,
        "refunded_after_settlement": {**reviewed, "commission": {"frozen_s": slack_s + 5}},
    }
    tells = {
        "late": partial(late, starts_in_s=AHEAD_S),
        "never_came": partial(never_came, starts_in_s=AHEAD_S),
        "customer_absent": partial(customer_absent, starts_in_s=slack_s),
    }
    slowly = {name: replace(FATES[name], terms={**FATES[name].terms, **changed}) for name, changed in terms.items()}
    return {name: replace(slowly.get(name, fate), tell=tells.get(name, fate.tell)) for name, fate in FATES.items()}


async def whole_endings(town: FaultyTown, names: Iterable[str]) -> dict[str, Ending]:
    """How these fates end where nothing is killed; each is told once in a run of the tests."""
    _whole.update(await endings_of(town, [name for name in names if name not in _whole]))
    return {name: _whole[name] for name in names}


async def tell_once_more(town: FaultyTown, names: Iterable[str]) -> None:
    """Tell these fates where nothing is killed, whether or not they were told before: each ends as it did then."""
    ends = await endings_of(town, names)
    other = [(name, end, _whole[name]) for name, end in ends if end != _whole.setdefault(name, end)]
    assert not other, f"ended otherwise than before: {other}"


async def ending_of(town: FaultyTown, fate: Fate) -> Ending:
    """Tell a fate to the end of all its workflows; see `left_of`."""
    async with fate.trade(town) as trade:
        return await left_of(town, await fate.tell(trade))


async def left_of(town: Town, order_id: int) -> Ending:
    """What is left of an order at the end of all its workflows. Row, actor and topic agree, or it raises."""
    for workflow_id in await in_database(workflows_of, order_id):
        result = await town.ended(workflow_id)
        if workflow_id == order_workflow_id(order_id):
            row = await town.row(order_id)
            assert (row.phase, row.ended_at is not None) == (result, True)
    # Children of a workflow that has only just ended: what pays a late payment back.
    for workflow_id in await in_database(workflows_of, order_id):
        await town.ended(workflow_id)
    heard = await in_database(told, order_id)
    timeline = await town.timeline(order_id)
    assert heard == timeline, "the topic has not what the timeline has"
    return await in_database(_ending, order_id)


async def endings_of(town: FaultyTown, names: Iterable[str], *, slack_s: int = SLACK_S) -> list[tuple[str, Ending]]:
    """How these fates end, each told as often as it is named; so many at once that none waits for the machine alone."""
    fates, room = _unhurried(slack_s), asyncio.Semaphore(AT_ONCE)

    async def told_to_its_end(fate: Fate) -> Ending:
        async with room:
            return await ending_of(town, fate)

    slowest_first = sorted(names, key=lambda name: name not in LONG)
    jobs = {f"{name}, {number}": told_to_its_end(fates[name]) for number, name in enumerate(slowest_first)}
    ends = await together(jobs)
    assert await in_database(ledger.unbalanced_journals) == []
    return list(zip(slowest_first, ends.values(), strict=True))


async def together(jobs: Mapping[str, Coroutine[Any, Any, T]]) -> dict[str, T]:
    """All to their end. Raises BaseExceptionGroup of what failed, each with its job's name as a note."""
    tasks = {name: asyncio.ensure_future(job) for name, job in jobs.items()}
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    failures = []
    for name, task in tasks.items():
        if (error := task.exception()) is not None:
            error.add_note(name)
            failures.append(error)
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(jobs)} failed", failures)
    return {name: task.result() for name, task in tasks.items()}


def books() -> list[checking.Disagreement]:
    """What `manage.py ledger_check` finds."""
    with transaction.atomic():
        return checking.disagreements()


def told(order_id: int) -> list[str]:
    """What the order's topic had to say, as the timeline calls it, oldest first."""
    heard = Event.objects.filter(topic=f"order:{order_id}", type__startswith="order.").order_by("offset")
    return [type.removeprefix("order.") for type in heard.values_list("type", flat=True)]


def _ending(order_id: int) -> Ending:
    row = Order.objects.get(pk=order_id)
    timeline = list(row.events.order_by("version").values_list("type", flat=True))
    books: Any = Posting.objects.filter(journal__order_id=order_id).values_list("account__kind")
    payments = Payment.objects.filter(order_id=order_id).order_by("pk").values_list("state", flat=True)
    refunds = Refund.objects.filter(payment__order_id=order_id).order_by("pk").values_list("state", flat=True)
    # What expired was asked again; who is too late in a grab is refused by his command, or before he has one.
    decided = Command.objects.filter(order_id=order_id).exclude(state=Command.EXPIRED)
    commands = decided.exclude(move=Move.ACCEPT, state=Command.REFUSED).values_list("move", "state")
    return Ending(
        phase=row.phase,
        ended=row.ended_at is not None,
        books={kind: total for kind, total in books.annotate(total=Sum("amount_fen")).order_by() if total},
        once=tuple(type for type in timeline if type not in MAY_REPEAT),
        money=(*(f"payment {state}" for state in payments), *(f"refund {state}" for state in refunds)),
        commands=Counter(f"{move} {state}" for move, state in commands),
        held=Reservation.objects.filter(order_id=order_id, active=True).count(),
    )
