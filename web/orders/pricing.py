"""What a visit costs and how long it takes: pure. The same lines are shown, stored with the order and posted.

Money is fen, durations seconds. Whoever is asked twice for the same gets the same lines.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from pydantic import field_validator

from web.catalog.content import COUNT, LONGEST_S, ONE, Choice, Content, Option
from web.errors import DoorbellError
from web.orders.surcharges import NO_DAYS, Hours, Surcharge
from web.orders.terms import Terms
from web.orders.visit_fee import VisitFee, kilometres

OPTION, ADD_ON = "option:", "add_on:"
"""What the rules of lines begin with that are the customer's choice."""

SURCHARGE = "surcharge:"
"""And of those for the time of the visit."""

VISIT_FEE, WAY, PICKED, NIGHT = "visit_fee", "visit_fee:way", "visit_fee:picked", "visit_fee:night"
"""The rules of what it costs that somebody comes: at all, from so far, that it is a certain one who comes from farther,
and at night.
"""


class Pricing(Terms):
    """What comes on top of what was chosen. version: of these terms, as the lines name it."""

    surcharges: tuple[Surcharge, ...] = ()
    visit_fee: VisitFee = VisitFee()
    version: int = 0

    @field_validator("surcharges")
    @classmethod
    def _has_each_once(cls, surcharges: tuple[Surcharge, ...]) -> tuple[Surcharge, ...]:
        if len({one.key for one in surcharges}) < len(surcharges):
            raise ValueError("a key is there twice")
        return surcharges

    @property
    def counts_holidays(self) -> bool:
        """Whether it matters which dates are holidays."""
        hours = [*self.surcharges, *([self.visit_fee.night] if self.visit_fee.night else [])]
        return any(one.days != "any" for one in hours)


NO_TERMS = Pricing()


@dataclass(frozen=True)
class Occasion:
    """What a price depends on beside the choice. None is what is not known yet: then nothing is added for it.

    starts_at: when the visit begins, UTC. off_days: the holidays around it. distance_m: how far the nearest comes who
    could do it; picked_m: how far he comes whom the customer has picked.
    """

    starts_at: datetime | None = None
    off_days: Set[date] = NO_DAYS
    distance_m: int | None = None
    picked_m: int | None = None

    def falls_in(self, hours: Hours) -> bool:
        """Whether the visit begins in those."""
        return self.starts_at is not None and hours.applies(self.starts_at, self.off_days)


NO_OCCASION = Occasion()

Answer = str | tuple[str, ...] | int
"""To an option: a choice's key, several of them, or a number."""


