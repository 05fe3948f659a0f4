"""Bodies of commands and of their answers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from web.schemas import Id, Schema, line


class Nothing(Schema):
    """A command that needs no choice."""


class CancelRequest(Schema):
    """Why."""

    reason: Literal["changed_mind", "wrong_time", "wrong_address", "found_other", "worker_late", "other"] = "other"


class RefuseRequest(Schema):
    """Why, from the list."""

    reason: Literal["too_far", "busy", "unwell", "no_tools", "other"]


class StartRequest(Schema):
    """The customer's code."""

    code: Annotated[str, line(12, minimum=1)]


class TipRequest(Schema):
    """How much on top."""

    amount_fen: Annotated[int, Field(ge=1, le=100_000_000)]


class AssignRequest(Schema):
    """To whom."""

    worker_id: Id


class CommandAnswer(Schema):
    """What became of a command. status: done, pending, refused or expired; state and version are the order's."""

    command: int
    status: str
    state: str | None = None
    version: int | None = None
    code: str = ""
    details: dict[str, Any] = {}
