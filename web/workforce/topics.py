"""`worker:{id}`, `positions:{city}`, and the socket's `position` method. Imported by the app when it is ready."""

from typing import Any

from pydantic import ValidationError

import hub
from hub.rpc import RpcRefused
from web.accounts.models import User
from web.accounts.selectors import is_staff_of
from web.errors import DoorbellError
from web.workforce import reach, selectors, services
from web.workforce.schemas import PositionBatch, PositionsTaken, Visibility
from workflows.transitions import Role


def may_read_worker(identity: hub.Identity, *, id: int) -> bool:
    """Only himself: his offers and his money's events are here."""
    return identity.user_id == str(id)


def may_read_positions(identity: hub.Identity, *, city: str) -> bool:
    """The staff of that city."""
    return is_staff_of(user_id=identity.user_id, city=city)


def take_positions(identity: hub.Identity, data: Any) -> dict[str, bool]:
    """POST /api/worker/positions over the socket. Refuses with 422 what does not fit, with 403 whoever is no worker."""
    try:
        batch = PositionBatch.model_validate(data)
        worker = selectors.profile_of(_worker_behind(identity))
    except ValidationError:
        raise RpcRefused(422, "invalid_request") from None
    except DoorbellError as error:
        raise RpcRefused(error.status, error.code) from None
    seen = [position.seen() for position in batch.positions]
    return PositionsTaken(newest_kept=services.record_positions(worker=worker, positions=seen)).model_dump()


def take_visibility(identity: hub.Identity, data: Any) -> dict[str, str]:
    """POST /api/worker/visibility over the socket; refuses as `take_positions` does."""
    try:
        told = Visibility.model_validate(data)
        worker = selectors.profile_of(_worker_behind(identity))
    except ValidationError:
        raise RpcRefused(422, "invalid_request") from None
    except DoorbellError as error:
        raise RpcRefused(error.status, error.code) from None
    reach.set_visible(worker_id=worker.pk, visible=told.visible)
    return {"reach": selectors.reach_of(worker.pk)}


def _worker_behind(identity: hub.Identity) -> User:
    known = identity.user_id.isdecimal()
    user = User.objects.filter(pk=int(identity.user_id), role=Role.WORKER, is_active=True).first() if known else None
    if user is None:
        raise DoorbellError("forbidden")
    return user


hub.topics.register(pattern="worker:{id:int}", kind=hub.ORDERED, may_read=may_read_worker, keep_s=7 * 86_400)
hub.topics.register(pattern="positions:{city}", kind=hub.LATEST, may_read=may_read_positions)
hub.rpc.register("position", take_positions)
hub.rpc.register("visibility", take_visibility)
