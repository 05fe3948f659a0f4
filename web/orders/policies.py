"""The terms an order is bought under: typed, with defaults, overridden by `Policy` rows, snapshotted on the order.

Durations are seconds, distances metres, money fen, shares basis points (1/10000). The product knows no "demo speed":
a demo simply writes shorter durations into its policy rows.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from web.orders.fees import Cancellation, NoShow
from web.orders.pricing import Pricing
from web.orders.terms import MOST_FEN, MOST_M, YEAR_S, BasisPoints, Seconds, Terms
from workflows.transitions import EXCEPTION_TYPES

Weight = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]


class Booking(Terms):
    """What may be booked: grid of the slots, notice, horizon, and the time kept free after a job.

    holidays: closed, and nobody works on the days that the table of holidays has off (unless his own plan names the
    date), and 调休 workdays have the hours that it says; open, and the table does not count.
    """

    slot_step_s: float = Field(default=1800, ge=1, le=86_400)
    min_notice_s: float = Field(default=3600, ge=0, le=YEAR_S)
    horizon_s: Seconds = 14 * 86400
    buffer_s: float = Field(default=900, ge=0, le=YEAR_S)
    holidays: Literal["open", "closed"] = "open"


class Travel(Terms):
    """The default router: straight line × detour at a speed (metres per second).

    speeds_mps: that of some hours of the day (0 to 23, Asia/Shanghai; the hour in which the way ends); speed_mps is
    that of the others.
    """

    detour: float = Field(default=1.35, ge=1, le=10)
    speed_mps: float = Field(default=5.5, gt=0, le=10_000)
    speeds_mps: dict[Annotated[int, Field(ge=0, le=23)], Annotated[float, Field(gt=0, le=10_000)]] = {}

    def speed_at(self, hour: int) -> float:
        """Metres per second in that hour of the day."""
        return self.speeds_mps.get(hour, self.speed_mps)


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
    an order that has nobody so short before its start is shown to the board. escalate_s: so long a dispatcher, who took
    an alarm, has for it before it is the manager's. picked_s: so long, and no longer than a quarter of the time until
    the visit, has he whom the customer picked, where others have less.
    """

    mode: Literal["offer", "grab", "manual"] = "offer"
    offer_s: Seconds = 60
    grab_k: int = Field(default=5, gt=0, le=500)
    grab_s: Seconds = 30
    away_factor: float = Field(default=3, ge=1, le=100)
    max_offers: int = Field(default=5, gt=0, le=1_000)
    retry_s: Seconds = 60
    w_travel: Weight = 40
    w_rating: Weight = 25
    w_fairness: Weight = 25
    w_held: Weight = 10
    w_skill: Weight = 10
    w_kept: Weight = 15
    w_newcomer: Weight = 10
    w_favourite: Weight = 30
    w_returning: Weight = 200
    w_picked: Weight = 200
    picked_s: Seconds = 1800
    max_travel_s: Seconds = 7200
    fair_income_fen: int = Field(default=200_000, gt=0, le=MOST_FEN)
    rating_prior: float = Field(default=4.6, ge=0, le=5)
    rating_prior_count: int = Field(default=10, ge=0, le=10_000)
    kept_prior: float = Field(default=0.95, ge=0, le=1)
    kept_prior_count: int = Field(default=10, gt=0, le=10_000)
    newcomer_jobs: int = Field(default=20, gt=0, le=10_000)
    alarm_again_s: Seconds = 120
    escalate_s: Seconds = 600
    unassigned_lead_s: float = Field(default=7200, ge=0, le=YEAR_S)


class Visit(Terms):
    """On the road and at the door: grace before an alarm, the radius of "arrived", tries of the start code.

    depart_early_s: so much before he would have to leave may a worker set out. Cancelling costs more from then on, so
    it is not his to choose. position_fresh_s: an older position does not say where he is at arrival.
    start_within_s: so long after arrival and start the service has begun; overrun_s: so much longer than planned it may
    last, before people look.
    """

    depart_early_s: float = Field(default=7200, ge=0, le=YEAR_S)
    depart_grace_s: float = Field(default=600, ge=-YEAR_S, le=YEAR_S)
    arrive_grace_s: float = Field(default=600, ge=-YEAR_S, le=YEAR_S)
    arrive_radius_m: float = Field(default=300, ge=0, le=MOST_M)
    position_fresh_s: Seconds = 600
    start_code_tries: int = Field(default=5, gt=0, le=100)
    silent_after_s: Seconds = 300
    start_within_s: Seconds = 1800
    overrun_s: Seconds = 3600


class Completion(Terms):
    """After the work: when silence confirms it, and how long the order stays open for a review."""

    autoconfirm_s: Seconds = 86_400
    review_s: Seconds = 7 * 86_400


class AfterSales(Terms):
    """售后: how long the platform may take to answer a claim before the board is alarmed anew."""

    answer_s: Seconds = 86_400


class Warranty(Terms):
    """保修返工: so long after the customer, or his silence, said that the work is done a return visit may be free
    (window_s; null: as long as it may be complained about; longer keeps the order open so long).

    rework_pay_fen: what the platform pays for a free one to a worker who does not make good his own work. pay_s: so
    long a customer has to pay for one that is not free, and never longer than until it starts.
    """

    window_s: float | None = Field(default=None, ge=0, le=YEAR_S)
    rework_pay_fen: int = Field(default=5_000, ge=0, le=MOST_FEN)
    pay_s: Seconds = 86_400


