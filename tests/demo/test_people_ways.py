"""Ways across the city."""

import itertools
from random import Random

import pytest

from web.demo.people.ways import Spot, along, metres, near, travel_s, way

HOME, CUSTOMER = Spot(120.1637, 30.2716), Spot(120.2117, 30.2084)


@pytest.mark.parametrize("seed", range(20))
def test_a_way_begins_here_ends_there_and_is_no_odyssey(seed: int) -> None:
    corners = way(HOME, CUSTOMER, Random(seed))
    length = sum(metres(a, b) for a, b in itertools.pairwise(corners))
    assert (corners[0], corners[-1]) == (HOME, CUSTOMER)
    assert metres(HOME, CUSTOMER) <= length <= 1.6 * metres(HOME, CUSTOMER)


def test_one_gets_on_along_the_way_from_its_beginning_to_its_end() -> None:
    corners = way(HOME, CUSTOMER, Random(1))
    spots = [along(corners, share / 10) for share in range(11)]
    steps = [metres(a, b) for a, b in itertools.pairwise(spots)]
    assert metres(spots[0], HOME) < 1
    assert metres(spots[-1], CUSTOMER) < 1
    assert max(steps) < 0.2 * metres(HOME, CUSTOMER)
    assert min(steps) > 0


def test_a_way_to_where_one_is_needs_no_time() -> None:
    assert travel_s(HOME, HOME) == 0
    assert along(way(HOME, HOME, Random(1)), 0.5) == HOME


def test_the_distance_is_right_to_a_percent() -> None:
    # One hundredth of a degree of latitude is 1,113 m; of longitude here 962 m.
    assert metres(Spot(120, 30.2), Spot(120, 30.21)) == pytest.approx(1113, rel=0.01)
    assert metres(Spot(120, 30.2), Spot(120.01, 30.2)) == pytest.approx(962, rel=0.01)


def test_near_is_near() -> None:
    dice = Random(3)
    assert max(metres(HOME, near(HOME, 50, dice)) for _ in range(500)) <= 51
