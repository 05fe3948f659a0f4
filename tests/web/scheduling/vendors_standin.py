"""腾讯位置服务's 距离矩阵 and Valhalla's matrix, as their documents have them: one server that answers as both.

The signature is reckoned from the bytes of the request line, by the documents and not by our own function.

with vendors() as standin:
    standin.script = ["503"]
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.web.notifications.listening import Answering, listening

KEY, SK = "STAND-INKEY-FORMAP", "standin-sk"


class Vendors:
    """asked: (which, starts, ends) of each question, points as (lat, lng). script: what the next ones get instead: a
    status of Tencent's ("121"), an HTTP status ("503"), "page" (a proxy's HTML), "short" (a row too few), "slow".
    without_road: ends (lat, lng) that no road leads to. Every way is 1,000 m and 100 s for each start's place in line.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[tuple[float, float]], list[tuple[float, float]]]] = []
        self.script: list[str] = []
        self.without_road: set[tuple[float, float]] = set()
        self.address = ""

    @property
    def pairs(self) -> int:
        """So many pairs were asked about."""
        return sum(len(starts) * len(ends) for _, starts, ends in self.asked)


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Both, at `address`, until the block ends."""
    standin = Vendors()
    with listening(type("Handler", (_Handler,), {"vendors": standin})) as standin.address:
        yield standin


class _Handler(Answering):
    vendors: Vendors

    def do_GET(self) -> None:
        """Tencent's: /ws/distance/v1/matrix."""
        address = urlsplit(self.path)
        # Not parse_qsl: what was encoded must come out as it was, and a plus is a plus.
        query = dict(unquote(pair).split("=", 1) for pair in address.query.split("&"))
        wrong = _wrong_with(address.path, query)
        if wrong:
            self._answer({"status": wrong, "message": f"refused, you come from {self.client_address[0]}"})
            return
        starts, ends = _points(query["from"]), _points(query["to"])
        rows = [{"elements": [self._element(number, end) for end in ends]} for number, _ in enumerate(starts, 1)]
        self._scripted("tencent", starts, ends, {"status": 0, "message": "query ok", "result": {"rows": rows}})

    def do_POST(self) -> None:
        """Valhalla's: /sources_to_targets."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/sources_to_targets" or body["costing"] != "auto":
            self.send_error(404)
            return
        starts, ends = ([(one["lat"], one["lon"]) for one in body[side]] for side in ("sources", "targets"))
        rows = [
            [
                {"distance": number, "time": 100 * number, "from_index": number - 1, "to_index": place}
                if end not in self.vendors.without_road
                else {"distance": None, "time": None, "from_index": number - 1, "to_index": place}
                for place, end in enumerate(ends)
            ]
            for number, _ in enumerate(starts, 1)
        ]
        self._scripted("valhalla", starts, ends, {"sources_to_targets": rows, "units": "kilometers"})

    def _element(self, number: int, end: tuple[float, float]) -> dict[str, int]:
        if end in self.vendors.without_road:
            return {"status": 4, "distance": 77, "duration": 0}
        return {"distance": 1000 * number, "duration": 100 * number}

    def _scripted(
        self, which: str, starts: list[tuple[float, float]], ends: list[tuple[float, float]], body: dict[str, Any]
    ) -> None:
        self.vendors.asked.append((which, starts, ends))
        match self.vendors.script.pop(0) if self.vendors.script else "":
            case "":
                self._answer(body)
            case "page":
                self.write(200, b"<html>proxy</html>", "text/html")
            case "503":
                self.send_error(503)
            case "short":
                self._answer({"status": 0, "result": {"rows": []}, "sources_to_targets": []})
            case "slow":
                time.sleep(1.5)
                self.close_connection = True
            case status:
                self._answer({"status": int(status), "message": f"refused, you come from {self.client_address[0]}"})

    def _answer(self, body: dict[str, Any]) -> None:
        self.write(200, json.dumps(body).encode(), "application/json")


def _wrong_with(path: str, query: dict[str, str]) -> int:
    """The status of what is wrong with a request, 0 for nothing. 311: the key, 111: the signature, 310: the rest."""
    if query.get("key") != KEY:
        return 311
    signed = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "sig")
    if hashlib.md5(f"{path}?{signed}{SK}".encode(), usedforsecurity=False).hexdigest() != query.get("sig"):
        return 111
    if path != "/ws/distance/v1/matrix" or query.get("mode") != "driving":
        return 310
    return 310 if len(_points(query["from"])) * len(_points(query["to"])) > 625 else 0


def _points(text: str) -> list[tuple[float, float]]:
    points = [tuple(float(part) for part in point.split(",")) for point in text.split(";")]
    return [(lat, lng) for lat, lng in points]
