"""What a city's points are worth: its terms, and the arithmetic of them. Pure."""

import calendar
from datetime import date, datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from web.orders.discounts import LEAST_FEN
from web.orders.terms import BasisPoints, Terms
from web.times import SHANGHAI, midnight

FEN_PER_YUAN = 100


class Points(Terms):
    """The rules of a city; without a row of its own, and without one for all cities, there are no points.

    per_yuan: so many points are worth a yuan. earn_bp: the part of the money paid that comes back as points, earn_max
    points an order at most. review: points for a review.
    spend_bp: so much of a total may be paid with points (0: none), spend_step points at a time.
    months: so long points are good, to the end of that day. grace_days: points that come back after their time are good
    for so many days more (0: they have lapsed). remind_days: so many before they lapse their owner is told; 0: never.
    """

    per_yuan: int = Field(default=100, ge=1, le=10_000)
    earn_bp: BasisPoints = 0
    earn_max: int = Field(default=2_000, ge=0, le=1_000_000)
    review: int = Field(default=0, ge=0, le=10_000)
    spend_bp: BasisPoints = 0
    spend_step: int = Field(default=100, ge=1, le=100_000)
    months: int = Field(default=12, ge=1, le=120)
    grace_days: int = Field(default=0, ge=0, le=365)
    remind_days: int = Field(default=7, ge=0, le=90)

    @model_validator(mode="after")
    def _a_step_is_whole_fen(self) -> Self:
        if self.spend_step * FEN_PER_YUAN % self.per_yuan:
            raise ValueError("spend_step is worth no whole number of fen")
        return self

    def earned_for(self, paid_fen: int) -> int:
        """Points for so much money, rounded down."""
        return min(paid_fen * self.earn_bp * self.per_yuan // (10_000 * FEN_PER_YUAN), self.earn_max)

    def worth_fen(self, points: int) -> int:
        """Fen that so many points pay, rounded down: whole steps are worth whole fen."""
        return points * FEN_PER_YUAN // self.per_yuan

    def most_for(self, total_fen: int, *, balance: int) -> int:
        """The most points that somebody with that balance can spend on a total: whole steps."""
        # Something is left to pay: a gateway takes no payment of nothing.
        fen = max(min(total_fen * self.spend_bp // 10_000, total_fen - LEAST_FEN), 0)
        allowed = fen * self.per_yuan // FEN_PER_YUAN
        return min(allowed, max(balance, 0)) // self.spend_step * self.spend_step

    def good_until(self, now: datetime) -> datetime:
        """When points lapse that somebody gets now: when the day of the month, `months` on, is over in Shanghai."""
        return midnight(months_on(now.astimezone(SHANGHAI).date(), self.months) + timedelta(days=1))


def months_on(day: date, months: int) -> date:
    """The same day of the month, so many months later, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def part_of(points: int, *, gone_fen: int, of_fen: int) -> int:
    """Pro rata: so many of these points go with that part of the money, rounded down; all of them with all of it."""
    return points if gone_fen >= of_fen else points * max(gone_fen, 0) // of_fen
