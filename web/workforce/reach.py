"""A worker's reach: 前台, he has the app before him; 后台, it is away, and WeChat stops it after five seconds; 休息.

On duty is his own switch, connected is the hub's presence, hidden is what his phone tells. What follows from them
stands on his row, where offers and the board read it; the sweep keeps it up to date.
"""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

import hub
from web.workforce.models import Worker
from web.workforce.services import publish_worker

TRUSTED_FOR = timedelta(seconds=60)
"""So long what was known last of who is connected is good, when nobody can tell."""


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

    While nobody can tell who is connected (Redis is away), what was known last holds for TRUSTED_FOR; then all are
    taken to be 后台: they have longer to answer, by a channel that needs no socket.
    """
    listening = Worker.objects.filter(on_duty=True)
    if only is not None:
        listening = listening.filter(pk__in=only)
    rows = list(listening.only("pk", "reach", "hidden_since", "unsure_since", "unsure_until"))
    there = hub.presence.connected_if_known(worker.pk for worker in rows)
    _note_whether_sure(rows, sure=there is not None)
    found = {worker.pk: _reach(worker, there) for worker in rows}
    return sum(_settle(worker.pk, found[worker.pk]) for worker in rows if worker.reach != found[worker.pk])


def _note_whether_sure(rows: Collection[Worker], *, sure: bool) -> None:
    """One statement when it begins, one when it ends."""
    now = timezone.now()
    wrong = [worker for worker in rows if _is_unsure(worker) == sure]
    if not wrong:
        return
    changes = {"unsure_until": now} if sure else {"unsure_since": now, "unsure_until": None}
    with hub.atomic():
        Worker.objects.filter(pk__in=[worker.pk for worker in wrong]).update(**changes)
    for worker in wrong:
        worker.unsure_since = now


def _is_unsure(worker: Worker) -> bool:
    return worker.unsure_since is not None and worker.unsure_until is None


def _reach(worker: Worker, there: Collection[str] | None) -> str:
    if worker.is_hidden:
        return Worker.BACK
    if there is not None:
        return Worker.FRONT if str(worker.pk) in there else Worker.BACK
    return Worker.BACK if worker.unsure_since and timezone.now() - worker.unsure_since > TRUSTED_FOR else worker.reach


def _settle(worker_id: int, reach: str) -> bool:
    with hub.atomic():
        # Who turned his switch meanwhile has been told of already.
        changed = Worker.objects.filter(pk=worker_id, on_duty=True).exclude(reach=reach).update(reach=reach)
        if changed:
            publish_worker(worker_id=worker_id)
        return bool(changed)
