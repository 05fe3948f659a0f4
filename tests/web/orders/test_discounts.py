"""What is taken off a price: pure, so Hypothesis says what always holds."""

import itertools
from collections.abc import Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from web.orders.discounts import (
    LEAST_FEN,
    MOST_PRIORITY,
    SETS,
    Discount,
    Facts,
    Reduction,
    Threshold,
    _take,
    discounted,
    is_discount,
    taken_off,
    total_fen,
    why_not,
)
from web.orders.pricing import Line
from web.orders.sharing import shares_of
from web.orders.terms import MOST_FEN, stored

HERE = Facts("hangzhou", 7, ("daily", "cleaning"), is_new=False)
NEW = Facts("hangzhou", 7, ("daily", "cleaning"), is_new=True)
_ids = itertools.count(1)


def line(fen: int, rule: str = "service_price") -> Line:
    return Line("日常保洁", 1, fen, fen, rule, rule_version=1)


def off(
    fen: int, *, from_fen: int = 0, id: int = 0, city: str = "", left_fen: int | None = None, **terms: Any
) -> Reduction:
    """满 from_fen 减 fen."""
    id = id or next(_ids)
    terms["steps"] = (Threshold(at_least_fen=from_fen, off_fen=fen),)
    return Reduction(id, f"campaign:{id}", 1, f"满减 {id}", Discount(**terms), city, left_fen)


def percent(bp: int, *, id: int = 0, **terms: Any) -> Reduction:
    id = id or next(_ids)
    return Reduction(id, f"campaign:{id}", 1, f"折扣 {id}", Discount(off_bp=bp, **terms))


def coupon(fen: int, **terms: Any) -> Reduction:
    one = off(fen, id=99, **terms)
    return Reduction(99, "coupon:99", 1, "券", one.terms, one.city)


PRICE = [line(9_000), line(2_000, "add_on:3"), line(1_000, "visit_fee")]


def amounts(lines: Sequence[Line]) -> dict[str, int]:
    return {one.rule: one.amount_fen for one in lines if is_discount(one.rule)}


def test_a_discount_is_a_line_of_its_own_and_every_line_knows_its_part() -> None:
    made = discounted(PRICE, HERE, [off(1_000, id=5)])
    assert amounts(made) == {"campaign:5": -1_000}
    assert [one.discount_fen for one in made] == [750, 166, 84, 0]
    assert total_fen(made) == 11_000


def test_of_the_steps_the_highest_that_is_reached_counts() -> None:
    terms = Discount(steps=(Threshold(at_least_fen=10_000, off_fen=500), Threshold(at_least_fen=20_000, off_fen=2_000)))
    assert [terms.off_fen(fen) for fen in (9_999, 10_000, 19_999, 20_000)] == [0, 500, 500, 2_000]


def test_a_share_has_a_threshold_and_a_cap_and_its_fraction_is_not_given() -> None:
    terms = Discount(off_bp=2_000, at_least_fen=1_001, at_most_fen=1_500)
    assert [terms.off_fen(fen) for fen in (1_000, 1_004, 7_500, 90_000)] == [0, 200, 1_500, 1_500]


def test_what_covers_the_chosen_alone_leaves_the_way_as_it_is() -> None:
    made = discounted(PRICE, HERE, [percent(1_000, covers="chosen", id=5)])
    assert amounts(made) == {"campaign:5": -1_100}
    assert [one.discount_fen for one in made[:3]] == [900, 200, 0]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (off(1, city="beijing"), "other_city"),
        (off(1, city="hangzhou"), ""),
        (off(1, services=(8,)), "other_service"),
        (off(1, services=(7,)), ""),
        (off(1, categories=("repair",)), "other_service"),
        (off(1, categories=("cleaning",)), ""),
        (off(1, categories=("repair",), services=(7,)), ""),
        (off(1, new_customers=True), "new_customers_only"),
        (off(1, from_fen=12_001), "below_threshold"),
        (off(1, from_fen=12_000), ""),
    ],
)
def test_why_one_does_not_fit_is_said(one: Reduction, why: str) -> None:
    assert why_not(one, PRICE, HERE) == why
    assert bool(amounts(discounted(PRICE, HERE, [one]))) is not bool(why)


def test_a_new_customer_has_what_is_for_new_customers() -> None:
    assert why_not(off(1, new_customers=True), PRICE, NEW) == ""


