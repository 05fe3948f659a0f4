"""A worker's reach: 前台, he has the app before him; 后台, it is away, and WeChat stops it after five seconds; 休息.

On duty is his own switch, connected is the hub's presence, hidden is what his phone tells. What follows from them
stands on his row, where offers and the board read it; the sweep keeps it up to date.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

import hub
from web.workforce.models import Worker
from web.workforce.services import publish_worker

HIDDEN_AFTER = timedelta(seconds=60)
"""Somebody who looks up a street in another app is still there."""


def set_visible(*, worker_id: int, visible: bool) -> None:
    """His phone tells that the app came to the front, or left it."""
    with hub.atomic():
        him = Worker.objects.filter(pk=worker_id)
        if visible:
            him.exclude(hidden_since=None).update(hidden_since=None)
        else:
            # The first of several counts: a repetition does not make him come back.
            him.filter(hidden_since=None).update(hidden_since=timezone.now())
    if visible:
        settle_reach([worker_id])


def settle_reach(only: Collection[int] | None = None) -> int:
    """Bring the reach of those on duty, or of some of them, up to date; returns how many changed.

    With Redis away nobody seems connected, and all are taken to be 后台: they have longer to answer.
    """
    listening = Worker.objects.filter(on_duty=True)
    if only is not None:
        listening = listening.filter(pk__in=only)
    rows = list(listening.values_list("pk", "reach", "hidden_since"))
    there = hub.presence.connected(pk for pk, _, _ in rows)
    found = {pk: _reach(str(pk) in there, hidden_since) for pk, _, hidden_since in rows}
    return sum(_settle(pk, found[pk]) for pk, reach, _ in rows if reach != found[pk])


def _reach(is_connected: bool, hidden_since: datetime | None) -> str:
    hidden = hidden_since is not None and timezone.now() - hidden_since > HIDDEN_AFTER
    return Worker.FRONT if is_connected and not hidden else Worker.BACK


def _settle(worker_id: int, reach: str) -> bool:
    with hub.atomic():
        # Who turned his switch meanwhile has been told of already.
        changed = Worker.objects.filter(pk=worker_id, on_duty=True).exclude(reach=reach).update(reach=reach)
        if changed:
            publish_worker(worker_id=worker_id)
        return bool(changed)
