"""How far and how long: without any service from outside."""

import pytest

from tests.web.scheduling.days import HOME, north
from web.orders.policies import Travel
from web.scheduling.routing import Place, leg, straight_line_m


def test_a_kilometre_north_is_a_kilometre() -> None:
    assert straight_line_m(HOME, north(1)) == pytest.approx(1000, abs=1)


def test_a_known_distance_agrees_with_the_map() -> None:
    west_lake, airport = Place(120.1450, 30.2420), Place(120.4340, 30.2360)
    assert straight_line_m(west_lake, airport) == pytest.approx(27_770, rel=0.005)


def test_a_way_takes_the_detour_at_the_speed_of_the_policy_and_is_rounded_up() -> None:
    way = leg(HOME, north(1), travel=Travel(detour=1.5, speed_mps=4))
    assert way.distance_m == pytest.approx(1500, abs=2)
    assert way.travel_s == pytest.approx(375, abs=1)
    assert isinstance(way.travel_s, int)


def test_the_way_back_is_as_long_as_the_way_there() -> None:
    assert leg(HOME, north(3), travel=Travel()) == leg(north(3), HOME, travel=Travel())


def test_there_is_no_way_where_one_is_already() -> None:
    assert leg(HOME, HOME, travel=Travel()) == (0, 0)