def test_of_a_group_the_customer_has_the_best_and_of_equal_ones_the_first() -> None:
    best = off(500, id=8, group="winter")
    made = discounted(PRICE, HERE, [off(300, id=2, group="winter"), best, off(500, id=9, group="winter")])
    assert amounts(made) == {"campaign:8": -500}


def test_what_is_of_the_rest_comes_after_what_is_of_the_price() -> None:
    made = discounted(PRICE, HERE, [percent(1_000, id=1, of="rest"), off(2_000, id=2)])
    assert amounts(made) == {"campaign:2": -2_000, "campaign:1": -1_000}


def test_one_that_stands_alone_is_taken_where_it_is_worth_more_than_all_others() -> None:
    others = [off(300, id=1), off(300, id=2)]
    assert set(amounts(discounted(PRICE, HERE, [*others, off(601, id=3, alone=True)]))) == {"campaign:3"}
    assert set(amounts(discounted(PRICE, HERE, [*others, off(600, id=3, alone=True)]))) == {"campaign:1", "campaign:2"}


def test_whatever_excludes_a_coupon_stands_back_for_it() -> None:
    campaigns = [off(300, id=1), off(900, id=2, with_coupon=False), off(900, id=3, alone=True)]
    assert amounts(discounted(PRICE, HERE, campaigns, coupon(100))) == {"campaign:1": -300, "coupon:99": -100}
    assert amounts(discounted(PRICE, HERE, campaigns, coupon(100, alone=True))) == {"coupon:99": -100}
    assert amounts(discounted(PRICE, HERE, campaigns, coupon(100, from_fen=99_999))) == {
        "campaign:1": -300,
        "campaign:2": -900,
    }


def test_a_budget_that_does_not_suffice_gives_nothing() -> None:
    assert not amounts(discounted(PRICE, HERE, [off(500, left_fen=499)]))
    assert amounts(discounted(PRICE, HERE, [off(500, id=4, left_fen=500)])) == {"campaign:4": -500}


def test_what_a_budget_cannot_carry_beats_nobody() -> None:
    poor, rich = off(1_000, id=1, group="winter", left_fen=500), off(800, id=2, group="winter")
    assert amounts(discounted(PRICE, HERE, [poor, rich])) == {"campaign:2": -800}


def test_of_those_that_exclude_each_other_the_set_counts_and_not_each_of_them() -> None:
    greedy = off(1_000, id=1, group="winter", new_customers=True)
    others = [off(900, id=2, group="winter"), off(900, id=3, new_customers=True)]
    assert amounts(discounted(PRICE, NEW, [greedy, *others])) == {"campaign:2": -900, "campaign:3": -900}


def test_what_comes_of_the_rest_is_part_of_the_choice() -> None:
    campaigns = [
        off(1_000, id=1, group="winter"),
        off(900, id=2, group="winter"),
        off(3_000, id=3, from_fen=11_100, of="rest"),
    ]
    assert amounts(discounted(PRICE, HERE, campaigns)) == {"campaign:2": -900, "campaign:3": -3_000}


def test_twenty_campaigns_in_groups_are_chosen_from_in_few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = Mock(wraps=_take)
    monkeypatch.setattr("web.orders.discounts._take", tried)
    campaigns = [off(100 + 7 * place, id=1 + place, group="abcde"[place % 5]) for place in range(20)]
    assert total_fen(discounted(PRICE, HERE, campaigns)) == 12_000 - sum(100 + 7 * place for place in range(15, 20))
    assert tried.call_count == 1
    of_rest = [percent(1_000 + place, id=1 + place, group="abcde"[place % 5], of="rest") for place in range(20)]
    assert set(amounts(discounted(PRICE, HERE, of_rest))) == {f"campaign:{id}" for id in range(16, 21)}
    assert tried.call_count <= 1 + SETS


def test_what_the_worker_bears_stands_on_the_line() -> None:
    made = discounted(PRICE, HERE, [off(501, worker_bp=5_000), off(100)])
    assert [one.worker_fen for one in made[3:]] == [250, 0]


