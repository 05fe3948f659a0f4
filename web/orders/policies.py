"""The terms an order is bought under: typed, with defaults, overridden by `Policy` rows, snapshotted on the order.

Durations are seconds, distances metres, money fen, shares basis points (1/10000). The product knows no "demo speed":
a demo simply writes shorter durations into its policy rows.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workflows.transitions import TABLE, Move, Phase

Seconds = Annotated[float, Field(gt=0)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]

CANCELLABLE = frozenset(rule.phase for rule in TABLE if rule.move is Move.CANCEL)
"""Phases that a customer may cancel in."""


class Terms(BaseModel):
    """Base of all: an unknown key is an operator's typing error and fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Booking(Terms):
    """What may be booked: grid of the slots, notice, horizon, and the time kept free after a job."""

    slot_step_s: Seconds = 1800
    min_notice_s: float = 3600
    horizon_s: Seconds = 14 * 86400
    buffer_s: float = 900


class Travel(Terms):
    """The default router: straight line × detour at a speed (metres per second)."""

    detour: float = Field(default=1.35, ge=1)
    speed_mps: float = Field(default=5.5, gt=0)


class Payment(Terms):
    """How long a customer has to pay; the slot is held as long.

    refund_quiet_s: so long a refund that its gateway does not take is tried before people are shown it.
    """

    window_s: Seconds = 900
    refund_quiet_s: Seconds = 60


class Dispatch(Terms):
    """派单 (offer: one worker at a time), 抢单 (grab: the grab_k best at once, the first has it), or by hand (manual).

    offer_s, grab_s: the time a worker has to answer. max_offers: so many offers make a round; in a grab one call does.
    retry_s: when a round starts again. away_factor: so many times longer has who is 后台, whom a message must fetch.
    weights: points a term can bring; they are data, so an operator tunes a city without a release. unassigned_lead_s:
    an order that has nobody so short before its start is shown to the board.
    """

    mode: Literal["offer", "grab", "manual"] = "offer"
    offer_s: Seconds = 60
    grab_k: int = Field(default=5, gt=0, le=500)
    grab_s: Seconds = 30
    away_factor: float = Field(default=3, ge=1)
    max_offers: int = Field(default=5, gt=0)
    retry_s: Seconds = 60
    w_travel: float = 40
    w_rating: float = 25
    w_fairness: float = 25
    w_held: float = 10
    w_skill: float = 10
    w_kept: float = 15
    w_newcomer: float = 10
    w_favourite: float = 30
    max_travel_s: Seconds = 7200
    fair_income_fen: int = Field(default=200_000, gt=0)
    rating_prior: float = 4.6
    rating_prior_count: int = 10
    kept_prior: float = Field(default=0.95, ge=0, le=1)
    kept_prior_count: int = Field(default=10, gt=0)
    newcomer_jobs: int = Field(default=20, gt=0)
    alarm_again_s: Seconds = 120
    unassigned_lead_s: float = Field(default=7200, ge=0)


class Visit(Terms):
    """On the road and at the door: grace before an alarm, the radius of "arrived", tries of the start code.

    depart_early_s: so much before he would have to leave may a worker set out. Cancelling costs more from then on, so
    it is not his to choose. position_fresh_s: an older position does not say where he is at arrival.
    """

    depart_early_s: float = Field(default=7200, ge=0)
    depart_grace_s: float = 600
    arrive_grace_s: float = 600
    arrive_radius_m: float = 300
    position_fresh_s: Seconds = 600
    start_code_tries: int = Field(default=5, gt=0)
    silent_after_s: Seconds = 300


class Completion(Terms):
    """After the work: when silence confirms it, and how long the order stays open for a review."""

    autoconfirm_s: Seconds = 86_400
    review_s: Seconds = 7 * 86_400


class CancellationFee(Terms):
    """A line of the cancellation table: a share of the total, at least and at most so much.

    free_before_s: no fee when the visit is still that far ahead.
    """

    share_bp: BasisPoints = 0
    min_fen: int = Field(default=0, ge=0)
    max_fen: int = Field(default=10_000_000, ge=0)
    free_before_s: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _min_is_below_max(self) -> Self:
        if self.min_fen > self.max_fen:
            raise ValueError("min_fen is above max_fen")
        return self


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


class Commission(Terms):
    """The platform's part of a finished order."""

    platform_bp: BasisPoints = 2_000


class Policies(Terms):
    """All terms of one order. `web.orders.selectors.policies_for` builds it from the rows."""

    booking: Booking = Booking()
    travel: Travel = Travel()
    payment: Payment = Payment()
    dispatch: Dispatch = Dispatch()
    visit: Visit = Visit()
    completion: Completion = Completion()
    cancellation: Cancellation = Cancellation()
    commission: Commission = Commission()


KINDS: tuple[str, ...] = tuple(Policies.model_fields)


def cancellation_fee_fen(
    policies: Policies, *, phase: Phase, total_fen: int, until_start_s: float, paid: bool, late: bool
) -> int:
    """What the customer owes for cancelling: never more than the total, nothing while unpaid.

    until_start_s: seconds until the visit's start; negative once it is past. late: the worker is, which makes it free.
    """
    fee = policies.cancellation.by_phase.get(phase)
    if not paid or late or fee is None or (fee.free_before_s is not None and until_start_s >= fee.free_before_s):
        return 0
    bounded = min(max(total_fen * fee.share_bp // 10_000, fee.min_fen), fee.max_fen)
    return min(bounded, total_fen)
