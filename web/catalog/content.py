"""A service as it is sold: what a version keeps, and what an order has bought. Prices are fen, durations seconds.

Plain values without a database, so that a price can be worked out, and tried, without one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from web.catalog import bounds

STRICT = ConfigDict(extra="forbid")

LONGEST_S = 86_400
"""No visit is longer: a worker's neighbouring jobs are looked for within a day (`web.scheduling.fit`)."""

ONE, SOME, COUNT = "one", "some", "count"
KINDS = {ONE: "单选", SOME: "多选", COUNT: "数量"}


@dataclass(frozen=True, config=STRICT)
class Step:
    """One step of a service's flow, and the standard it is held to."""

    name: str
    standard: str = ""


@dataclass(frozen=True, config=STRICT)
class Choice:
    """An answer to an option: price_fen is added to the service's (or taken off), extra_s to its duration, staff to
    those who come.
    """

    key: str
    name: str
    price_fen: int = 0
    extra_s: int = 0
    staff: int = 0


@dataclass(frozen=True, config=STRICT)
class Option:
    """What a customer is asked before he books: one of the choices, some of them, or how many.

    Of a count `included` are in the service's price; each one more costs price_fen and takes extra_s. least and most
    bound what may be said.
    """

    key: str
    name: str
    kind: Literal["one", "some", "count"] = "one"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    least: int = 0
    most: int = 0
    included: int = 0
    price_fen: int = 0
    extra_s: int = 0

    @property
    def lowest_fen(self) -> int:
        """The least that an answer adds; negative for what it takes off."""
        prices = [choice.price_fen for choice in self.choices]
        if self.kind == COUNT:
            return max(self.least - self.included, 0) * self.price_fen if self.required else 0
        if self.kind == SOME:
            # Who has to say something, and finds nothing that takes off, says the cheapest.
            return sum(price for price in prices if price < 0) or (min(prices, default=0) if self.required else 0)
        return min(prices if self.required and prices else [0, *prices])

    @property
    def shortest_s(self) -> int:
        """The least that an answer adds to the visit."""
        if not self.required:
            return 0
        if self.kind == COUNT:
            return max(self.least - self.included, 0) * self.extra_s
        return min((choice.extra_s for choice in self.choices), default=0)


@dataclass(frozen=True, config=STRICT)
class AddOn:
    """What may be added, before the visit by the customer or at the door with his consent: price per unit, at most so
    many an order. condition: when it is needed; "" for what is only a wish. extra_s: how much longer one takes (加钟).

    key: what it is called by whoever writes the catalogue; item_id: the price list's row, the same in all versions.
    """

    key: str
    name: str
    unit: str
    price_fen: int
    max_quantity: int
    extra_s: int = 0
    condition: str = ""
    item_id: int = 0


@dataclass(frozen=True, config=STRICT)
class Question:
    """What people ask about a service, and the answer."""

    question: str
    answer: str


FAULTS = {
    "option_twice": "两个选项的标识相同",
    "item_twice": "两个价目的标识相同",
    "choice_twice": "选项里有两个答案的标识相同",
    "bounds_wrong": "选项的最少、最多或包含的数量不对",
    "choice_missing": "选项还没有答案",
    "choice_named_twice": "选项里有两个答案的名称相同",
    "quantity_zero": "价目的最多数量至少为 1",
    "price_negative": "价格最低时小于 0",
    "price_zero": "价格最低时，加上门费须大于 0",
    "duration_zero": "时长须大于 0",
    "visit_too_long": f"时长连同必答选项最少的加时，不能超过 {LONGEST_S // 3_600} 小时",
    "staff_zero": "上门人数至少为 1",
    "photo_unknown": "图片不存在，请重新上传",
} | bounds.FAULTS


@dataclass(frozen=True, config=STRICT)
class Fault:
    """Why something cannot be sold. code: of FAULTS. about: the key of the option or item, "" for the service."""

    code: str
    about: str = ""

    def shown(self) -> dict[str, str]:
        """As JSON, with what people read."""
        return asdict(self) | {"message": FAULTS[self.code]}


@dataclass(frozen=True, config=STRICT)
class Content:
    """All that is said about a service, and all that its price is made of.

    skill: what a worker needs to be offered it; certificates: what he needs beside. staff: how many come.
    """

    name: str
    introduction: str
    skill: str
    price_fen: int
    duration_s: int
    visit_fee_fen: int = 0
    staff: int = 1
    photo: str = ""
    certificates: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = ()
    options: tuple[Option, ...] = ()
    add_ons: tuple[AddOn, ...] = ()

    def faults(self) -> list[Fault]:
        """Why it cannot be sold; empty for what can."""
        return [
            *self.unwritable(),
            *(Fault(code, option.key) for option in self.options for code in _faults_of(option)),
            *(Fault("quantity_zero", item.key) for item in self.add_ons if item.max_quantity < 1),
            *(Fault(code) for code in self._prices_wrong()),
            *([Fault("duration_zero")] if self.duration_s <= 0 else []),
            *([Fault("visit_too_long")] if self.shortest_s > LONGEST_S else []),
            *([Fault("staff_zero")] if self.staff < 1 else []),
        ]

    def unwritable(self) -> list[Fault]:
        """Why not even a draft is written so: a key that stands for two things, and more than anybody reads."""
        return [*self._repeated(), *self._beyond_bounds()]

    def _repeated(self) -> list[Fault]:
        answered_twice = [one.key for one in self.options if _repeated(choice.key for choice in one.choices)]
        return [
            *(Fault("option_twice", key) for key in _repeated(option.key for option in self.options)),
            *(Fault("item_twice", key) for key in _repeated(item.key for item in self.add_ons)),
            *(Fault("choice_twice", key) for key in answered_twice),
        ]

    def _beyond_bounds(self) -> list[Fault]:
        return [
            *(Fault(code) for name in bounds.BOUNDS for code in bounds.beyond(name, getattr(self, name))),
            *(Fault("choices_many", one.key) for one in self.options if [*bounds.CHOICES.beyond(one.choices)]),
        ]

    def _prices_wrong(self) -> list[str]:
        if self.lowest_fen < 0:
            return ["price_negative"]
        # The cashier takes nothing less than a fen.
        return ["price_zero"] if self.lowest_fen + self.visit_fee_fen < 1 else []

    @property
    def lowest_fen(self) -> int:
        """The least that it can cost, whatever is answered."""
        return self.price_fen + sum(option.lowest_fen for option in self.options)

    @property
    def shortest_s(self) -> int:
        """The least that a visit takes, whatever is answered."""
        return self.duration_s + sum(option.shortest_s for option in self.options)


_ADAPTER = TypeAdapter(Content)


def read(data: Any) -> Content:
    """From what a version keeps. Raises pydantic's ValidationError."""
    return _ADAPTER.validate_python(data)


def written(content: Content) -> dict[str, Any]:
    """As a version keeps it: JSON."""
    data: dict[str, Any] = _ADAPTER.dump_python(content, mode="json")
    return data


def _faults_of(option: Option) -> list[str]:
    if option.kind == COUNT:
        return [] if 0 <= option.included <= option.most and 0 <= option.least <= option.most else ["bounds_wrong"]
    if not option.choices:
        return ["choice_missing"]
    return ["choice_named_twice"] if _repeated(choice.name for choice in option.choices) else []


def _repeated(keys: Iterable[str]) -> list[str]:
    return [key for key, times in Counter(keys).items() if times > 1]