def test_there_is_always_something_to_pay() -> None:
    assert total_fen(discounted(PRICE, HERE, [off(99_999), off(5)], coupon(99_999))) == LEAST_FEN


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"off_bp": 100, "steps": ({"off_fen": 1},)},
        {"steps": ({"off_fen": 1}, {"off_fen": 2})},
        {"steps": ({"off_fen": 1},), "at_most_fen": 5},
        {"off_bp": 10_001},
        {"off_bp": 100, "unheard": 1},
    ],
)
def test_terms_that_say_nothing_or_contradict_themselves_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Discount.model_validate(terms)


RULES = ("service_price", "option:size", "add_on:3", "surcharge:night", "visit_fee")
LINES = st.lists(st.builds(line, st.integers(-500, 30_000), st.sampled_from(RULES)), min_size=1, max_size=6).filter(
    lambda lines: total_fen(lines) > 0
)
SHAPES = st.fixed_dictionaries(
    {
        "covers": st.sampled_from(["all", "chosen"]),
        "of": st.sampled_from(["price", "rest"]),
        "group": st.sampled_from(["", "", "a", "b"]),
        "alone": st.sampled_from([False, False, False, True]),
        "with_coupon": st.booleans(),
        "priority": st.integers(-2, 2),
        "worker_bp": st.sampled_from([0, 0, 3_333, 10_000]),
    }
)
OFF = st.builds(
    lambda fen, least, shape: off(fen, from_fen=least, **shape), st.integers(1, 40_000), st.integers(0, 20_000), SHAPES
)
SHARE = st.builds(lambda bp, shape: percent(bp, **shape), st.integers(1, 10_000), SHAPES)
CAMPAIGNS = st.lists(OFF | SHARE, max_size=5)
RIVALS = st.lists(
    st.builds(
        lambda fen, least, left_fen, shape: off(fen, from_fen=least, left_fen=left_fen, **shape),
        st.integers(1, 3_000),
        st.sampled_from([0, 0, 5_000, 9_000]),
        st.sampled_from([None, None, 500, 2_000]),
        st.fixed_dictionaries(
            {
                "of": st.sampled_from(["price", "price", "rest"]),
                "group": st.sampled_from(["", "a", "b"]),
                "new_customers": st.booleans(),
                "alone": st.sampled_from([False, False, False, True]),
            }
        ),
    ),
    max_size=6,
)
COUPONS = st.none() | st.builds(coupon, st.integers(1, 40_000), from_fen=st.integers(0, 20_000))


