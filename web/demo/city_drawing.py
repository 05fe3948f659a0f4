"""Draws the demo's map of Hangzhou from `data/hangzhou_arcs.json`.

A border between two districts is one arc that both use, so the districts share it point by point: they neither overlap
nor gape. Run `python -m web.demo.city_drawing` after changing the arcs; a test compares the stored map with it.
"""

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPoint, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

Point = tuple[float, float]

DATA = Path(__file__).parent / "data"
ARCS = DATA / "hangzhou_arcs.json"
MAP = DATA / "hangzhou.geojson"

METRES_PER_DEGREE = 111_320.0
NARROWING = math.cos(math.radians(30.2))
DIGITS = 5  # about a metre


def draw_city(source: dict[str, Any]) -> dict[str, Any]:
    """The FeatureCollection (GCJ-02): districts first, then the water that lies on top of them."""
    arcs = {name: _draw_arc(name, source["nodes"], points) for name, points in source["arcs"].items()}
    districts = [_district(entry, arcs) for entry in source["districts"]]
    land = unary_union([shape(feature["geometry"]) for feature in districts])
    waters = [_water(entry["name"], _river(entry["course"]).intersection(land)) for entry in source["rivers"]]
    waters += [_water(entry["name"], Polygon(_soften_ring(entry["ring"]))) for entry in source["lakes"]]
    return {"type": "FeatureCollection", "name": "hangzhou", "crs_note": "GCJ-02", "features": districts + waters}


def _draw_arc(name: str, nodes: dict[str, list[float]], points: list[Any]) -> list[Point]:
    placed: list[Point] = [(p[0], p[1]) for p in (nodes[q] if isinstance(q, str) else q for q in points)]
    return _rounded(_soften(_roughen(placed, random.Random(name))))


def _roughen(points: list[Point], dice: random.Random) -> list[Point]:
    """Puts a slightly displaced point into the middle of each segment: ruled lines look like nobody's border."""
    rough = [points[0]]
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        sway = dice.uniform(-0.07, 0.07)
        rough += [((x1 + x2) / 2 + (y2 - y1) * sway, (y1 + y2) / 2 - (x2 - x1) * sway), (x2, y2)]
    return rough


def _soften(points: list[Point]) -> list[Point]:
    """Chaikin's corner cutting, with the ends left where they are (three districts may meet there)."""
    cut: list[Point] = [points[0]]
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        cut += [(0.75 * x1 + 0.25 * x2, 0.75 * y1 + 0.25 * y2), (0.25 * x1 + 0.75 * x2, 0.25 * y1 + 0.75 * y2)]
    return [*cut, points[-1]]


def _soften_ring(ring: list[list[float]]) -> list[Point]:
    closed = [(p[0], p[1]) for p in [*ring, ring[0]]]
    return _rounded(_soften(_soften(closed)[1:-1]))


def _rounded(points: list[Point]) -> list[Point]:
    return [(round(x, DIGITS), round(y, DIGITS)) for x, y in points]


def _district(entry: dict[str, Any], arcs: dict[str, list[Point]]) -> dict[str, Any]:
    ring: list[Point] = []
    for name in entry["ring"]:
        piece = arcs[name[1:]][::-1] if name.startswith("-") else arcs[name]
        if ring and ring[-1] != piece[0]:
            raise ValueError(f"{entry['name']}: arc {name} begins at {piece[0]}, expected {ring[-1]}")
        ring += piece[1:] if ring else piece
    if ring[0] != ring[-1]:
        raise ValueError(f"{entry['name']}: the ring is open, {ring[-1]} is not {ring[0]}")
    properties = {"name": entry["name"], "kind": "district", "adcode": entry["adcode"], "label": entry["label"]}
    return {"type": "Feature", "properties": properties, "geometry": _geometry(Polygon(ring))}


def _river(course: list[list[float]]) -> BaseGeometry:
    """A river of changing width: `course` is [lng, lat, half width in metres], softened before it is widened."""
    line = _soften(_soften([(p[0], p[1]) for p in course]))
    width = _soften(_soften([(p[2], 0.0) for p in course]))
    banks = [_disc(x, y, half) for (x, y), (half, _) in zip(line, width, strict=True)]
    pieces = [MultiPoint([*a, *b]).convex_hull for a, b in itertools.pairwise(banks)]
    return unary_union(pieces).simplify(0.0002)


def _disc(x: float, y: float, radius_m: float) -> list[Point]:
    r = radius_m / METRES_PER_DEGREE
    angles = [math.tau * n / 16 for n in range(16)]
    return [(x + r * math.cos(a) / NARROWING, y + r * math.sin(a)) for a in angles]


def _water(name: str, geometry: BaseGeometry) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name, "kind": "water"}, "geometry": _geometry(geometry)}


def _geometry(geometry: BaseGeometry) -> dict[str, Any]:
    shortened = json.dumps(mapping(geometry))
    drawn: dict[str, Any] = json.loads(shortened, parse_float=lambda text: round(float(text), DIGITS))
    return drawn


def write_map() -> None:
    drawn = draw_city(json.loads(ARCS.read_text(encoding="utf-8")))
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in drawn["features"])
    head = json.dumps({k: v for k, v in drawn.items() if k != "features"}, ensure_ascii=False)[:-1]
    MAP.write_text(f'{head}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    write_map()
