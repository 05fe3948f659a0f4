"""A worker's levels: set by staff, one skill at a time, with a trace."""

import hub
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.workforce import selectors
from web.workforce.models import LevelChange, Worker, WorkerSkill


def set_level(*, staff: User, worker_id: int, skill: str, level: int, note: str) -> Worker:
    """Say how good a worker is at something, and why. It holds for what he takes from now on: an order that he has
    keeps the commission it has. The same level again leaves no trace, and he is not told.

    Raises DoorbellError forbidden, not_found, skill_unknown (he was not approved for it).
    """
    check_allowed(staff, "workforce.change_level")
    with hub.atomic():
        worker = visible_worker(staff, worker_id)
        row = WorkerSkill.objects.select_for_update().filter(worker=worker, skill=skill).first()
        if row is None:
            raise DoorbellError("skill_unknown")
        if row.level != level:
            LevelChange.objects.create(worker=worker, skill=skill, before=row.level, after=level, by=staff, note=note)
            row.level = level
            row.save(update_fields=["level"])
            about = notifications.About(link="/worker/profile")
            notifications.notify(event="worker.level", people={Reader.WORKER: [worker.pk]}, about=about)
        return worker


def visible_worker(staff: User, worker_id: int) -> Worker:
    """Of their city. Raises DoorbellError not_found."""
    worker = selectors.visible_to(staff).filter(pk=worker_id).first()
    if worker is None:
        raise DoorbellError("not_found")
    return worker
