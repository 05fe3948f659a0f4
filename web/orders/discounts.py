"""What campaigns and a coupon take off a price: pure. Money is fen.

The lines of a price come in, and the same come out, each knowing its part of every discount, with a negative line for
each discount behind them. Who is asked twice for the same gets the same, in whatever order the campaigns come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from web.orders.pricing import ADD_ON, OPTION, Line
from web.orders.rivals import Rival, best_first
from web.orders.terms import MOST_FEN, BasisPoints, Fen, Terms

CAMPAIGN, COUPON, POINTS = "campaign:", "coupon:", "points"
"""What the rules of lines begin with that take something off."""

LEAST_FEN = 1
"""No discount leaves less to pay: a gateway takes no payment of nothing."""

SETS = 32
"""So many sets of campaigns that do not exclude each other are tried at most, the most promising first: more than there
are where each of three groups has two. Mostly one is, for it takes off what it promised.
"""

MOST_PRIORITY = 1_000_000

CHOSEN = ("service_price", OPTION, ADD_ON)
"""Rules of what a customer has chosen of a service, and not of what comes on top."""


class Threshold(Terms):
    """满 at_least_fen 减 off_fen."""

    at_least_fen: Fen = 0
    off_fen: Annotated[int, Field(gt=0, le=MOST_FEN)]


class Discount(Terms):
    """What is taken off, of what, and whom it is for; one of steps and off_bp.

    steps: 满减, the highest that is reached counts. off_bp: that share (8 折 is 2000; a fraction of a fen is the
    platform's), from at_least_fen on and never more than at_most_fen. covers: every line of the price, or what was
    chosen of the service. of: the price as it is, or what others have left of it (those of the rest come after those
    of the price, by priority).
    categories, services: slugs and ids, one of which has to fit; none for all. new_customers: who never paid an order,
    and of all campaigns for these he has only the one that is best for him.
    group: of all campaigns of one name the customer has only the one that is best for him. alone: no other campaign
    and no coupon beside it; with_coupon: or none but coupons. worker_bp: the part that the worker bears, and not the
    platform.
    """

    steps: tuple[Threshold, ...] = ()
    off_bp: BasisPoints = 0
    at_least_fen: Fen = 0
    at_most_fen: Annotated[int, Field(gt=0, le=MOST_FEN)] | None = None
    covers: Literal["all", "chosen"] = "all"
    of: Literal["price", "rest"] = "price"
    categories: tuple[str, ...] = ()
    services: tuple[int, ...] = ()
    new_customers: bool = False
    priority: Annotated[int, Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0
    group: Annotated[str, Field(max_length=30)] = ""
    alone: bool = False
    with_coupon: bool = True
    worker_bp: BasisPoints = 0

    @model_validator(mode="after")
    def _takes_off_in_one_way(self) -> Self:
        if bool(self.steps) == bool(self.off_bp):
            raise PydanticCustomError("not_one_way", "either steps or off_bp")
        begins = [step.at_least_fen for step in self.steps]
        for place, at_least in enumerate(begins):
            # Of what was stored several may have been held to the most.
            if (first := begins.index(at_least)) < place and at_least < MOST_FEN:
                places = {"first": first + 1, "second": place + 1}
                raise PydanticCustomError("steps_alike", "steps {first} and {second} begin at the same", places)
        if self.steps and (self.at_least_fen or self.at_most_fen):
            raise PydanticCustomError("bounds_beside_steps", "steps say themselves from where on, and how much")
        return self

    def odd_steps(self) -> list[tuple[str, int]]:
        """Those that can only be a mistake, by code and place from 1 on: over_threshold takes off more than one has to
        reach, not_more takes off no more than a step below it. What is in force may have some: only writing asks.
        """
        placed = list(enumerate(self.steps, 1))
        over = [("over_threshold", place) for place, step in placed if 0 < step.at_least_fen < step.off_fen]
        return over + [("not_more", place) for place, step in placed if self._gives_no_more(step)]

    def _gives_no_more(self, step: Threshold) -> bool:
        return any(one.at_least_fen < step.at_least_fen and one.off_fen >= step.off_fen for one in self.steps)

    def off_fen(self, base_fen: int) -> int:
        """What it takes off so much; 0 where it is too little."""
        reached = [step for step in self.steps if base_fen >= step.at_least_fen]
        if self.steps:
            return max(reached, key=lambda step: step.at_least_fen).off_fen if reached else 0
        off = base_fen * self.off_bp // 10_000 if base_fen >= self.at_least_fen else 0
        return min(off, self.at_most_fen or off)

    def does_cover(self, line: Line) -> bool:
        """Whether it can take something off that line."""
        return line.amount_fen > 0 and (self.covers == "all" or line.rule.startswith(CHOSEN))


@dataclass(frozen=True)
class Reduction:
    """A campaign's version, or one person's coupon. rule: as its line has it. city: where it holds, "" everywhere.
    left_fen: what is left of its budget; None without one.
    """

    id: int
    rule: str
    version: int
    name: str
    terms: Discount
    city: str = ""
    left_fen: int | None = None


@dataclass(frozen=True)
class Facts:
    """Of the order that is to be made. categories: slugs, from the service's own up to the root."""

    city: str
    service_id: int
    categories: Sequence[str]
    is_new: bool


def why_not(one: Reduction, lines: Sequence[Line], facts: Facts) -> str:
    """Why it does not fit: a stable code; "" where it does."""
    terms = one.terms
    if one.city not in ("", facts.city):
        return "other_city"
    scoped = bool(terms.services or terms.categories)
    if scoped and facts.service_id not in terms.services and not set(terms.categories) & set(facts.categories):
        return "other_service"
    if terms.new_customers and not facts.is_new:
        return "new_customers_only"
    # What is of the rest is looked at again when it comes to it.
    return "" if terms.off_fen(_base(terms, lines, [line.amount_fen for line in lines])) else "below_threshold"


def discounted(
    lines: Sequence[Line], facts: Facts, campaigns: Iterable[Reduction], coupon: Reduction | None = None
) -> list[Line]:
    """The lines of a price with what is taken off it. Of campaigns that exclude each other the customer has those that
    leave him least to pay (of as many sets of them as SETS), ties by id; one whose budget cannot carry it is none. A
    coupon that fits comes last, and whatever excludes it stands back.
    """
    fitting = sorted((one for one in campaigns if not why_not(one, lines, facts)), key=_order)
    asked = [coupon] if coupon and not why_not(coupon, lines, facts) else []
    if asked:
        fitting = [] if asked[0].terms.alone else [one for one in fitting if _bears_coupons(one)]
    together = _take_best(lines, [one for one in fitting if not one.terms.alone], asked)
    alone = [_take(lines, [one], asked) for one in fitting if one.terms.alone]
    return min([together, *alone], key=total_fen)


def total_fen(lines: Iterable[Line]) -> int:
    """Their sum."""
    return sum(line.amount_fen for line in lines)


def is_discount(rule: str) -> bool:
    """Whether a line of that rule takes something off for a campaign, a coupon or points."""
    return rule.startswith((CAMPAIGN, COUPON)) or rule == POINTS


def taken_off(lines: Sequence[Line], off: Line) -> list[Line]:
    """The lines with one more discount, already worked out (its amount negative), as far as it fits: none where it
    fits not at all. Part of it falls on every line, as it does for a discount of all of them.
    """
    wanted = -off.amount_fen
    fen = min(wanted, _room(lines, range(len(lines))))
    if fen <= 0:
        return list(lines)
    worker_fen = off.worker_fen * fen // wanted
    return _with(lines, range(len(lines)), replace(off, unit_price_fen=-fen, amount_fen=-fen, worker_fen=worker_fen))


def kept_on(lines: Sequence[Line], before: Iterable[Line]) -> list[Line]:
    """Lines that were priced anew, with the discounts among those of before, as far as they fit."""
    made = list(lines)
    for line in before:
        if is_discount(line.rule):
            made = taken_off(made, line)
    return made


def _order(one: Reduction) -> tuple[bool, int, int]:
    return one.terms.of == "rest", one.terms.priority, one.id


def _bears_coupons(one: Reduction) -> bool:
    return one.terms.with_coupon and not one.terms.alone


def _take_best(lines: Sequence[Line], fitting: Sequence[Reduction], last: Sequence[Reduction]) -> list[Line]:
    """Of what fits, the set that leaves least to pay."""
    rivals = [Rival(one.id, _most_fen(one, lines), one.terms.group, one.terms.new_customers) for one in fitting]
    whole_fen = total_fen(lines) - sum(_most_fen(one, lines) for one in last)
    best = list[Line]()
    for most_fen, ids in islice(best_first(rivals), SETS):
        # What is left can be no less than that.
        if best and max(whole_fen - most_fen, LEAST_FEN) >= total_fen(best):
            break
        made = _take(lines, [one for one in fitting if one.id in ids], last)
        best = made if not best or total_fen(made) < total_fen(best) else best
    return best


def _most_fen(one: Reduction, lines: Sequence[Line]) -> int:
    """It takes off no more, whatever others do; nothing where its budget is spent."""
    terms, amounts = one.terms, [line.amount_fen for line in lines]
    base_fen = _base(terms, lines, amounts)
    # Of the rest it may be less that it is reckoned from, and a lower step may take off more.
    reached = [step.off_fen for step in terms.steps if base_fen >= step.at_least_fen]
    most = max(reached) if reached and terms.of == "rest" else terms.off_fen(base_fen)
    most = min(most, _room(lines, [place for place, line in enumerate(lines) if terms.does_cover(line)]))
    return max(most if one.left_fen is None else min(most, one.left_fen), 0)


def _take(lines: Sequence[Line], hand: Iterable[Reduction], last: Iterable[Reduction]) -> list[Line]:
    made, price = list(lines), [line.amount_fen for line in lines]
    for one in (*hand, *last):
        terms, rest = one.terms, [line.amount_fen - line.discount_fen for line in made[: len(lines)]]
        covered = [place for place, line in enumerate(lines) if terms.does_cover(line)]
        wanted = terms.off_fen(_base(terms, lines, price if terms.of == "price" else rest))
        off = min(wanted, _room(made, covered))
        if off > 0 and (one.left_fen is None or off <= one.left_fen):
            line = Line(one.name, 1, -off, -off, one.rule, rule_version=one.version)
            made = _with(made, covered, replace(line, worker_fen=off * terms.worker_bp // 10_000))
    return made


def _base(terms: Discount, lines: Sequence[Line], amounts: Sequence[int]) -> int:
    """What it is reckoned from: of these amounts, one a line, those of the lines that it covers."""
    return sum(fen for line, fen in zip(lines, amounts, strict=True) if terms.does_cover(line))


def _net(line: Line) -> int:
    return max(line.amount_fen - line.discount_fen, 0)


def _room(lines: Sequence[Line], places: Iterable[int]) -> int:
    """What can still be taken off these lines."""
    return min(sum(_net(lines[place]) for place in places), total_fen(lines) - LEAST_FEN)


def _with(lines: Sequence[Line], places: Iterable[int], off: Line) -> list[Line]:
    """The discount as a line, its parts on the lines: pro rata of what is left of each, the last has the remainder."""
    made, whole, before, given = list(lines), sum(_net(lines[place]) for place in places), 0, 0
    for place in places:
        before += _net(lines[place])
        # Rounded from the start on: no line has more taken off than it has left.
        part = -off.amount_fen * before // whole - given
        given += part
        made[place] = replace(made[place], discount_fen=made[place].discount_fen + part)
    return [*made, off]
