"""A person's command as a row: stored before Temporal hears of it, decided exactly once, by whoever is first."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.utils import timezone

import hub
from web.accounts.duties import check_allowed
from web.accounts.encryption import keyed_hash
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders.models import Command, Order
from web.orders.permissions import needed_for
from web.orders.services.publishing import publish_decision
from web.prepared import prepared
from workflows.messages import CommandMessage, Outcome
from workflows.transitions import Move

VALID_FOR_S: Mapping[Move, float] = {
    Move.ACCEPT: 30,
    Move.REFUSE: 30,
    Move.CANCEL: 300,
    Move.CONFIRM: 300,
    Move.ASSIGN: 30,
    Move.UNLOCK: 30,
    Move.HAND_BACK: 300,
    Move.REPORT_ABSENT: 600,
    Move.AM_HERE: 300,
    Move.WORKER_ABSENT: 300,
    Move.TAKE_OFF: 30,
    Move.CALL_OFF: 30,
    Move.RESCHEDULE: 60,
    Move.CLAIM: 300,
    Move.ANSWER_CASE: 300,
    Move.CHANGE_ADDRESS: 60,
    Move.CHANGE_REQUEST: 300,
    Move.PROPOSE_MOVE: 300,
    Move.PROPOSE_SUPPLEMENT: 300,
    Move.APPROVE: 300,
    Move.DECLINE: 300,
    Move.WITHDRAW: 300,
    Move.REFUND: 300,
    Move.TIP: 300,
    Move.DEPART: 600,
    Move.ARRIVE: 600,
    Move.START: 600,
    Move.TICK: 600,
    Move.FINISH: 600,
    Move.REPORT_EXCEPTION: 600,
    Move.ANSWER_EXCEPTION: 300,
    Move.WITHDRAW_EXCEPTION: 300,
    Move.CONTINUE: 300,
    Move.CONTINUE_WITH_SUPPLEMENT: 300,
    Move.SEND_SOMEBODY_ELSE: 300,
    Move.END_EARLY: 300,
    Move.CANCEL_WITH_REFUND: 300,
}
"""How long each command may wait for its actor. After that it is refused: nobody wants a click of ten minutes ago."""

Choice = Mapping[str, int | str | bool]


def receive_command(
    *, user: User, order: Order, move: Move, key: str, choice: Choice, typed: str = ""
) -> tuple[Command, bool]:
    """Store a command; (its row, whether it is new). The same key with the same body returns the row that is there.

    typed: what a person entered and only the step may read (the start code); stored encrypted.

    Raises DoorbellError idempotency_mismatch when the key was used for something else, forbidden for staff whose
    duty it is not (`web.orders.permissions`).
    """
    if user.is_staff:
        check_allowed(user, needed_for(move, choice))
    body = {"order_id": order.pk, "move": move.value, "choice": dict(choice)}
    digest = keyed_hash(json.dumps([body, typed], sort_keys=True))
    try:
        with hub.atomic():
            command = Command.objects.create(
                user=user,
                order=order,
                key=key,
                move=move.value,
                role=user.role,
                body=body,
                body_hash=digest,
                typed=typed,
                received_at=timezone.now(),
                valid_for_s=VALID_FOR_S[move],
            )
            return command, True
    except IntegrityError:
        command = Command.objects.get(user=user, key=key)
    if command.body_hash != digest:
        raise DoorbellError("idempotency_mismatch")
    return command, False


def message_of(command: Command, *, seen_version: int) -> CommandMessage:
    """The command as its Update carries it."""
    return CommandMessage(
        command_id=command.pk,
        move=command.move,
        role=command.role,
        actor_id=command.user_id,
        received_at=command.received_at,
        valid_for_s=command.valid_for_s,
        seen_version=seen_version,
        choice=command.body["choice"],
    )


def typed_with(message: CommandMessage) -> str:
    """What a person typed with his command: it stands encrypted on its row and never travels through Temporal."""
    return _typed(message.command_id)[0].typed


@prepared
def _typed(command_id: int) -> QuerySet[Command]:
    return Command.objects.filter(pk=command_id).only("typed")


def decide(message: CommandMessage, *, order_id: int, outcome: Outcome) -> None:
    """Write the outcome in the caller's transaction and tell the one who asked.

    Raises DoorbellError expired when the row was decided before: the caller's transaction must then not stand.
    """
    _close(message, order_id=order_id, state=state_of(outcome), outcome=outcome)


def state_of(outcome: Outcome) -> str:
    """What a command's row says once it is decided."""
    refused = Command.EXPIRED if outcome.code == "expired" else Command.REFUSED
    return Command.DONE if outcome.done else refused


