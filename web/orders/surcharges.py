"""加价 for the time of a visit: pure. Times of day are Asia/Shanghai, money fen."""

from collections.abc import Set
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from web.orders.terms import BasisPoints, Fen, Terms
from web.times import SHANGHAI

NO_DAYS: Set[date] = frozenset()


class Hours(Terms):
    """Visits that start from from_s until until_s after midnight in Shanghai (over midnight where until_s is not
    later), of certain dates: those on which that time begins.

    weekdays: 0 for Monday; none for all. days: holidays, only those that the table of holidays has off (调休 workdays
    are none); ordinary, all others; any, and the table does not count.
    """

    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = ()
    days: Literal["any", "holidays", "ordinary"] = "any"
    from_s: Annotated[int, Field(ge=0, lt=86_400)] = 0
    until_s: Annotated[int, Field(gt=0, le=86_400)] = 86_400

    def applies(self, starts_at: datetime, off_days: Set[date] = NO_DAYS) -> bool:
        """To a visit that starts then (UTC). off_days: what the table has off, the day before the visit included."""
        here = starts_at.astimezone(SHANGHAI)
        second, began_on = here.hour * 3_600 + here.minute * 60 + here.second, here.date()
        inside = self.from_s <= second < self.until_s
        if self.until_s <= self.from_s:
            inside = second >= self.from_s or second < self.until_s
            # Who comes at two at night comes in the night of the day before.
            began_on -= timedelta(days=1 if second < self.until_s else 0)
        if not inside or (self.weekdays and began_on.weekday() not in self.weekdays):
            return False
        return self.days == "any" or (self.days == "holidays") == (began_on in off_days)


class Surcharge(Hours):
    """Of what was chosen share_bp (a fraction of a fen is the customer's), and fee_fen.

    key: in its line's rule; name: as the line is called.
    """

    key: Annotated[str, Field(pattern=r"^[-a-z0-9_]{1,30}$")]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    share_bp: BasisPoints = 0
    fee_fen: Fen = 0
