"""The sweep's parts, Temporal and database left out: what is sent in which order, and what a failure stops."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

import hub
from web.accounts import services as accounts
from web.catalog import interest
from web.catalog import services as catalog
from web.ledger import withdrawals
from web.marketing import selectors as trials
from web.marketing import services as marketing
from web.notifications import services as messages
from web.orders import selectors, services
from web.payments import selectors as payments
from web.photos import pictures
from web.photos import pruning as photos
from web.workforce import reach
from workflows import agreement, client
from workflows.activities import sweeping
from workflows.agreement import Disagreement
from workflows.messages import Outcome, PayoutStart, SweepReport

DONE = Outcome(True, "EN_ROUTE", 7)
DEPART, ARRIVE, OTHERS = 11, 12, 13


@pytest.fixture(autouse=True)
def quiet_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to do anywhere."""
    monkeypatch.setattr(sweeping, "last_pruned_s", {})
    for module, name, answer in (
        (services, "expire_commands", 0),
        (services, "alarm_silent_workers", 0),
        (services, "alarm_unassigned_orders", 0),
        (services, "alarm_withdrawals", 0),
        (selectors, "awaited_charges", {}),
        (selectors, "refunding_order_ids", []),
        (services, "take_stalled", []),
        (payments, "waiting_refunds", {}),
        (withdrawals, "under_way", []),
        (payments, "unhandled_messages", []),
        (selectors, "undecided_commands", []),
        (selectors, "open_order_ids", []),
        (selectors, "settled_phases", {}),
    ):
        monkeypatch.setattr(module, name, lambda answer=answer: answer)
    monkeypatch.setattr(selectors, "ended_of", lambda ids: [])
    monkeypatch.setattr(accounts, "prune_sessions", lambda *, before: 0)
    monkeypatch.setattr(hub.retention, "prune", lambda *, limit: 0)
    monkeypatch.setattr(messages, "prune_messages", lambda *, before: 0)
    monkeypatch.setattr(photos, "prune_photos", lambda *, before: 0)
    monkeypatch.setattr(pictures, "prune_pictures", lambda *, before, is_used: 0)
    monkeypatch.setattr(catalog, "prune_searches", lambda *, before: 0)
    monkeypatch.setattr(interest, "prune_views", lambda *, before: 0)
    monkeypatch.setattr(catalog, "prune_changes", lambda: 0)
    monkeypatch.setattr(services, "let_old_photos_go", lambda *, before: 0)
    monkeypatch.setattr(marketing, "send_next", lambda: 0)
    monkeypatch.setattr(marketing, "remind", lambda: 0)
    monkeypatch.setattr(marketing, "expire_points", lambda: 0)
    monkeypatch.setattr(trials, "waiting_what_ifs", lambda *, before: [])
    monkeypatch.setattr(client, "running_orders", answering({}))
    monkeypatch.setattr(client, "start_order", answering(True))


def answering(value: Any) -> Callable[..., Any]:
    async def answer(*_: Any, **__: Any) -> Any:
        return value

    return answer


def failing(error: Exception) -> Callable[..., Any]:
    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


class Actors:
    """Takes commands as Temporal would, the first of an order slower than the rest; `pending`: those it leaves."""

    def __init__(self, *pending: int) -> None:
        self.pending, self.begun, self.decided = pending, [], []  # type: tuple[int, ...], list[int], list[int]

    async def send(self, command: Any) -> Outcome | client.Pending:
        self.begun.append(command.pk)
        await asyncio.sleep(0.05 if command.pk == DEPART else 0)
        if command.pk in self.pending:
            return client.Pending(command.pk)
        self.decided.append(command.pk)
        return DONE


def waiting(monkeypatch: pytest.MonkeyPatch, actors: Actors) -> None:
    """Somebody departed and arrived while Temporal was away, and somebody else tapped in between."""
    commands = [SimpleNamespace(pk=pk, order_id=order) for pk, order in ((ARRIVE, 1), (OTHERS, 2), (DEPART, 1))]
    monkeypatch.setattr(selectors, "undecided_commands", lambda: commands)
    monkeypatch.setattr(client, "send_command", actors.send)


async def test_one_orders_commands_are_relayed_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    actors = Actors()
    waiting(monkeypatch, actors)
    assert (await sweeping.sweep()).commands_sent == 3
    assert actors.decided.index(DEPART) < actors.decided.index(ARRIVE)
    assert actors.begun[:2] == [DEPART, OTHERS]


async def test_a_command_waits_for_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    actors = Actors(DEPART)
    waiting(monkeypatch, actors)
    assert (await sweeping.sweep()).commands_sent == 1
    assert actors.decided == [OTHERS]


async def test_a_quiet_day_is_an_empty_report() -> None:
    assert await sweeping.sweep() == SweepReport()


