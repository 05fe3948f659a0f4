"""The 40 orders: what their people do, and what must have become of each at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

PRICE_FEN, VISIT_FEE_FEN = 19900, 1000
TOTAL_FEN = PRICE_FEN + VISIT_FEE_FEN
STEPS = 2

PLAIN, SILENT, UNPAID, HASTY, LATE, BY_HAND = "cleaning", "laundry", "haircut", "window", "tuina", "repair"
"""Skills, each with one service: ordinary; confirmed by silence soon; to be paid soon; offers lapse soon; workers come
on duty late; workers never come on duty.
"""


@dataclass(frozen=True)
class Crew:
    """Workers number `first` to `last` with these skills."""

    first: int
    last: int
    skills: tuple[str, ...]
    on_duty: bool = True


# More workers than orders in flight: a refusal or a lapse always finds the next one.
CREWS = (
    Crew(1, 10, (PLAIN, SILENT, UNPAID)),
    Crew(11, 15, (HASTY,)),
    Crew(16, 17, (LATE,), on_duty=False),
    Crew(18, 19, (BY_HAND,), on_duty=False),
)
CUSTOMERS = 10
DISPATCHERS = ("dispatcher", "dispatcher-2")

# Long where a script does not wait for it: a stall or a slow machine must not change a story.
TERMS: dict[str, dict[str, object]] = {
    "payment": {"window_s": 60},
    "dispatch": {"offer_s": 30, "retry_s": 1, "max_offers": 5},
    "completion": {"autoconfirm_s": 60, "review_s": 1},
}
TERMS_OF: dict[str, dict[str, dict[str, object]]] = {
    SILENT: {"completion": {"autoconfirm_s": 3, "review_s": 1}},
    HASTY: {"dispatch": {"offer_s": 5, "retry_s": 1, "max_offers": 5}},
    UNPAID: {"payment": {"window_s": 8}},
}

VISIT = ("depart", "arrive", "start", *(f"steps/{number}" for number in range(1, STEPS + 1)), "finish")
PAID = ("placed", "paid")
SERVED = ("departed", "arrived", "started", *["step_done"] * STEPS, "finished", "completed", "settled", "closed")
GIVEN_BACK = ("cancelled", "refunded", "closed")


def earned(fee_fen: int, *, worker_bp: int) -> dict[str, int]:
    """The order's balances when its customer has paid `fee_fen` for good: debit positive, credit negative."""
    worker_part = fee_fen * worker_bp // 10_000
    return {"cash": fee_fen, "worker_payable": -worker_part, "fees": worker_part - fee_fen}


COMMISSION_FEN = TOTAL_FEN * 2_000 // 10_000
SETTLED = {"cash": TOTAL_FEN, "worker_payable": COMMISSION_FEN - TOTAL_FEN, "commission": -COMMISSION_FEN}


@dataclass(frozen=True)
class Script:
    """One fate. answers: what the workers it is offered to do, one after the other. cancels_at: the customer cancels
    when he hears of this event. books: non-zero balances of the order's own postings, fen by kind of account.
    """

    name: str
    timeline: tuple[str, ...]
    phase: str = "COMPLETED"
    books: Mapping[str, int] = field(default_factory=lambda: SETTLED)
    skill: str = PLAIN
    payment: str = "paid"
    answers: tuple[str, ...] = ("accept",)
    visit: tuple[str, ...] = VISIT
    cancels_at: str = ""
    confirms: bool = True


FATES: tuple[tuple[int, Script], ...] = (
    (9, Script("confirmed", (*PAID, "offered", "accepted", *SERVED))),
    (6, Script("confirmed by silence", (*PAID, "offered", "accepted", *SERVED), skill=SILENT, confirms=False)),
    (
        4,
        Script(
            "refused twice",
            (*PAID, *["offered", "refused"] * 2, "offered", "accepted", *SERVED),
            answers=("refuse", "refuse", "accept"),
        ),
    ),
    (
        4,
        Script(
            "lapsed twice",
            (*PAID, *["offered", "lapsed"] * 2, "offered", "accepted", *SERVED),
            skill=HASTY,
            answers=("ignore", "ignore", "accept"),
        ),
    ),
    (4, Script("nobody until later", (*PAID, "exhausted", "offered", "accepted", *SERVED), skill=LATE)),
    (3, Script("assigned by hand", (*PAID, "exhausted", "assigned", *SERVED), skill=BY_HAND)),
    (
        2,
        Script(
            "cancelled before payment",
            ("placed", "cancelled", "closed"),
            phase="CANCELLED",
            books={},
            payment="none",
            cancels_at="placed",
        ),
    ),
    (
        3,
        Script(
            "cancelled before acceptance",
            (*PAID, "offered", *GIVEN_BACK),
            phase="CANCELLED",
            books={},
            answers=("ignore",),
            cancels_at="offered",
        ),
    ),
    (
        2,
        Script(
            "cancelled after acceptance",
            (*PAID, "offered", "accepted", *GIVEN_BACK),
            phase="CANCELLED",
            books=earned(TOTAL_FEN // 10, worker_bp=8_000),
            visit=(),
            cancels_at="accepted",
        ),
    ),
    (
        1,
        Script(
            "cancelled on the way",
            (*PAID, "offered", "accepted", "departed", *GIVEN_BACK),
            phase="CANCELLED",
            books=earned(TOTAL_FEN // 5, worker_bp=8_000),
            visit=("depart",),
            cancels_at="departed",
        ),
    ),
    (
        1,
        Script(
            "never pays",
            ("placed", "payment_lapsed", "closed"),
            phase="CANCELLED",
            books={},
            skill=UNPAID,
            payment="none",
        ),
    ),
    (
        1,
        Script(
            "turns round at the cashier",
            ("placed", "payment_lapsed", "closed"),
            phase="CANCELLED",
            books={},
            skill=UNPAID,
            payment="opened",
        ),
    ),
)


def all_scripts(*, seed: int = 3) -> list[Script]:
    """Every order's script, in the order of their start: mixed, and the same in every run."""
    scripts = [script for count, script in FATES for _ in range(count)]
    Random(seed).shuffle(scripts)
    # Long stories begin sooner, so that none has to be waited for alone.
    early = [place * (0.7 if script.skill in (HASTY, LATE) else 1.0) for place, script in enumerate(scripts)]
    return [scripts[place] for place in sorted(range(len(scripts)), key=early.__getitem__)]