class Reassign(Terms):
    """改派: handing an order back is free until free_before_s before its visit, later and on the way it costs points.

    give_up_s: so long after he should have left the order is taken to be his no more. decide_s: a dispatcher who has to
    decide has so long.
    """

    free_before_s: float = Field(default=7200, ge=0, le=YEAR_S)
    late_points: int = Field(default=5, ge=0, le=100)
    en_route_points: int = Field(default=10, ge=0, le=100)
    not_departed_points: int = Field(default=10, ge=0, le=100)
    taken_off_points: int = Field(default=10, ge=0, le=100)
    give_up_s: Seconds = 900
    decide_s: Seconds = 600


class Rescheduling(Terms):
    """改约: so long before its start (free_before_s) a visit's customer may move it, max_moves times in all; later only
    max_late_moves times, and what cancelling costs then it costs after the move too. answer_s: so long a customer has
    to answer his worker, who asks for another time.
    """

    answer_s: Seconds = 3_600
    free_before_s: float = Field(default=7_200, ge=0, le=YEAR_S)
    max_moves: int = Field(default=3, ge=0, le=100)
    max_late_moves: int = Field(default=1, ge=0, le=100)


class Exceptions(Terms):
    """异常: within so long it is answered (else the manager is alarmed) and solved (he again); after decide_s what
    defaults says happens to the types it names, and for all others it is waited for people. Where nobody can be sent in
    another's place (there is none, or he is through), it goes on.
    """

    answer_s: Seconds = 300
    solve_s: Seconds = 3600
    decide_s: Seconds = 7200
    defaults: dict[str, Literal["continue", "send_somebody_else"]] = {
        "worker_unwell": "send_somebody_else",
        "vehicle": "send_somebody_else",
        "customer_absent": "continue",
        "address_wrong": "continue",
        "scope_larger": "continue",
        "other": "continue",
    }

    @field_validator("defaults")
    @classmethod
    def _names_types(cls, defaults: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(defaults) - set(EXCEPTION_TYPES)):
            raise ValueError(f"no such types: {', '.join(unknown)}")
        return defaults


class Conversation(Terms):
    """How long after the end of the visit its people may still write to each other."""

    open_after_s: float = Field(default=86_400, ge=0, le=YEAR_S)


class Supplement(Terms):
    """补差价: so long a customer has to answer, and then to pay. max_free_fen: a line that no price list has."""

    answer_s: Seconds = 900
    pay_s: Seconds = 900
    max_free_fen: int = Field(default=50_000, ge=0, le=MOST_FEN)


class Commission(Terms):
    """The platform's part of a finished order: of any worker, and of one whose level ("1" to "5") in what the order
    asks for has a part of its own.

    frozen_s: so long after the settlement the worker's earning is kept: what is complained about until then need not
    be fetched back from him.
    """

    platform_bp: BasisPoints = 2_000
    by_level: dict[Literal["1", "2", "3", "4", "5"], BasisPoints] = {}
    frozen_s: float = Field(default=0, ge=0, le=YEAR_S)

    def bp_for(self, level: int = 0) -> int:
        """Basis points of the price that are the platform's. level: the worker's; 0 for one without."""
        return next((bp for named, bp in self.by_level.items() if named == str(level)), self.platform_bp)


class Withdrawal(Terms):
    """What a worker may ask for: at least so much at once, at most so much in a day of Asia/Shanghai.

    quiet_s: so long a payout that its channel does not take is tried before people are shown it. review_s: so long a
    dispatcher has to review one before it is the manager's.
    """

    min_fen: int = Field(default=1_000, ge=1, le=MOST_FEN)
    daily_fen: int = Field(default=500_000, ge=0, le=MOST_FEN)
    quiet_s: Seconds = 60
    review_s: Seconds = 86_400


class Tipping(Terms):
    """What a customer may give his worker on top, and how long he has to pay it."""

    min_fen: int = Field(default=100, ge=1, le=MOST_FEN)
    max_fen: int = Field(default=50_000, ge=1, le=MOST_FEN)
    window_s: Seconds = 900


class Policies(Terms):
    """All terms of one order. `web.orders.selectors.policies_for` builds it from the rows."""

    booking: Booking = Booking()
    travel: Travel = Travel()
    payment: Payment = Payment()
    dispatch: Dispatch = Dispatch()
    visit: Visit = Visit()
    completion: Completion = Completion()
    after_sales: AfterSales = AfterSales()
    warranty: Warranty = Warranty()
    cancellation: Cancellation = Cancellation()
    commission: Commission = Commission()
    reassign: Reassign = Reassign()
    rescheduling: Rescheduling = Rescheduling()
    exceptions: Exceptions = Exceptions()
    conversation: Conversation = Conversation()
    no_show: NoShow = NoShow()
    supplement: Supplement = Supplement()
    withdrawal: Withdrawal = Withdrawal()
    tipping: Tipping = Tipping()
    pricing: Pricing = Pricing()


KINDS: tuple[str, ...] = tuple(Policies.model_fields)