def record_outcome(*, command: Command, outcome: Outcome) -> Outcome:
    """Write an outcome that no step wrote: a refusal of the validator or of the main loop. Late is no error: what was
    decided first counts, and is returned.
    """
    try:
        with hub.atomic():
            decide(message_of(command, seen_version=outcome.version), order_id=command.order_id, outcome=outcome)
    except DoorbellError:
        return outcome_of(command.pk) or outcome
    return outcome


def refuse_answers(order: Order, *, offer_ids: Collection[int]) -> None:
    """Close every pending answer to these offers of an order, as it is now, in the caller's transaction, and tell those
    who gave them that it is gone. Their Updates find it decided, when they come. Two statements, however many they are.
    """
    answers = Command.objects.filter(order=order, state=Command.PENDING, move__in=[Move.ACCEPT, Move.REFUSE])
    closed = set(offer_ids)
    # Sorted out here: to write hundreds of ids into a question takes longer than its answer.
    pending = answers.select_for_update().order_by("pk")
    waiting = [command for command in pending if command.body["choice"]["offer_id"] in closed]
    if not waiting:
        return
    outcome, now = Outcome(False, order.phase, order.version, "offer_closed"), timezone.now()
    decided = {"state": Command.REFUSED, "outcome": asdict(outcome), "decided_at": now}
    Command.objects.filter(pk__in=[command.pk for command in waiting]).update(**decided)
    for command in waiting:
        message = message_of(command, seen_version=order.version)
        publish_decision(message, order_id=order.pk, state=Command.REFUSED, outcome=outcome, decided_at=now)


def outcome_of(command_id: int) -> Outcome | None:
    """What became of a command, by its row; None while nobody knows."""
    return outcomes_of([command_id]).get(command_id)


def outcomes_of(command_ids: Collection[int]) -> dict[int, Outcome]:
    """As `outcome_of`, of many at once; without those that nobody knows of."""
    decided = Command.objects.filter(pk__in=command_ids, outcome__isnull=False).values_list("pk", "outcome")
    return {pk: Outcome(**outcome) for pk, outcome in decided if outcome is not None}


def expire_commands(*, only: int | None = None) -> int:
    """Close pending commands whose time is over (or one of them, by id); returns how many.

    A step that comes later finds them closed and does nothing.
    """
    patience = ExpressionWrapper(F("valid_for_s") * timedelta(seconds=1), output_field=DurationField())
    overdue = Command.objects.filter(state=Command.PENDING).alias(gone_at=F("received_at") + patience)
    overdue = overdue.filter(gone_at__lt=timezone.now()).select_related("order")
    return sum(_expire(command) for command in (overdue.filter(pk=only) if only else overdue[:500]))


def _expire(command: Command) -> bool:
    order = command.order
    outcome = Outcome(done=False, phase=order.phase, version=order.version, code="expired")
    try:
        with hub.atomic():
            message = message_of(command, seen_version=order.version)
            _close(message, order_id=order.pk, state=Command.EXPIRED, outcome=outcome)
    except DoorbellError:
        return False
    return True


def _close(message: CommandMessage, *, order_id: int, state: str, outcome: Outcome) -> None:
    # First to update wins: a step's transaction and the expiry race here, and the loser rolls back.
    now = timezone.now()
    pending = Command.objects.filter(pk=message.command_id, state=Command.PENDING)
    if pending.update(state=state, outcome=asdict(outcome), decided_at=now) != 1:
        raise DoorbellError("expired")
    publish_decision(message, order_id=order_id, state=state, outcome=outcome, decided_at=now)
