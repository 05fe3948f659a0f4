import itertools
import time
from typing import Any

from django.db import connection
from django.db.models import F

import hub
from hub.tokens import Identity
from tests.hub.notes.models import Note, Reader


def register() -> None:
    hub.topics.register(pattern="note:{note_id:int}", kind=hub.ORDERED, may_read=lambda identity, note_id: True)
    hub.topics.register(pattern="open:{name:rest}", kind=hub.ORDERED, may_read=lambda identity, name: True)
    hub.topics.register(pattern="private:{private_id:int}", kind=hub.ORDERED, may_read=may_read_private)
    hub.topics.register(
        pattern="own:{user_id}", kind=hub.ORDERED, may_read=lambda identity, user_id: user_id == identity.user_id
    )
    hub.topics.register(pattern="slow:{number:int}", kind=hub.ORDERED, may_read=may_read_slowly)
    hub.topics.register(pattern="position:{name}", kind=hub.LATEST, may_read=lambda identity, name: True)
    hub.topics.register(pattern="room:{name}", kind=hub.ORDERED, may_read=may_enter, presence=True, join_leave=True)
    hub.topics.register(pattern="hall:{name}", kind=hub.LATEST, may_read=lambda identity, name: True, presence=True)
    hub.topics.register(
        pattern="chat:{name:rest}", kind=hub.ORDERED, may_read=lambda identity, name: True, may_publish=may_talk,
        history=True,
    )  # fmt: skip
    hub.topics.register(
        pattern="values:{name:rest}", kind=hub.LATEST, may_read=lambda identity, name: True, may_publish=may_talk,
        history=True,
    )  # fmt: skip
    hub.topics.register(
        pattern="lobby:{name}", kind=hub.ORDERED, may_read=lambda identity, name: True, may_publish=may_talk,
        history=True, presence=True, join_leave=True,
    )  # fmt: skip
    hub.topics.register(pattern="kept:{name}", kind=hub.ORDERED, may_read=lambda identity, name: True, keep_s=3600)
    hub.topics.register(pattern="few:{name}", kind=hub.ORDERED, may_read=lambda identity, name: True, keep_events=5)
    hub.rpc.register("echo", lambda identity, data: {"user": identity.user_id, "data": data})
    hub.rpc.register("info", lambda identity, data: identity.info)
    hub.rpc.register("refuse", refuse)
    hub.rpc.register("wait", wait)
    hub.rpc.register("position", take_position)
    hub.rpc.register_connect(greet)
    hub.rpc.register("broken", lambda identity, data: {"never": 1 // 0})
    hub.rpc.register("exhausted", lambda identity, data: next(iter([])))
    hub.rpc.register("nap", nap)
    hub.rpc.register("backend", lambda identity, data: backend())


def may_read_private(identity: Identity, private_id: int) -> bool:
    return Reader.objects.filter(user_id=identity.user_id, private_id=private_id).exists()


def may_enter(identity: Identity, name: str) -> bool:
    """Everybody; an outsider is somebody else."""
    return identity.user_id != "outsider"


def may_read_slowly(identity: Identity, number: int) -> bool:
    """Answers at once until "slow" may read that number."""
    if Reader.objects.filter(user_id="slow", private_id=number).exists():
        time.sleep(4)
    return True


def may_talk(identity: Identity, name: str) -> bool:
    return identity.user_id != "mute"


def wait(identity: Identity, data: object) -> dict[str, object]:
    """Stands for a slow query."""
    time.sleep(0.2)
    return {}


_naps = itertools.count()


def nap(identity: Identity, data: float) -> dict[str, object]:
    """Takes so many seconds; which of all naps it was to end."""
    time.sleep(data)
    return {"ended": next(_naps)}


def backend() -> dict[str, object]:
    """The process of PostgreSQL that serves this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return {"pid": cursor.fetchone()[0]}


def take_position(identity: Identity, data: dict[str, Any]) -> dict[str, object]:
    hub.publish_latest(data["topic"], key=identity.user_id, data={"turn": data["turn"]})
    return {}


def refuse(identity: Identity, data: object) -> dict[str, object]:
    raise hub.rpc.RpcRefused(460, "not today")


def greet(identity: Identity, data: Any) -> dict[str, object] | None:
    """Answers who says something, refuses with a code that is given, and waits as long as is asked for."""
    if data is None:
        return None
    time.sleep(data.get("wait_s", 0))
    if "refuse" in data:
        raise hub.rpc.RpcRefused(data["refuse"], "not you")
    if "broken" in data:
        return {"no JSON": identity}
    return {"hello": identity.user_id, "heard": data}


def raise_note(*, note_id: int) -> None:
    """One change and its event, in one transaction."""
    with hub.atomic():
        Note.objects.filter(id=note_id).update(value=F("value") + 1)
        value = Note.objects.values_list("value", flat=True).get(id=note_id)
        hub.publish(f"note:{note_id}", type="note.raised", data={"value": value})
