"""The words that a move speaks with the step around it: what it is given, what it answers, how it refuses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from web.errors import DoorbellError
from web.orders.models import Offer, Order
from web.orders.policies import Policies
from workflows.messages import CommandMessage, StepRequest
from workflows.transitions import Phase, Role


@dataclass(frozen=True)
class Step:
    """One move on one order, inside its transaction, with the row locked."""

    order: Order
    policies: Policies
    request: StepRequest
    role: Role
    now: datetime

    @property
    def command(self) -> CommandMessage:
        """The person's command behind the move. Raises TypeError for a move of the actor's own."""
        if self.request.command is None:
            raise TypeError(f"{self.request.move} needs a command")
        return self.request.command

    @property
    def too_late(self) -> bool:
        """Whether the command waited too long: it was in time for the actor, and then the database was away."""
        command = self.request.command
        return command is not None and self.now > command.received_at + timedelta(seconds=command.valid_for_s)

    def after(self, seconds: float) -> datetime:
        """A deadline so many seconds from now."""
        return self.now + timedelta(seconds=seconds)


@dataclass
class Change:
    """What a move does beside the phase: the event's type, columns of the order, data of the event.

    told: the key of `CONCERNS` by which people are told, where the event's type does not say enough.
    next: another phase than the table's, where the row knows better (money that came just in time). offers: open offers
    that it made; those that it closed say so themselves (`web.orders.services.offers`).
    also_workers: ids of workers who had a part in it and no longer have. afterwards: pushes that need the updated row.
    """

    type: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""
    next: Phase | None = None
    offers: tuple[Offer, ...] = ()
    also_workers: tuple[int, ...] = ()
    afterwards: Callable[[Order], object] | None = None


class NotYet(Exception):
    """The move must wait for somebody's command that came before it. Nothing is stored: the same key may try again."""


class Refused(Exception):
    """The row says no. `kept` is what happens all the same, for example a counted try and its alarm."""

    def __init__(
        self,
        code: str,
        *,
        details: Mapping[str, Any] | None = None,
        kept: Change | None = None,
    ) -> None:
        self.code, self.details, self.kept = code, dict(details or {}), kept
        super().__init__(code)


@contextmanager
def refusing() -> Iterator[None]:
    """What another service refuses in the block, the step refuses."""
    try:
        yield
    except DoorbellError as error:
        raise Refused(error.code, details=error.details) from error
