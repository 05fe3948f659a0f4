"""What a customer owes who cancels, or who is not there: the terms, and what they come to."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from web.orders.terms import MOST_FEN, YEAR_S, BasisPoints, Seconds, Terms
from workflows.transitions import TABLE, Move, Phase

CANCELLABLE = frozenset(rule.phase for rule in TABLE if rule.move is Move.CANCEL)
"""Phases that a customer may cancel in."""


class Fee(Terms):
    """A share of the total, at least and at most so much."""

    share_bp: BasisPoints = 0
    min_fen: int = Field(default=0, ge=0, le=MOST_FEN)
    max_fen: int = Field(default=10_000_000, ge=0, le=MOST_FEN)

    @model_validator(mode="after")
    def _min_is_below_max(self) -> Self:
        if self.min_fen > self.max_fen:
            raise ValueError("min_fen is above max_fen")
        return self


class FeeTier(Fee):
    """A step of a fee: what it is while the visit is still before_s ahead, or more."""

    before_s: float = Field(ge=0, le=YEAR_S)


class CancellationFee(Fee):
    """A line of the cancellation table.

    free_before_s: no fee when the visit is still that far ahead. tiers: what it is instead while the visit is still far
    ahead; of several the one that looks furthest.
    """

    tiers: tuple[FeeTier, ...] = ()
    free_before_s: float | None = Field(default=None, ge=0, le=YEAR_S)


class Cancellation(Terms):
    """What cancelling costs the customer, by phase, and which part of it the worker gets.

    by_phase names every phase that can be cancelled, and no other: one left out would be free without anybody's
    saying so.
    """

    worker_share_bp: BasisPoints = 8_000
    by_phase: dict[Phase, CancellationFee] = {
        Phase.AWAITING_PAYMENT: CancellationFee(),
        Phase.DISPATCHING: CancellationFee(),
        Phase.ACCEPTED: CancellationFee(share_bp=1_000, min_fen=1_000, max_fen=5_000, free_before_s=7_200),
        Phase.EN_ROUTE: CancellationFee(share_bp=2_000, min_fen=3_000, max_fen=10_000),
        Phase.ARRIVED: CancellationFee(share_bp=3_000, min_fen=3_000, max_fen=15_000),
    }

    @field_validator("by_phase")
    @classmethod
    def _says_it_for_every_phase(cls, by_phase: dict[Phase, CancellationFee]) -> dict[Phase, CancellationFee]:
        if wrong := sorted(set(by_phase) ^ CANCELLABLE):
            raise ValueError(f"missing, or never cancelled: {', '.join(wrong)}")
        return by_phase


class NoShow(Terms):
    """Nobody at the door. A customer who is reported absent is waited for wait_s, never less than that after the start;
    then fee is kept, and worker_share_bp of it is the worker's 空跑费.

    worker_grace_s: so long after arrive_by a worker has not come: points, and compensation_fen for the customer.
    max_compensation_fen: what staff may give of the platform's money. pay_within_s: so soon it has to be paid out.
    """

    wait_s: Seconds = 900
    fee: CancellationFee = CancellationFee(share_bp=3_000, min_fen=3_000, max_fen=15_000)
    worker_share_bp: BasisPoints = 8_000
    worker_grace_s: Seconds = 900
    points: int = Field(default=20, ge=0, le=100)
    compensation_fen: int = Field(default=3_000, ge=0, le=MOST_FEN)
    max_compensation_fen: int = Field(default=20_000, ge=0, le=MOST_FEN)
    pay_within_s: Seconds = 86_400


def cancellation_fee_fen(
    terms: Cancellation, *, phase: Phase, total_fen: int, until_start_s: float, paid: bool, late: bool
) -> int:
    """What the customer owes for cancelling: never more than the total, nothing while unpaid.

    until_start_s: seconds until the visit's start; negative once it is past. late: the worker is, which makes it free.
    """
    fee = terms.by_phase.get(phase)
    if not paid or late or fee is None or (fee.free_before_s is not None and until_start_s >= fee.free_before_s):
        return 0
    return fee_fen(fee, total_fen=total_fen, until_start_s=until_start_s)


def fee_fen(fee: CancellationFee, *, total_fen: int, until_start_s: float) -> int:
    """A line's fee, its free window aside."""
    reached = [tier for tier in fee.tiers if until_start_s >= tier.before_s]
    line = max(reached, key=lambda tier: tier.before_s, default=fee)
    bounded = min(max(total_fen * line.share_bp // 10_000, line.min_fen), line.max_fen)
    return min(bounded, total_fen)
