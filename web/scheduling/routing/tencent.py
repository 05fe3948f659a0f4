"""腾讯位置服务, WebService API: 距离矩阵, driving with the traffic of now, signed with the key's SecretKey (SK).

https://lbs.qq.com/service/webService/webServiceGuide/webServiceMatrix, and for the signature
https://lbs.qq.com/faq/serverFaq/webServiceKey. It counts pairs, not requests.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from web.scheduling.routing.places import Place
from web.scheduling.routing.vendors import Row, Unanswered, whole

PATH = "/ws/distance/v1/matrix"


class Tencent:
    """Of one key. api: where it is, without a path. sk: "" for a key without signature check (SN校验)."""

    name = "tencent"

    def __init__(self, *, api: str, key: str, sk: str, timeout_s: float) -> None:
        self._api, self._key, self._sk, self._timeout_s = api.rstrip("/"), key, sk, timeout_s

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[Row]:
        """See `Vendor`."""
        query = {"from": _points(origins), "key": self._key, "mode": "driving", "to": _points(destinations)}
        if self._sk:
            query["sig"] = signature(PATH, query, self._sk)
        try:
            answer = httpx.get(self._api + PATH, params=query, timeout=self._timeout_s, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unanswered(type(error).__name__) from None
        return _rows(answer)


def signature(path: str, query: Mapping[str, str], sk: str) -> str:
    """The parameter `sig`: MD5 of the path, "?", the parameters sorted by name and not encoded, and the SK."""
    pairs = "&".join(f"{name}={query[name]}" for name in sorted(query))
    return hashlib.md5(f"{path}?{pairs}{sk}".encode(), usedforsecurity=False).hexdigest()


def _points(places: Sequence[Place]) -> str:
    return ";".join(f"{place.lat:.6f},{place.lng:.6f}" for place in places)


def _rows(answer: httpx.Response) -> list[Row]:
    try:
        body: Any = answer.json()
        # Its message names the caller's address, so only the number goes any further.
        if answer.status_code != 200 or body["status"] != 0:
            raise Unanswered(f"HTTP {answer.status_code}, status {int(body['status'])}")
        return [[_element(one) for one in row["elements"]] for row in body["result"]["rows"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered(f"HTTP {answer.status_code}, not what its documents say") from None


def _element(one: Any) -> tuple[int, int] | None:
    # A pair with a status of its own has no road near: its distance is the straight line, its duration 0.
    return None if one.get("status") else (whole(one["distance"]), whole(one["duration"]))