@dataclass(frozen=True)
class Chosen:
    """What a customer wants of a service. answers: by option's key. add_ons: how many, by item of the price list."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    add_ons: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Chosen":
        """From what an order keeps."""
        answers = {
            key: tuple(answer) if isinstance(answer, list) else answer
            for key, answer in data.get("answers", {}).items()
        }
        return cls(answers, {int(item): quantity for item, quantity in data.get("add_ons", {}).items()})

    def written(self) -> dict[str, Any]:
        """As an order keeps it: JSON, its keys sorted, {} for nothing."""
        answers = {key: list(said) if isinstance(said, tuple) else said for key, said in sorted(self.answers.items())}
        add_ons = {str(item): quantity for item, quantity in sorted(self.add_ons.items())}
        return {name: said for name, said in (("answers", answers), ("add_ons", add_ons)) if said}


@dataclass(frozen=True)
class Line:
    """One line of a price: amount = quantity × unit price. rule: where it comes from, and in which version of it.

    discount_fen: its part of what other lines take off. worker_fen: of a line that takes off, what the worker bears.
    """

    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    rule: str
    unit: str = ""
    rule_version: int = 0
    discount_fen: int = 0
    worker_fen: int = 0


@dataclass(frozen=True)
class Price:
    """The lines in the order they are shown; how long the visit takes, and how many come. occasion: what it was priced
    for.
    """

    lines: Sequence[Line]
    duration_s: int
    staff: int
    occasion: Occasion = NO_OCCASION

    @property
    def total_fen(self) -> int:
        """What is to be paid: the sum of the lines."""
        return sum(line.amount_fen for line in self.lines)

    def fen_of(self, *rules: str) -> int:
        """What the lines of these rules sum to."""
        return sum(line.amount_fen for line in self.lines if line.rule in rules)

    def paid_fen_of(self, *rules: str) -> int:
        """What is paid for them, their part of the discounts aside."""
        return self.fen_of(*rules) - sum(line.discount_fen for line in self.lines if line.rule in rules)

    def as_details(self) -> dict[str, Any]:
        """What a refusal for another price shows."""
        return {"lines": [asdict(line) for line in self.lines]}


@dataclass(frozen=True)
class _Part:
    """What one answer, or one add-on, comes to."""

    line: Line
    extra_s: int = 0
    staff: int = 0


def price(
    sold: Content, chosen: Chosen, *, version: int, terms: Pricing = NO_TERMS, occasion: Occasion = NO_OCCASION
) -> Price:
    """What is sold, as it was chosen. version: whose content it is.

    Raises DoorbellError option_missing, option_unknown, choice_unknown (details {option}), item_unknown,
    quantity_too_large (details {item_id}), visit_too_long.
    """
    parts = [*_answered(sold, chosen), *_added(sold, chosen)]
    first = Line(sold.name, 1, sold.price_fen, sold.price_fen, "service_price", rule_version=version)
    lines = [first, *(_of_version(part.line, version) for part in parts)]
    lines += _surcharges(terms, occasion, sum(line.amount_fen for line in lines))
    lines += _visit_fees(sold, version, terms, occasion)
    duration_s = sold.duration_s + sum(part.extra_s for part in parts)
    if duration_s > LONGEST_S:
        raise DoorbellError("visit_too_long")
    return Price(
        lines=lines,
        duration_s=duration_s,
        staff=sold.staff + sum(part.staff for part in parts),
        occasion=occasion,
    )


def _surcharges(terms: Pricing, occasion: Occasion, chosen_fen: int) -> Iterator[Line]:
    """Each of what was chosen, and none of another surcharge: their order does not matter."""
    for one in terms.surcharges:
        if occasion.falls_in(one):
            fen = chosen_fen * one.share_bp // 10_000 + one.fee_fen
            yield from _fee(one.name, fen, f"{SURCHARGE}{one.key}", terms.version)


def _visit_fees(sold: Content, version: int, terms: Pricing, occasion: Occasion) -> Iterator[Line]:
    fee = terms.visit_fee
    if fee.base_fen is None:
        yield from _fee("上门费", sold.visit_fee_fen, VISIT_FEE, version)
    else:
        yield from _fee("上门费", fee.base_fen, VISIT_FEE, terms.version)
    way_fen = 0 if occasion.distance_m is None else fee.way_fen(occasion.distance_m)
    yield from _fee(f"远途上门费（{_about(occasion.distance_m)}）", way_fen, WAY, terms.version)
    if occasion.picked_m is not None:
        # Apart from the way that anybody would come: it goes back where another one comes.
        more_fen = max(fee.way_fen(occasion.picked_m) - way_fen, 0)
        yield from _fee(f"指定服务人员路程差（{_about(occasion.picked_m)}）", more_fen, PICKED, terms.version)
    if fee.night and occasion.falls_in(fee.night):
        yield from _fee("夜间上门费", fee.night.fee_fen, NIGHT, terms.version)


def _about(distance_m: int | None) -> str:
    return f"约 {kilometres(distance_m or 0)} 公里"


def _fee(name: str, fen: int, rule: str, rule_version: int) -> Iterator[Line]:
    """A line, unless it costs nothing."""
    if fen:
        yield Line(name, 1, fen, fen, rule, rule_version=rule_version)


def _answered(sold: Content, chosen: Chosen) -> Iterator[_Part]:
    """In the order in which the options are asked."""
    asked = {option.key: option for option in sold.options}
    if unknown := sorted(set(chosen.answers) - set(asked)):
        raise DoorbellError("option_unknown", details={"option": unknown[0]})
    for option in sold.options:
        if option.key in chosen.answers:
            yield from _answer(option, chosen.answers[option.key])
        elif option.required:
            raise DoorbellError("option_missing", details={"option": option.key})


def _answer(option: Option, said: Answer) -> Iterator[_Part]:
    if option.kind == COUNT:
        yield _count(option, said)
        return
    keys = said if isinstance(said, tuple) else (said,)
    one_too_many = len(keys) > 1 and option.kind == ONE
    if one_too_many or len(set(keys)) < len(keys) or not {choice.key for choice in option.choices}.issuperset(keys):
        raise DoorbellError("choice_unknown", details={"option": option.key})
    if option.required and not keys:
        raise DoorbellError("option_missing", details={"option": option.key})
    yield from (_choice(option, choice) for choice in option.choices if choice.key in keys)


def _choice(option: Option, choice: Choice) -> _Part:
    """Shown even where it costs nothing: the worker reads it."""
    name = f"{option.name}：{choice.name}"
    line = Line(name, 1, choice.price_fen, choice.price_fen, f"{OPTION}{option.key}")
    return _Part(line, choice.extra_s, choice.staff)


def _count(option: Option, said: Answer) -> _Part:
    if not isinstance(said, int) or not option.least <= said <= option.most:
        raise DoorbellError("choice_unknown", details={"option": option.key})
    beyond = max(said - option.included, 0)
    name = f"{option.name}：{said}{option.unit}" + (f"（含 {option.included}{option.unit}）" if option.included else "")
    rule = f"{OPTION}{option.key}"
    if beyond == 0:
        return _Part(Line(name, 1, 0, 0, rule))
    line = Line(name, beyond, option.price_fen, option.price_fen * beyond, rule, option.unit)
    return _Part(line, option.extra_s * beyond)


def _added(sold: Content, chosen: Chosen) -> Iterator[_Part]:
    """In the price list's order."""
    listed = {item.item_id for item in sold.add_ons}
    if unknown := sorted(set(chosen.add_ons) - listed):
        raise DoorbellError("item_unknown", details={"item_id": unknown[0]})
    for item in sold.add_ons:
        quantity = chosen.add_ons.get(item.item_id, 0)
        if quantity > item.max_quantity:
            raise DoorbellError("quantity_too_large", details={"item_id": item.item_id, "left": item.max_quantity})
        if quantity > 0:
            line = Line(
                item.name, quantity, item.price_fen, item.price_fen * quantity, f"{ADD_ON}{item.item_id}", item.unit
            )
            yield _Part(line, item.extra_s * quantity)


def _of_version(line: Line, version: int) -> Line:
    return replace(line, rule_version=version)
