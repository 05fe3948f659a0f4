"""What the actor refuses before anything is done: stale commands, and those against the rules. Pure."""

from datetime import datetime, timedelta

from workflows.messages import CommandMessage, OrderView, Outcome
from workflows.transitions import BEGUN, DOOR, REPLACEABLE, Facts, IllegalMove, Move, Phase, Role, rule_for


def refusal_of(view: OrderView | None, message: CommandMessage, now: datetime) -> Outcome | None:
    """Why this command is refused at once, or None. `view` is None while the actor has not read its row."""
    return if_stale(view, message, now) or _if_against_the_rules(view, message)


def if_stale(view: OrderView | None, message: CommandMessage, now: datetime) -> Outcome | None:
    """Nobody wants a command any more that was received too long ago."""
    if now <= message.received_at + timedelta(seconds=message.valid_for_s):
        return None
    return refused(view, "expired")


def if_grabbed(view: OrderView, message: CommandMessage) -> Outcome | None:
    """Of many who accept at once all but the first hear it from the actor: the row need not be asked 499 times.

    Only where somebody else has the order: his own acceptance, decided again after a crash, must reach its step.
    """
    if message.move != Move.ACCEPT or view.worker_id in (None, message.actor_id):
        return None
    return refused(view, "offer_closed")


def refused(view: OrderView | None, code: str, **details: object) -> Outcome:
    """A refusal with the order's phase and version as the actor knows them."""
    return Outcome(False, view.phase if view else "", view.version if view else 0, code, details)


def _if_against_the_rules(view: OrderView | None, message: CommandMessage) -> Outcome | None:
    # Not read yet, or the row is ahead of the actor: the main loop reads it first and the step decides.
    if view is None or message.seen_version > view.version:
        return None
    if view.ended:
        return refused(view, "order_ended")
    facts = Facts(
        has_open_offer=message.actor_id in (view.offered_to, *view.asked),
        is_assigned=view.worker_id == message.actor_id,
        steps_done=view.steps_done,
        code_locked=view.code_locked,
        is_reporter=message.actor_id in view.reporters,
        unanswered=view.unanswered,
        consent_suffices=view.consent_suffices,
        case_open=view.case_open,
        replaceable=view.came_from in REPLACEABLE,
        begun=view.came_from in BEGUN,
        not_begun=view.came_from not in BEGUN,
        may_report=view.may_report,
        waited_for=view.waited_for,
        has_open_proposal=view.proposal_for == message.actor_id,
        own_proposal=view.proposal_by == message.actor_id,
        no_proposal=not view.has_proposal,
        is_settled=view.settled,
        goes_anywhere=not view.rework,
        untouched=view.untouched,
        at_the_door=view.came_from in DOOR,
    )
    try:
        rule_for(Phase(view.phase), Move(message.move), Role(message.role), facts)
    except IllegalMove as illegal:
        return refused(view, illegal.code, expected=[str(move) for move in illegal.expected])
    return None
