"""Which duty a member of staff must have for what he asks of an order."""

from collections.abc import Mapping

from web.accounts.duties import allows
from web.accounts.models import User
from web.orders.models import AfterSalesCase
from workflows.transitions import Move

COMMAND, ANSWER, REFUND = "orders.command_order", "orders.answer_case", "orders.refund_order"


def needed_for(move: Move, choice: Mapping[str, int | str | bool]) -> str:
    """What ends or turns a visit, with what its terms make of its money, is the dispatcher's; money that goes back of
    work that was done is a decision of its own, also where it answers a case.
    """
    if move is Move.ANSWER_CASE:
        return REFUND if choice.get("outcome") == AfterSalesCase.REFUNDED else ANSWER
    return REFUND if move is Move.REFUND else COMMAND


def may_ask(actor: User, move: Move) -> bool:
    """Whether it is his duty, with whatever choice; of others than staff nothing is asked."""
    permissions = {ANSWER, REFUND} if move is Move.ANSWER_CASE else {needed_for(move, {})}
    return not actor.is_staff or any(allows(actor, one) for one in permissions)


def outcomes_for(actor: User) -> dict[str, str]:
    """How a case may be answered by him: those of `AfterSalesCase.OUTCOMES`."""
    return {
        outcome: name
        for outcome, name in AfterSalesCase.OUTCOMES.items()
        if allows(actor, needed_for(Move.ANSWER_CASE, {"outcome": outcome}))
    }
