"""The drawn map of Hangzhou: districts that share borders without overlap, in their real places."""

import itertools
import json
from typing import Any

import pytest
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from web.demo import city_drawing

MAP: dict[str, Any] = json.loads(city_drawing.MAP.read_text(encoding="utf-8"))
SHAPES: dict[str, dict[str, BaseGeometry]] = {"district": {}, "water": {}}
for feature in MAP["features"]:
    SHAPES[feature["properties"]["kind"]][feature["properties"]["name"]] = shape(feature["geometry"])
DISTRICTS, WATERS = SHAPES["district"], SHAPES["water"]

# Places that people of Hangzhou know, GCJ-02.
LANDMARKS = {
    "上城区": [(120.160, 30.252), (120.213, 30.291), (120.212, 30.2455), (120.270, 30.308), (120.235, 30.345)],
    "拱墅区": [(120.1637, 30.2716), (120.1375, 30.3195), (120.190, 30.360), (120.115, 30.332), (120.150, 30.307)],
    "西湖区": [(120.133, 30.268), (120.085, 30.333), (120.052, 30.243), (120.090, 30.110), (120.134, 30.1965)],
    "滨江区": [(120.2117, 30.2084), (120.148, 30.170), (120.188, 30.180), (120.225, 30.187)],
    "萧山区": [(120.270, 30.165), (120.432, 30.236), (120.460, 30.175), (120.250, 30.050), (120.085, 29.900)],
    "余杭区": [(120.005, 30.279), (120.045, 30.370), (119.970, 30.395), (119.725, 30.490), (120.100, 30.378)],
    "富阳区": [(119.955, 30.052), (119.730, 29.970), (119.880, 29.935), (119.985, 30.150)],
    "临安区": [(119.725, 30.233), (119.400, 30.190), (119.220, 30.170), (119.755, 30.170)],
    "临平区": [(120.300, 30.420), (120.190, 30.475), (120.292, 30.345), (120.175, 30.400)],
    "钱塘区": [(120.355, 30.312), (120.490, 30.275), (120.415, 30.288), (120.640, 30.290)],
}

SOME_NEIGHBOURS = [("上城区", "滨江区"), ("西湖区", "拱墅区"), ("余杭区", "临平区"), ("萧山区", "钱塘区")]


def test_the_stored_map_is_what_the_arcs_draw() -> None:
    drawn = city_drawing.draw_city(json.loads(city_drawing.ARCS.read_text(encoding="utf-8")))
    assert drawn["features"] == MAP["features"]


def test_there_are_ten_districts_and_the_waters() -> None:
    assert set(DISTRICTS) == set(LANDMARKS)
    assert {"西湖", "钱塘江"} <= set(WATERS)


@pytest.mark.parametrize("name", [*DISTRICTS, *WATERS])
def test_each_shape_is_valid(name: str) -> None:
    drawn = DISTRICTS.get(name) or WATERS[name]
    assert drawn.is_valid
    assert drawn.area > 0


def test_no_two_districts_overlap() -> None:
    overlaps = {(a, b): DISTRICTS[a].intersection(DISTRICTS[b]).area for a, b in itertools.combinations(DISTRICTS, 2)}
    assert max(overlaps.values()) == 0


def test_the_districts_leave_no_hole_between_them() -> None:
    land = unary_union(list(DISTRICTS.values()))
    assert land.geom_type == "Polygon"
    assert not land.interiors


@pytest.mark.parametrize(("a", "b"), SOME_NEIGHBOURS)
def test_neighbours_share_a_border(a: str, b: str) -> None:
    assert DISTRICTS[a].intersection(DISTRICTS[b]).length > 0.01


@pytest.mark.parametrize("name", list(LANDMARKS))
def test_known_places_lie_in_their_district(name: str) -> None:
    for lng, lat in LANDMARKS[name]:
        inside = [other for other, drawn in DISTRICTS.items() if drawn.contains(Point(lng, lat))]
        assert inside == [name], (lng, lat)


def test_the_west_lake_lies_in_its_district_and_the_river_parts_the_city() -> None:
    lake = WATERS["西湖"]
    assert lake.difference(DISTRICTS["西湖区"]).area < lake.area * 0.01
    for name in ("上城区", "滨江区", "萧山区", "西湖区", "富阳区", "钱塘区"):
        assert WATERS["钱塘江"].intersects(DISTRICTS[name])


def test_labels_lie_in_their_district() -> None:
    for feature in MAP["features"]:
        if feature["properties"]["kind"] == "district":
            assert DISTRICTS[feature["properties"]["name"]].contains(Point(feature["properties"]["label"]))
