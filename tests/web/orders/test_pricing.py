"""What a visit costs: one pure function, whose lines sum to the total."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from web.catalog.content import AddOn, Choice, Content, Fault, Option
from web.errors import DoorbellError
from web.orders.pricing import Answer, Chosen, Occasion, Price, Pricing, price
from web.orders.surcharges import Surcharge
from web.times import SHANGHAI

SIZE = Option(
    "size",
    "面积",
    required=True,
    choices=(Choice("small", "90 平米内"), Choice("large", "90 平米以上", price_fen=6_000, extra_s=3_600, staff=1)),
)
ROOMS = Option("rooms", "卫生间", kind="count", unit="间", least=1, most=4, included=1, price_fen=2_000, extra_s=900)
EXTRAS = Option(
    "extras", "重点区域", kind="some", choices=(Choice("hood", "油烟机", price_fen=3_000), Choice("wall", "墙面"))
)
FRIDGE = AddOn("fridge", "擦冰箱", "台", 4_000, 2, extra_s=600, item_id=7)
SOLD = Content(
    "日常保洁", "全屋", "cleaning", 9_900, 7_200, visit_fee_fen=1_000, options=(SIZE, ROOMS, EXTRAS), add_ons=(FRIDGE,)
)


def priced(add_ons: dict[int, int] | None = None, **answers: Answer) -> Price:
    return price(SOLD, Chosen(answers, add_ons or {}), version=3)


def refused(add_ons: dict[int, int] | None = None, **answers: Answer) -> tuple[str, object]:
    with pytest.raises(DoorbellError) as refusal:
        priced(add_ons, **answers)
    return refusal.value.code, next(iter(refusal.value.details.values()))


def test_each_answer_and_each_add_on_is_a_line_in_the_order_in_which_it_is_asked() -> None:
    said = priced({7: 2}, extras=("wall", "hood"), rooms=3, size="large")
    assert [(line.name, line.quantity, line.unit, line.amount_fen, line.rule) for line in said.lines] == [
        ("日常保洁", 1, "", 9_900, "service_price"),
        ("面积：90 平米以上", 1, "", 6_000, "option:size"),
        ("卫生间：3间（含 1间）", 2, "间", 4_000, "option:rooms"),
        ("重点区域：油烟机", 1, "", 3_000, "option:extras"),
        ("重点区域：墙面", 1, "", 0, "option:extras"),
        ("擦冰箱", 2, "台", 8_000, "add_on:7"),
        ("上门费", 1, "", 1_000, "visit_fee"),
    ]
    assert {line.rule_version for line in said.lines} == {3}
    assert (said.total_fen, said.staff) == (31_900, 2)
    assert said.duration_s == 7_200 + 3_600 + 2 * 900 + 2 * 600


def test_what_is_included_costs_nothing_and_is_said() -> None:
    said = priced(size="small", rooms=1)
    assert [line.name for line in said.lines[1:3]] == ["面积：90 平米内", "卫生间：1间（含 1间）"]
    assert (said.total_fen, said.duration_s) == (10_900, 7_200)


def test_what_need_not_be_answered_need_not_be_answered() -> None:
    assert priced(size="small").total_fen == 10_900
    assert priced(size="small", extras=()).total_fen == 10_900


def test_what_has_to_be_answered_is_asked_for() -> None:
    assert refused() == ("option_missing", "size")
    assert refused(size=()) == ("option_missing", "size")


@pytest.mark.parametrize(
    ("answers", "code", "which"),
    [
        ({"size": "huge"}, "choice_unknown", "size"),
        ({"size": 1}, "choice_unknown", "size"),
        ({"size": ("small", "large")}, "choice_unknown", "size"),
        ({"size": "small", "rooms": 0}, "choice_unknown", "rooms"),
        ({"size": "small", "rooms": 5}, "choice_unknown", "rooms"),
        ({"size": "small", "rooms": "two"}, "choice_unknown", "rooms"),
        ({"size": "small", "extras": ("hood", "hood")}, "choice_unknown", "extras"),
        ({"size": "small", "colour": "red"}, "option_unknown", "colour"),
    ],
)
def test_an_answer_that_nobody_offers_is_refused(answers: dict[str, Answer], code: str, which: str) -> None:
    assert refused(None, **answers) == (code, which)


def test_an_add_on_has_a_limit_and_stands_in_the_list() -> None:
    assert refused({7: 3}, size="small") == ("quantity_too_large", 7)
    assert refused({8: 1}, size="small") == ("item_unknown", 8)
    assert priced({7: 0}, size="small").total_fen == 10_900


def test_a_visit_is_over_within_a_day() -> None:
    rooms = replace(ROOMS, most=100)
    sold = replace(SOLD, options=(rooms,))
    most = (86_400 - sold.duration_s) // rooms.extra_s + rooms.included
    assert price(sold, Chosen({"rooms": most}), version=1).duration_s <= 86_400
    with pytest.raises(DoorbellError, match="visit_too_long"):
        price(sold, Chosen({"rooms": most + 1}), version=1)


def test_an_answer_may_take_something_off_but_never_more_than_there_is() -> None:
    own = Option("tools", "工具", choices=(Choice("own", "自备工具", price_fen=-2_000), Choice("ours", "带工具")))
    sold = replace(SOLD, options=(own,))
    assert price(sold, Chosen({"tools": "own"}), version=1).total_fen == 8_900
    assert sold.lowest_fen == 7_900
    assert replace(sold, price_fen=1_999).faults() == [Fault("price_negative")]
    assert replace(sold, price_fen=2_000).faults() == []


NIGHT = Surcharge(key="night", name="夜间加价", from_s=20 * 3_600, until_s=8 * 3_600, fee_fen=2_000)
WEEKEND = Surcharge(key="weekend", name="周末加价", weekdays=(5, 6), share_bp=1_000)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of November 2026 in Shanghai: the 28th is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("starts_at", "rules"),
    [
        (at(27, 19, 59), []),
        (at(27, 20), ["surcharge:night"]),
        (at(27, 7, 59), ["surcharge:night"]),
        (at(27, 8), []),
        (at(28, 12), ["surcharge:weekend"]),
        (at(28, 0), ["surcharge:night", "surcharge:weekend"]),
        (at(30, 0), ["surcharge:night"]),
        (at(30, 12), []),
    ],
)
def test_a_visit_costs_more_at_certain_times(starts_at: datetime, rules: list[str]) -> None:
    terms = Pricing(surcharges=(NIGHT, WEEKEND), version=9)
    said = price(SOLD, Chosen({"size": "small"}), version=3, terms=terms, occasion=Occasion(starts_at.astimezone(UTC)))
    added = [line for line in said.lines if line.rule.startswith("surcharge:")]
    assert [line.rule for line in added] == rules
    assert {line.rule_version for line in added} <= {9}
    costs = {"surcharge:night": 2_000, "surcharge:weekend": 990}
    assert said.total_fen == 10_900 + sum(costs[rule] for rule in rules)


def test_a_night_of_certain_days_goes_on_after_midnight() -> None:
    friday = NIGHT.model_copy(update={"weekdays": (4,)})
    assert [friday.applies(at(day, hour)) for day, hour in ((27, 7), (27, 21), (28, 7), (28, 21))] == [
        *(False, True),
        *(True, False),
    ]


def test_a_share_is_of_what_was_chosen_and_of_no_other_surcharge() -> None:
    two = Pricing(surcharges=(WEEKEND, WEEKEND.model_copy(update={"key": "again", "share_bp": 3_333})))
    said = price(SOLD, Chosen({"size": "large"}, {7: 1}), version=1, terms=two, occasion=Occasion(at(28, 12)))
    chosen_fen = 9_900 + 6_000 + 4_000
    added = [line.amount_fen for line in said.lines if line.rule.startswith("surcharge:")]
    assert added == [chosen_fen // 10, chosen_fen * 3_333 // 10_000]


def test_surcharges_that_are_none_are_refused() -> None:
    for wrong in ({"key": "Night!"}, {"from_s": 86_400}, {"until_s": 0}, {"weekdays": (7,)}, {"share_bp": 10_001}):
        with pytest.raises(ValidationError):
            Surcharge.model_validate({"key": "night", "name": "夜间", **wrong})
    with pytest.raises(ValidationError, match="twice"):
        Pricing(surcharges=(NIGHT, NIGHT))


def test_the_least_that_it_costs_counts_what_has_to_be_answered() -> None:
    dear = replace(SIZE, choices=SIZE.choices[1:])
    rooms = replace(ROOMS, required=True, least=3)
    assert replace(SOLD, options=(dear, rooms, EXTRAS)).lowest_fen == 9_900 + 6_000 + 2 * 2_000


def test_what_was_chosen_is_kept_as_json_and_read_again() -> None:
    chosen = Chosen({"size": "large", "rooms": 2, "extras": ("hood",)}, {7: 1})
    assert Chosen.read(chosen.written()) == chosen
    assert Chosen().written() == {}
    assert Chosen.read({}) == Chosen()


choices = st.lists(
    st.builds(
        Choice,
        key=st.from_regex(r"[a-z]{1,4}", fullmatch=True),
        name=st.just("答"),
        price_fen=st.integers(-3_000, 9_000),
        extra_s=st.integers(0, 900),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda choice: choice.key,
).map(tuple)
asked = st.builds(Option, key=st.just("o"), name=st.just("问"), kind=st.sampled_from(["one", "some"]), choices=choices)


@given(option=asked, price_fen=st.integers(0, 20_000), said=st.data(), quantity=st.integers(0, 2))
def test_whatever_is_chosen_the_lines_sum_to_a_total_that_is_never_negative(
    option: Option, price_fen: int, said: st.DataObject, quantity: int
) -> None:
    sold = Content("服", "务", "skill", price_fen, 60, options=(option,), add_ons=(FRIDGE,))
    keys = [choice.key for choice in option.choices]
    one = st.sampled_from(keys)
    some = st.lists(one, unique=True).map(tuple)
    answer: Answer = said.draw(one) if option.kind == "one" else said.draw(some)
    result = price(sold, Chosen({"o": answer}, {7: quantity}), version=1)
    assert result.total_fen == sum(line.quantity * line.unit_price_fen for line in result.lines)
    assert result.duration_s >= sold.duration_s
    if not sold.faults():
        assert result.total_fen >= sold.lowest_fen >= 0
