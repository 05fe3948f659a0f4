"""Bodies and answers about the ledger. Money is fen; days are of Asia/Shanghai."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from web.orders.cards import Named
from web.orders.offer_schemas import EarningCard
from web.schemas import Instant, Schema


class StatementCard(Schema):
    """A worker's day: closing = opening + the items; by_kind sums them."""

    day: str
    opening_fen: int
    closing_fen: int
    by_kind: dict[str, int]
    items: list[EarningCard]


class SideCard(Schema):
    """One side of a fact: debit positive. owner: whose account it is, 0 for the platform."""

    account: str
    label: str
    owner: int
    amount_fen: int


class FactCard(Schema):
    """Something that happened to the money; its sides sum to zero."""

    kind: str
    at: Instant
    sides: list[SideCard]


class OrderMoneyCard(Schema):
    """Where an order's money is: the facts, and what they come to for the platform and for workers."""

    facts: list[FactCard]
    platform_fen: int
    workers_fen: int
    in_transit_fen: int
    to_give_back_fen: int


class WithdrawalRequest(Schema):
    """How much of my balance, and where to."""

    amount_fen: Annotated[int, Field(ge=1, le=100_000_000)]
    channel: Literal["sandbox"]


class ReviewRequest(Schema):
    """Whether it is paid. reason: why not, which its worker is told; "" where it is paid."""

    approve: bool
    reason: Literal["", "identity", "dispute", "risk", "other"] = ""

    @model_validator(mode="after")
    def _declined_for_a_reason(self) -> Self:
        if not self.approve and not self.reason:
            raise ValueError("a reason to decline it")
        return self


class WithdrawalCard(Schema):
    """A withdrawal; label is what people read for its state. order_id: of a customer's compensation, else null."""

    id: int
    order_id: int | None
    amount_fen: int
    channel: str
    state: str
    label: str
    reason: str
    needs_ops: bool
    created_at: str
    done_at: str | None


class WithdrawalForStaff(WithdrawalCard):
    """The same, and whose it is."""

    payee: Named
    note: str


class WithdrawalPage(Schema):
    """My withdrawals, newest first, and what I may ask for now."""

    items: list[WithdrawalCard]
    free_fen: int
    min_fen: int
    daily_fen: int


class WithdrawalList(Schema):
    """Withdrawals for staff, oldest first. next_after: pass it as `after` for the page after this one."""

    items: list[WithdrawalForStaff]
    next_after: int | None
