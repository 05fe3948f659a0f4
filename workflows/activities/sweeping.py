"""The sweep: finds what a crash left half-way, and what row and actor disagree about. Everything it does is
idempotent.

Its parts know nothing of each other: one that fails is logged, and the others are done all the same.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone
from temporalio import activity

import hub
from web.accounts import services as accounts
from web.catalog import interest
from web.catalog import services as catalog
from web.catalog.pictures import shows_picture
from web.ledger import withdrawals
from web.marketing import selectors as trials
from web.marketing import services as marketing
from web.notifications import services as messages
from web.orders import selectors as orders
from web.orders import services
from web.payments import selectors as payments
from web.photos import pictures
from web.photos import pruning as photos
from web.workforce import reach
from workflows import agreement, client
from workflows.messages import SweepReport

if TYPE_CHECKING:
    from web.orders.models import Command

log = structlog.get_logger(__name__)

AT_ONCE = 20
INDEX_WITHIN_S = 15.0
"""So long Temporal's index may take to list the running actors; nothing else waits for it."""

RELAY_WITHIN_S = 20.0
"""While no actor answers each command costs four seconds: the next sweep goes on with them."""

RENEWED_WITHIN_S = 5.0
WHAT_IF_AFTER = timedelta(seconds=10)
"""Who asks for a trial starts it himself."""

PRUNE_EVERY_S = 3600.0

T = TypeVar("T")


LOG_PRUNED_AT_ONCE = 20_000

last_pruned_s: dict[str, float] = {}
"""When this process pruned what last, by its own clock: each does it once an hour at most."""


@activity.defn
async def sweep() -> SweepReport:
    """Expire commands, alarm about silence and nearness, prune; bring undelivered messages and commands; have late
    actors read their row, start missing ones, report disagreements. What needs the database alone comes first: the rest
    may wait for somebody.
    """
    report = SweepReport(
        commands_expired=await _part("expire", sync_to_async(services.expire_commands)),
        silent_workers=await _part("silence", sync_to_async(services.alarm_silent_workers)),
        unassigned=await _part("unassigned", sync_to_async(services.alarm_unassigned_orders)),
        overdue_visits=await _part("overdue", sync_to_async(services.alarm_overdue_visits)),
        broken_channels=await _part("channels", sync_to_async(services.alarm_broken_channels)),
        withdrawals=await _part("withdrawals", sync_to_async(services.alarm_withdrawals)),
        escalated=await _part("escalate", sync_to_async(services.escalate_alarms)),
        reaches=await _part("reach", sync_to_async(reach.settle_reach)),
        pruned=await _part("prune", _prune_sessions),
        log_pruned=await _part("prune log", _prune_log),
        messages_pruned=await _part("prune messages", _prune_messages),
        photos_pruned=await _part("prune photos", _prune_photos),
        searches_pruned=await _part("prune searches", _prune_searches),
        views_pruned=await _part("prune views", _prune_views),
        changes_pruned=await _part("prune changes", _prune_changes),
        sent=await _part("sendings", sync_to_async(marketing.send_next)),
        reminded=await _part("reminders", _remind),
        points_expired=await _part("points", _expire_points),
        payments_told=await _part("payments", _tell_payments),
        commands_sent=await _part("relay", _relay_commands),
        money_told=await _part("money", _tell_money),
        stalled=await _part("stalled", _renew_stalled),
        payouts_started=await _part("payouts", _start_payouts),
        what_ifs_started=await _part("what-ifs", _start_what_ifs),
    )
    running: dict[int, str] = {}

    async def index() -> int:
        # Last, and once for both that need it: it pages through every actor, and may be slow or away.
        async with asyncio.timeout(INDEX_WITHIN_S):
            running.update(await client.running_orders())
        report.started = await _part("start", lambda: _start_missing_actors(running))
        report.mismatches = await _part("compare", lambda: _mismatches(running))
        return len(running)

    await _part("index", index)
    if report != SweepReport():
        log.info("swept", **vars(report))
    return report


async def _part(name: str, work: Callable[[], Awaitable[int]]) -> int:
    try:
        return await work()
    except Exception as error:
        # Its class and PostgreSQL's code: a database error's text carries whole rows.
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
        log.error("a part of the sweep failed", part=name, error=kind, sqlstate=sqlstate)
        return 0


async def _start_missing_actors(running: Mapping[int, str]) -> int:
    missing = await agreement.without_actor(running)
    return sum(await _some_at_once(client.start_order(one.order_id, again=True) for one in missing))


async def _tell_payments() -> int:
    waiting = await sync_to_async(payments.unhandled_messages)()
    return sum(await _some_at_once(client.tell_payment(start, message_id) for message_id, start in waiting))


async def _tell_money() -> int:
    """Money that was booked and whose order does not know it, and refunds that nobody sends: an actor that was
    terminated takes its signals with it, and a Temporal that was restored empty all of them.
    """
    async with asyncio.timeout(INDEX_WITHIN_S):
        found = [*await agreement.unheard(), *await agreement.unsent()]
    return sum(await _some_at_once(agreement.cure(one) for one in found))


