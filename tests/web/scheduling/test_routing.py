"""How far and how long, as far as nobody has to be asked."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.scheduling.days import HOME, at, north
from web.orders.policies import Travel
from web.scheduling.routing import Leg, Place, Router, Said, cell_of, centre_of, hour_of, straight_line_m
from web.scheduling.routing.gcj02 import to_gcj02, to_wgs84
from web.times import SHANGHAI


def leg(a: Place, b: Place, *, travel: Travel) -> Leg:
    return Router(travel).leg(a, b, arriving=at(12))


def at_hour(hour: int, minute: int = 0) -> datetime:
    """A moment of that hour in Shanghai."""
    return datetime(2031, 5, 14, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


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
    assert way.by == "estimate"


def test_the_way_back_is_as_long_as_the_way_there() -> None:
    assert leg(HOME, north(3), travel=Travel()) == leg(north(3), HOME, travel=Travel())


def test_there_is_no_way_where_one_is_already() -> None:
    assert leg(HOME, HOME, travel=Travel()) == (0, 0, "estimate")


def test_an_hour_of_its_own_has_a_speed_of_its_own() -> None:
    router = Router(Travel(detour=1, speed_mps=10, speeds_mps={17: 4, 18: 5}))
    takes = [router.leg(HOME, north(10), arriving=at_hour(hour, 59)).travel_s for hour in (16, 17, 18, 19)]
    assert takes == pytest.approx([1000, 2500, 2000, 1000], abs=2)


def test_the_speeds_survive_the_orders_snapshot() -> None:
    travel = Travel(speeds_mps={8: 3.5})
    assert Travel.model_validate(travel.model_dump(mode="json")) == travel
    assert (travel.speed_at(8), travel.speed_at(9)) == (3.5, 5.5)


@given(st.integers(946_684_800, 4_102_444_800))
def test_the_hour_is_shanghais(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert hour_of(moment) == moment.astimezone(SHANGHAI).hour


def test_what_a_vendor_said_goes_before_the_estimate() -> None:
    pair = (cell_of(HOME), cell_of(north(3)))
    router = Router(Travel(), {pair: {9: Said(4000, 700, "tencent")}})
    assert router.leg(HOME, north(3), arriving=at_hour(9)) == (4000, 700, "tencent")
    assert router.leg(north(3), HOME, arriving=at_hour(9)).by == "estimate"


def test_what_was_said_in_another_hour_is_as_much_slower_as_the_policy_says() -> None:
    pair = (cell_of(HOME), cell_of(north(3)))
    travel = Travel(speed_mps=10, speeds_mps={8: 5, 18: 4})
    router = Router(travel, {pair: {8: Said(4000, 900, "tencent"), 22: Said(4000, 500, "valhalla")}})
    said = {hour: router.leg(HOME, north(3), arriving=at_hour(hour)) for hour in (8, 10, 18, 2)}
    assert said[8] == (4000, 900, "tencent")
    assert said[10] == (4000, 450, "tencent")  # nearest to 8, and twice as fast
    assert said[18] == (4000, 1250, "valhalla")  # nearest to 22
    assert said[2] == (4000, 500, "valhalla")  # over midnight it is nearer to 22 than to 8


def test_a_cells_middle_is_near() -> None:
    assert cell_of(centre_of(cell_of(HOME))) == cell_of(HOME)
    assert straight_line_m(HOME, centre_of(cell_of(HOME))) < 250


def test_gcj02_is_wgs84_shifted_as_everybody_has_it() -> None:
    # Shanghai, Shenzhen and Beijing as eviltransform's tests have them.
    shown = [
        to_gcj02(Place(*place))
        for place in ((121.5272106, 31.1774276), (113.912316, 22.543847), (116.377817, 39.911954))
    ]
    assert shown[0] == pytest.approx((121.531541859215, 31.17530398364597), abs=2e-6)
    assert shown[1] == pytest.approx((113.9171764808363, 22.540796131694766), abs=2e-6)
    assert shown[2] == pytest.approx((116.38404722455657, 39.91334545536069), abs=2e-6)


@given(st.floats(75, 134), st.floats(19, 52))
def test_the_shift_is_undone_to_the_centimetre(lng: float, lat: float) -> None:
    back = to_gcj02(to_wgs84(Place(lng, lat)))
    assert straight_line_m(back, Place(lng, lat)) < 0.01
