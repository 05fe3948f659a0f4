"""Valhalla over HTTP: its time-distance matrix, on OpenStreetMap. Here alone GCJ-02 becomes WGS-84.

https://valhalla.github.io/valhalla/api/matrix/api-reference/
"""

from collections.abc import Sequence
from typing import Any

import httpx

from web.scheduling.routing.gcj02 import to_wgs84
from web.scheduling.routing.places import Place
from web.scheduling.routing.vendors import Row, Unanswered, whole


class Valhalla:
    """Of one address, without a path."""

    name = "valhalla"

    def __init__(self, *, api: str, timeout_s: float) -> None:
        self._api, self._timeout_s = api.rstrip("/"), timeout_s

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[Row]:
        """See `Vendor`."""
        body = {
            "sources": [_location(place) for place in origins],
            "targets": [_location(place) for place in destinations],
            "costing": "auto",
            "units": "kilometers",
        }
        address = f"{self._api}/sources_to_targets"
        try:
            answer = httpx.post(address, json=body, timeout=self._timeout_s, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unanswered(type(error).__name__) from None
        if answer.status_code != 200:
            raise Unanswered(f"HTTP {answer.status_code}")
        try:
            return [[_element(one) for one in row] for row in answer.json()["sources_to_targets"]]
        except (ValueError, KeyError, TypeError):
            raise Unanswered("not what its documents say") from None


def _location(place: Place) -> dict[str, float]:
    there = to_wgs84(place)
    return {"lat": round(there.lat, 6), "lon": round(there.lng, 6)}


def _element(one: Any) -> tuple[int, int] | None:
    # Null where no road leads.
    return None if one["time"] is None else (whole(one["distance"] * 1000), whole(one["time"]))
