"""Money is integer fen, split without losing one."""

from hypothesis import given
from hypothesis import strategies as st

from web.money import share


@given(amount=st.integers(0, 10**12), basis_points=st.integers(0, 10_000))
def test_a_share_and_the_rest_are_the_whole(amount: int, basis_points: int) -> None:
    part, rest = share(amount, basis_points)
    assert part + rest == amount
    assert 0 <= part <= amount
    assert part <= amount * basis_points / 10_000 + 1