async def test_the_index_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def running() -> dict[int, str]:
        asked.append(1)
        return {1: "ACCEPTED", 2: "EN_ROUTE"}

    monkeypatch.setattr(client, "running_orders", running)
    monkeypatch.setattr(selectors, "open_order_ids", lambda: [1, 2, 3])
    monkeypatch.setattr(selectors, "settled_phases", lambda: {1: "EN_ROUTE", 2: "EN_ROUTE"})
    report = await sweeping.sweep()
    assert (report.started, report.mismatches, len(asked)) == (1, 1, 1)


async def test_an_actor_that_runs_on_after_its_orders_end_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "running_orders", answering({7: "COMPLETED"}))
    monkeypatch.setattr(selectors, "ended_of", lambda ids: ids)
    with capture_logs() as lines:
        report = await sweeping.sweep()
    assert report.mismatches == 1
    assert [line["orders"] for line in lines if line["event"] == "row and actor disagree"] == [[7]]


async def test_an_actor_that_runs_already_was_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is a second or two behind."""
    monkeypatch.setattr(client, "start_order", answering(False))
    monkeypatch.setattr(selectors, "open_order_ids", lambda: [3])
    assert (await sweeping.sweep()).started == 0


@pytest.mark.parametrize(
    "part",
    [
        *"index payments payouts relay silence unassigned overdue escalate reach expire start compare prune".split(),
        *(
            "prune log",
            "prune messages",
            "prune photos",
            "prune searches",
            "prune views",
            "channels",
            "withdrawals",
            "money",
            "stalled",
            "sendings",
            "reminders",
            "points",
            "what-ifs",
        ),
    ],
)
async def test_a_part_that_fails_stops_no_other(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> Any:
        raise RuntimeError("13800138000 is in the database's text")

    waiting(monkeypatch, Actors())
    monkeypatch.setattr(services, "alarm_silent_workers", lambda: 1)
    monkeypatch.setattr(services, "alarm_unassigned_orders", lambda: 1)
    monkeypatch.setattr(services, "alarm_overdue_visits", lambda: 1)
    monkeypatch.setattr(services, "alarm_broken_channels", lambda: 1)
    monkeypatch.setattr(services, "escalate_alarms", lambda: 1)
    monkeypatch.setattr(reach, "settle_reach", lambda: 1)
    monkeypatch.setattr(services, "alarm_withdrawals", lambda: 1)
    monkeypatch.setattr(withdrawals, "under_way", lambda: [SimpleNamespace(pk=1)])
    monkeypatch.setattr(withdrawals, "start_of", lambda row: PayoutStart(row.pk))
    monkeypatch.setattr(client, "running", answering(set()))
    monkeypatch.setattr(client, "start_payout", answering(True))
    monkeypatch.setattr(agreement, "unheard", answering([Disagreement(3, agreement.TIP_UNTOLD, "", 5)]))
    monkeypatch.setattr(agreement, "cure", answering(True))
    monkeypatch.setattr(services, "take_stalled", lambda: [4])
    monkeypatch.setattr(client, "renew_order", answering(True))
    monkeypatch.setattr(services, "expire_commands", lambda: 1)
    monkeypatch.setattr(accounts, "prune_sessions", lambda *, before: 1)
    monkeypatch.setattr(hub.retention, "prune", lambda *, limit: 1)
    monkeypatch.setattr(messages, "prune_messages", lambda *, before: 1)
    monkeypatch.setattr(photos, "prune_photos", lambda *, before: 1)
    monkeypatch.setattr(catalog, "prune_searches", lambda *, before: 1)
    monkeypatch.setattr(interest, "prune_views", lambda *, before: 1)
    monkeypatch.setattr(catalog, "prune_changes", lambda: 1)
    monkeypatch.setattr(services, "let_old_photos_go", lambda *, before: 0)
    monkeypatch.setattr(marketing, "send_next", lambda: 1)
    monkeypatch.setattr(marketing, "remind", lambda: 1)
    monkeypatch.setattr(marketing, "expire_points", lambda: 1)
    monkeypatch.setattr(trials, "waiting_what_ifs", lambda *, before: [9])
    monkeypatch.setattr(client, "start_what_if", answering(True))
    monkeypatch.setattr(payments, "unhandled_messages", lambda: [(1, SimpleNamespace(payment_id=1))])
    monkeypatch.setattr(client, "tell_payment", answering(True))
    monkeypatch.setattr(selectors, "open_order_ids", lambda: [3])
    monkeypatch.setattr(selectors, "settled_phases", lambda: {1: "EN_ROUTE"})
    monkeypatch.setattr(client, "running_orders", answering({1: "ACCEPTED"}))
    whole = {
        "expire": ("commands_expired", 1),
        "payments": ("payments_told", 1),
        "relay": ("commands_sent", 3),
        "silence": ("silent_workers", 1),
        "unassigned": ("unassigned", 1),
        "overdue": ("overdue_visits", 1),
        "channels": ("broken_channels", 1),
        "escalate": ("escalated", 1),
        "reach": ("reaches", 1),
        "withdrawals": ("withdrawals", 1),
        "money": ("money_told", 1),
        "stalled": ("stalled", 1),
        "payouts": ("payouts_started", 1),
        "start": ("started", 1),
        "compare": ("mismatches", 1),
        "prune": ("pruned", 1),
        "prune log": ("log_pruned", 1),
        "prune messages": ("messages_pruned", 1),
        "prune photos": ("photos_pruned", 1),
        "prune searches": ("searches_pruned", 1),
        "prune views": ("views_pruned", 1),
        "prune changes": ("changes_pruned", 1),
        "sendings": ("sent", 1),
        "reminders": ("reminded", 1),
        "points": ("points_expired", 1),
        "what-ifs": ("what_ifs_started", 1),
    }
    broken: dict[str, tuple[object, str]] = {
        "expire": (services, "expire_commands"),
        "payments": (payments, "unhandled_messages"),
        "relay": (selectors, "undecided_commands"),
        "silence": (services, "alarm_silent_workers"),
        "unassigned": (services, "alarm_unassigned_orders"),
        "overdue": (services, "alarm_overdue_visits"),
        "channels": (services, "alarm_broken_channels"),
        "escalate": (services, "escalate_alarms"),
        "reach": (reach, "settle_reach"),
        "withdrawals": (services, "alarm_withdrawals"),
        "money": (payments, "waiting_refunds"),
        "stalled": (services, "take_stalled"),
        "payouts": (withdrawals, "under_way"),
        "start": (selectors, "open_order_ids"),
        "compare": (selectors, "settled_phases"),
        "prune": (accounts, "prune_sessions"),
        "prune log": (hub.retention, "prune"),
        "prune messages": (messages, "prune_messages"),
        "prune photos": (photos, "prune_photos"),
        "prune searches": (catalog, "prune_searches"),
        "prune views": (interest, "prune_views"),
        "prune changes": (catalog, "prune_changes"),
        "sendings": (marketing, "send_next"),
        "reminders": (marketing, "remind"),
        "points": (marketing, "expire_points"),
        "what-ifs": (trials, "waiting_what_ifs"),
    }
    if part == "index":
        monkeypatch.setattr(client, "running_orders", failing(RuntimeError("away")))
    else:
        monkeypatch.setattr(*broken[part], fail)
    with capture_logs() as lines:
        report = await sweeping.sweep()
    lost = {"start", "compare"} if part == "index" else {part}
    assert vars(report) == {name: 0 if one in lost else number for one, (name, number) in whole.items()}
    failures = [line for line in lines if line["event"] == "a part of the sweep failed"]
    assert [(line["part"], line["error"]) for line in failures] == [(part, "builtins.RuntimeError")]
    assert "138" not in str(lines)


async def test_pruning_is_done_once_an_hour_and_goes_on_while_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([accounts.PRUNED_AT_ONCE, 3])
    monkeypatch.setattr(accounts, "prune_sessions", lambda *, before: next(found))
    reports = [(await sweeping.sweep()).pruned for _ in range(3)]
    assert reports == [accounts.PRUNED_AT_ONCE, 3, 0]
    sweeping.last_pruned_s["sessions"] -= sweeping.PRUNE_EVERY_S
    monkeypatch.setattr(accounts, "prune_sessions", lambda *, before: 5)
    report = await sweeping.sweep()
    # The log has its own hour.
    assert (report.pruned, report.log_pruned) == (5, 0)


async def test_actors_that_are_late_read_their_row(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = list[int]()

    async def renew(order_id: int) -> bool:
        renewed.append(order_id)
        return order_id != 4  # it has no actor: that is another part's

    monkeypatch.setattr(client, "renew_order", renew)
    monkeypatch.setattr(services, "take_stalled", lambda: [3, 4, 5])
    with capture_logs() as lines:
        assert (await sweeping.sweep()).stalled == 2
    assert sorted(renewed) == [3, 4, 5]
    assert [line["orders"] for line in lines if line["event"] == "actors have not moved in time"] == [[3, 4, 5]]


async def test_a_payout_that_runs_is_left_in_peace_and_keeps_no_other_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many wait for their receivers."""
    rows, started = [SimpleNamespace(pk=number) for number in range(300)], []

    async def start(asked: PayoutStart) -> bool:
        started.append((asked.withdrawal_id, asked.quiet_s))
        return True

    monkeypatch.setattr(withdrawals, "under_way", lambda: rows)
    monkeypatch.setattr(withdrawals, "start_of", lambda row: PayoutStart(row.pk, 7))
    monkeypatch.setattr(client, "running", answering(set(range(299))))
    monkeypatch.setattr(client, "start_payout", start)
    monkeypatch.setattr(client, "move_payout", failing(AssertionError()))
    assert (await sweeping.sweep()).payouts_started == 1
    assert started == [(299, 7)]
