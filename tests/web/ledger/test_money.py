"""Money is integer fen, split without losing one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from web.money import allocate, format_yuan, share

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@given(amount=st.integers(0, 10**12), by=weights)
def test_the_parts_always_sum_to_the_whole(amount: int, by: list[int]) -> None:
    assume(sum(by) > 0)
    parts = allocate(amount, by)
    assert sum(parts) == amount
    assert len(parts) == len(by)


@given(amount=st.integers(0, 10**12), by=weights)
def test_each_part_is_its_share_rounded_up_or_down(amount: int, by: list[int]) -> None:
    assume(sum(by) > 0)
    for part, weight in zip(allocate(amount, by), by, strict=True):
        exact_down = amount * weight // sum(by)
        assert exact_down <= part <= exact_down + 1
        if weight == 0:
            assert part == 0


@given(amount=st.integers(0, 10**6), by=weights)
def test_the_spare_fen_go_to_the_largest_remainders(amount: int, by: list[int]) -> None:
    total = sum(by)
    assume(total > 0)
    parts = allocate(amount, by)
    remainders = [amount * weight % total for weight in by]
    rounded_up = [remainders[n] for n, part in enumerate(parts) if part > amount * by[n] // total]
    rounded_down = [remainders[n] for n, part in enumerate(parts) if part == amount * by[n] // total]
    assert min(rounded_up, default=0) >= max(rounded_down, default=0) or not rounded_up


@given(amount=st.integers(0, 10**6), by=weights, factor=st.integers(1, 100))
def test_only_the_proportion_of_the_weights_counts(amount: int, by: list[int], factor: int) -> None:
    assume(sum(by) > 0)
    assert allocate(amount, by) == allocate(amount, [weight * factor for weight in by])


def test_ties_go_to_the_earlier_part() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(101, [1, 1, 1]) == [34, 34, 33]


@pytest.mark.parametrize("by", [[0, 0], [], [1, -1], [5, -1]])
def test_weights_that_share_nothing_are_refused(by: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(100, by)


@given(amount=st.integers(0, 10**12), basis_points=st.integers(0, 10_000))
def test_a_share_and_the_rest_are_the_whole(amount: int, basis_points: int) -> None:
    part, rest = share(amount, basis_points)
    assert part + rest == amount
    assert 0 <= part <= amount
    assert part <= amount * basis_points / 10_000 + 1


def test_yuan_as_people_read_it() -> None:
    assert [format_yuan(fen) for fen in (0, 5, 100, 123_456, -5, -123_456_789)] == [
        *["¥0.00", "¥0.05", "¥1.00", "¥1,234.56", "-¥0.05", "-¥1,234,567.89"]
    ]
