"""What a visit costs and how long it takes: pure. The same lines are shown, stored with the order and posted.

Money is fen, durations seconds. Whoever is asked twice for the same gets the same lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, field_validator

from web.catalog.content import COUNT, ONE, Choice, Content, Option
from web.errors import DoorbellError
from web.orders.terms import BasisPoints, Terms
from web.times import SHANGHAI

LONGEST_S = 86_400
"""No visit is longer: a worker's neighbouring jobs are looked for within a day (`web.scheduling.fit`)."""

OPTION, ADD_ON = "option:", "add_on:"
"""What the rules of lines begin with that are the customer's choice."""

SURCHARGE = "surcharge:"
"""And of those for the time of the visit."""


class Surcharge(Terms):
    """加价 for a visit that starts from from_s until until_s after midnight in Shanghai (over midnight where until_s is
    not later): share_bp of what was chosen (a fraction of a fen is the customer's), and fee_fen.

    key: in its line's rule; name: as the line is called. weekdays: on which it begins, 0 for Monday; none for all.
    """

    key: Annotated[str, Field(pattern=r"^[-a-z0-9_]{1,30}$")]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = ()
    from_s: Annotated[int, Field(ge=0, lt=86_400)] = 0
    until_s: Annotated[int, Field(gt=0, le=86_400)] = 86_400
    share_bp: BasisPoints = 0
    fee_fen: Annotated[int, Field(ge=0)] = 0

    def applies(self, starts_at: datetime) -> bool:
        """To a visit that starts then (UTC)."""
        here = starts_at.astimezone(SHANGHAI)
        second, began_on = here.hour * 3_600 + here.minute * 60 + here.second, here.weekday()
        inside = self.from_s <= second < self.until_s
        if self.until_s <= self.from_s:
            inside = second >= self.from_s or second < self.until_s
            # Who comes at two at night comes in the night of the day before.
            began_on = (began_on - 1) % 7 if second < self.until_s else began_on
        return inside and (not self.weekdays or began_on in self.weekdays)


class Pricing(Terms):
    """What comes on top of what was chosen. version: of these terms, as the lines name it."""

    surcharges: tuple[Surcharge, ...] = ()
    version: int = 0

    @field_validator("surcharges")
    @classmethod
    def _has_each_once(cls, surcharges: tuple[Surcharge, ...]) -> tuple[Surcharge, ...]:
        if len({one.key for one in surcharges}) < len(surcharges):
            raise ValueError("a key is there twice")
        return surcharges


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
    """One line of a price: amount = quantity × unit price. rule: where it comes from, and in which version of it."""

    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    rule: str
    unit: str = ""
    rule_version: int = 0


@dataclass(frozen=True)
class Price:
    """The lines in the order they are shown; how long the visit takes, and how many come."""

    lines: Sequence[Line]
    duration_s: int
    staff: int

    @property
    def total_fen(self) -> int:
        """What is to be paid: the sum of the lines."""
        return sum(line.amount_fen for line in self.lines)

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
    sold: Content, chosen: Chosen, *, version: int, terms: Pricing | None = None, starts_at: datetime | None = None
) -> Price:
    """What is sold, as it was chosen. version: whose content it is. starts_at: when the visit begins, UTC; without it
    nothing is added for the time.

    Raises DoorbellError option_missing, option_unknown, choice_unknown (details {option}), item_unknown,
    quantity_too_large (details {item_id}), visit_too_long.
    """
    parts = [*_answered(sold, chosen), *_added(sold, chosen)]
    first = Line(sold.name, 1, sold.price_fen, sold.price_fen, "service_price", rule_version=version)
    lines = [first, *(_of_version(part.line, version) for part in parts)]
    if terms and starts_at:
        lines += _surcharges(terms, starts_at, sum(line.amount_fen for line in lines))
    if sold.visit_fee_fen:
        lines.append(Line("上门费", 1, sold.visit_fee_fen, sold.visit_fee_fen, "visit_fee", rule_version=version))
    duration_s = sold.duration_s + sum(part.extra_s for part in parts)
    if duration_s > LONGEST_S:
        raise DoorbellError("visit_too_long")
    return Price(
        lines=lines,
        duration_s=duration_s,
        staff=sold.staff + sum(part.staff for part in parts),
    )


def _surcharges(terms: Pricing, starts_at: datetime, chosen_fen: int) -> list[Line]:
    """Each of what was chosen, and none of another surcharge: their order does not matter."""
    lines = []
    for one in terms.surcharges:
        fen = chosen_fen * one.share_bp // 10_000 + one.fee_fen
        if fen and one.applies(starts_at):
            lines.append(Line(one.name, 1, fen, fen, f"{SURCHARGE}{one.key}", rule_version=terms.version))
    return lines


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