@pytest.mark.parametrize(
    "terms",
    [
        {"off_bp": 1, "at_least_fen": MOST_FEN + 1},
        {"off_bp": 1, "at_most_fen": MOST_FEN + 1},
        {"off_bp": 1, "priority": MOST_PRIORITY + 1},
        {"off_bp": 1, "priority": -MOST_PRIORITY - 1},
        {"steps": ({"at_least_fen": MOST_FEN + 1, "off_fen": 1},)},
        {"steps": ({"at_least_fen": MOST_FEN, "off_fen": MOST_FEN + 1},)},
    ],
)
def test_every_number_has_a_bound_to_which_what_was_stored_before_is_held(terms: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Discount.model_validate(terms)
    assert stored(Discount, terms).off_fen(MOST_FEN) > 0


def test_steps_that_are_held_to_the_most_stay_readable() -> None:
    steps = [{"at_least_fen": fen, "off_fen": 100} for fen in (5_000, 2 * MOST_FEN, 3 * MOST_FEN)]
    held = stored(Discount, {"steps": steps})
    assert [step.at_least_fen for step in held.steps] == [5_000, MOST_FEN, MOST_FEN]
    assert held.off_fen(6_000) == 100


@given(LINES, CAMPAIGNS, COUPONS)
def test_every_fen_that_is_taken_off_is_on_a_line_that_had_it(
    lines: list[Line], campaigns: list[Reduction], one: Reduction | None
) -> None:
    made = discounted(lines, HERE, campaigns, one)
    kept, taken = made[: len(lines)], made[len(lines) :]
    assert [(line.rule, line.amount_fen) for line in kept] == [(line.rule, line.amount_fen) for line in lines]
    assert sum(line.discount_fen for line in kept) == -total_fen(taken)
    assert all(0 <= line.discount_fen <= max(line.amount_fen, 0) for line in kept)
    assert all(line.amount_fen < 0 and 0 <= line.worker_fen <= -line.amount_fen for line in taken)
    assert total_fen(made) == total_fen(lines) + total_fen(taken) >= LEAST_FEN
    assert len({line.rule for line in taken}) == len(taken)


def excludes(one: Reduction, other: Reduction) -> bool:
    both_new = one.terms.new_customers and other.terms.new_customers
    alone = one.terms.alone or other.terms.alone
    return both_new or alone or (one.terms.group != "" and one.terms.group == other.terms.group)


@given(st.lists(st.builds(line, st.integers(2_000, 9_000)), min_size=1, max_size=2), RIVALS, COUPONS)
def test_nobody_could_have_less_to_pay(lines: list[Line], campaigns: list[Reduction], one: Reduction | None) -> None:
    fit = [each for each in campaigns if not why_not(each, lines, NEW)]
    if one and not why_not(one, lines, NEW):
        # These stand back for it in any case.
        fit = [each for each in fit if each.terms.with_coupon and not each.terms.alone]
    # One that stands alone is a choice of its own; of the others, who excludes nobody is always there.
    together = [each for each in fit if not each.terms.alone]
    always = [each for each in together if not any(excludes(each, other) for other in together if other is not each)]
    sets = [[each] for each in fit if each.terms.alone]
    sets += [
        [*some, *(each for each in always if each not in some)]
        for size in range(len(together) + 1)
        for some in itertools.combinations(together, size)
        if not any(itertools.starmap(excludes, itertools.combinations(some, 2)))
    ]
    least = min(total_fen(discounted(lines, NEW, some, one)) for some in sets)
    assert total_fen(discounted(lines, NEW, campaigns, one)) == least


@given(LINES, CAMPAIGNS, COUPONS, st.randoms(use_true_random=False))
def test_the_order_in_which_campaigns_come_does_not_matter(
    lines: list[Line], campaigns: list[Reduction], one: Reduction | None, random: Any
) -> None:
    shuffled = list(campaigns)
    random.shuffle(shuffled)
    assert discounted(lines, HERE, shuffled, one) == discounted(lines, HERE, campaigns, one)


@given(LINES, st.lists(st.integers(1, 3_000), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_campaigns_of_the_price_take_off_the_same_whatever_their_priority(
    lines: list[Line], offs: list[int], random: Any
) -> None:
    ids, priorities = list(range(1, len(offs) + 1)), list(range(len(offs)))
    first = [off(fen, id=id, priority=place) for fen, id, place in zip(offs, ids, priorities, strict=True)]
    random.shuffle(priorities)
    second = [off(fen, id=id, priority=place) for fen, id, place in zip(offs, ids, priorities, strict=True)]
    one, other = discounted(lines, HERE, first), discounted(lines, HERE, second)
    assert total_fen(one) == total_fen(other)
    if total_fen(one) > LEAST_FEN:
        assert amounts(one) == amounts(other)


@given(LINES, CAMPAIGNS, st.integers(-20_000, 20_000))
def test_what_was_agreed_on_stays_off_a_price_that_changes_as_far_as_it_fits(
    lines: list[Line], campaigns: list[Reduction], more: int
) -> None:
    made = discounted(lines, HERE, campaigns)
    price = max(total_fen(lines) + more, 1)
    again = [line(price)]
    for one in made[len(lines) :]:
        again = taken_off(again, one)
    whole = total_fen(lines) - total_fen(made)
    assert total_fen(again) == max(price - whole, LEAST_FEN)
    assert again[0].discount_fen == price - total_fen(again)


@given(st.integers(0, 10**7), st.integers(0, 10_000), st.integers(0, 10**6), st.data())
def test_what_is_shared_out_is_what_was_paid_and_what_the_platform_adds(
    price: int, commission_bp: int, discount: int, data: st.DataObject
) -> None:
    by_worker = data.draw(st.integers(0, discount))
    shares = shares_of(price, commission_bp, discount_fen=discount, by_worker_fen=by_worker)
    assert shares.commission_fen + shares.worker_fen == price + shares.coupons_fen
    assert min(shares.commission_fen, shares.worker_fen, shares.coupons_fen) >= 0
    assert shares.coupons_fen >= discount - by_worker
    if by_worker == 0:
        # Who bears nothing of it earns what he would have earned without it.
        assert shares.worker_fen == shares_of(price + discount, commission_bp).worker_fen