async def _renew_stalled() -> int:
    """Have actors that are late read their row."""
    stalled = await sync_to_async(services.take_stalled)()
    if stalled:
        log.warning("actors have not moved in time", orders=stalled, count=len(stalled))
    async with asyncio.timeout(RENEWED_WITHIN_S):
        return sum(await _some_at_once(client.renew_order(order_id) for order_id in stalled))


async def _start_payouts() -> int:
    """Withdrawals under way that no workflow moves: a crash or an outage kept it from starting, or took it. Those that
    run are not told: each asks its channel at its own pace.
    """
    under_way = await sync_to_async(withdrawals.under_way)()
    if not under_way:
        return 0
    async with asyncio.timeout(INDEX_WITHIN_S):
        listed = await client.running("payout")
    missing = [row for row in under_way if row.pk not in listed]
    starts = await sync_to_async(lambda: [withdrawals.start_of(row) for row in missing])()
    return sum(await _some_at_once(client.start_payout(start) for start in starts))


async def _start_what_ifs() -> int:
    """Trials that were asked for and that nobody works out."""
    asked = await sync_to_async(trials.waiting_what_ifs)(before=timezone.now() - WHAT_IF_AFTER)
    return sum(await _some_at_once(client.start_what_if(run_id) for run_id in asked))


async def _relay_commands() -> int:
    waiting = await sync_to_async(orders.undecided_commands)()
    waiting.sort(key=lambda command: (command.order_id, command.pk))
    by_order = itertools.groupby(waiting, key=lambda command: command.order_id)
    async with asyncio.timeout(RELAY_WITHIN_S):
        return sum(await _some_at_once([_relay_one_by_one(list(commands)) for _, commands in by_order]))


async def _relay_one_by_one(commands: "Iterable[Command]") -> int:
    """One order's commands as they were given: who departs and arrives must not be heard to arrive first."""
    sent = 0
    for command in commands:
        if isinstance(await client.send_command(command), client.Pending):
            break
        sent += 1
    return sent


async def _mismatches(running: Mapping[int, str]) -> int:
    """Told and left as they are: `manage.py check_orders --fix` is for people who have looked."""
    wrong = await agreement.of_another_mind(running)
    if wrong:
        log.error("row and actor disagree", orders=[one.order_id for one in wrong[:50]], count=len(wrong))
    return len(wrong)


async def _prune_sessions() -> int:
    before = timezone.now() - timedelta(days=settings.KEEP_LOGINS_DAYS)
    work = partial(accounts.prune_sessions, before=before)
    return await _hourly("sessions", work, at_once=accounts.PRUNED_AT_ONCE)


async def _prune_log() -> int:
    work = partial(hub.retention.prune, limit=LOG_PRUNED_AT_ONCE)
    return await _hourly("log", work, at_once=LOG_PRUNED_AT_ONCE)


async def _prune_messages() -> int:
    before = timezone.now() - timedelta(days=settings.KEEP_MESSAGES_DAYS)
    work = partial(messages.prune_messages, before=before)
    return await _hourly("messages", work, at_once=messages.PRUNED_AT_ONCE)


async def _prune_searches() -> int:
    before = timezone.now() - timedelta(days=settings.KEEP_SEARCHES_DAYS)
    work = partial(catalog.prune_searches, before=before)
    return await _hourly("searches", work, at_once=catalog.PRUNED_AT_ONCE)


async def _prune_views() -> int:
    before = timezone.now() - timedelta(days=settings.KEEP_SEARCHES_DAYS)
    work = partial(interest.prune_views, before=before)
    return await _hourly("views", work, at_once=interest.PRUNED_AT_ONCE)


async def _prune_changes() -> int:
    return await _hourly("changes", catalog.prune_changes, at_once=catalog.CHANGES_PRUNED_AT_ONCE)


async def _prune_photos() -> int:
    """First what old orders let go of, then what belongs to nothing, the platform's own pictures too; the hour is the
    photos', for they are files.
    """
    now = timezone.now()
    let_go = partial(services.let_old_photos_go, before=now - timedelta(days=settings.KEEP_PHOTOS_DAYS))
    day_ago = now - timedelta(hours=settings.KEEP_UPLOADS_HOURS)
    work = partial(photos.prune_photos, before=day_ago)
    own = partial(pictures.prune_pictures, before=day_ago, is_used=shows_picture)

    def all_of_them() -> int:
        return max(let_go(), work(), own())

    return await _hourly("photos", all_of_them, at_once=photos.PRUNED_AT_ONCE)


async def _remind() -> int:
    return await _hourly("reminders", marketing.remind, at_once=marketing.REMINDED_AT_ONCE)


async def _expire_points() -> int:
    return await _hourly("points", marketing.expire_points, at_once=marketing.EXPIRED_AT_ONCE)


async def _hourly(what: str, prune: Callable[[], int], *, at_once: int) -> int:
    now_s = time.monotonic()
    if what in last_pruned_s and now_s - last_pruned_s[what] < PRUNE_EVERY_S:
        return 0
    pruned = await sync_to_async(prune)()
    if pruned < at_once:
        # Else there is more: the next sweep goes on.
        last_pruned_s[what] = now_s
    return pruned


async def _some_at_once(jobs: Iterable[Awaitable[T]]) -> list[T]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(job: Awaitable[T]) -> T:
        async with slots:
            return await job

    return list(await asyncio.gather(*(one(job) for job in jobs)))
