"""The platform's HTTP API as the demo's people use it: politely, and never giving up at the first failure."""

import asyncio
import logging
import time
from random import Random
from typing import Any

import httpx

log = logging.getLogger("people")

TRY_AGAIN = frozenset({429, 502, 503, 504})
LONGEST_PAUSE_S = 10.0
PATIENCE_S = 300.0


class Refused(Exception):
    """The platform said no: to what, HTTP status, stable code, details."""

    def __init__(self, path: str, status: int, code: str, details: dict[str, Any]) -> None:
        super().__init__(f"{path}: {status} {code}")
        self.status, self.code, self.details = status, code, details


class Unreachable(Exception):
    """No answer within one's patience."""


class Api:
    """One process's way to the platform: bounded in requests at once and per second, whoever of its people asks."""

    def __init__(self, base_url: str, *, per_second: float = 40.0, at_once: int = 10) -> None:
        # trust_env: a proxy of this machine's environment is not on the way to a server of this machine.
        self._client = httpx.AsyncClient(base_url=base_url, timeout=15, trust_env=False)
        self.base_url = base_url
        self._gap_s = 1 / per_second
        self._next_at = 0.0
        self._slots = asyncio.Semaphore(at_once)
        self._dice = Random()

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        key: str = "",
        body: dict[str, Any] | None = None,
        photo: bytes | None = None,
        params: dict[str, Any] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """The answer's JSON (None for an empty one). body: as JSON; or a photo, a JPEG, as it is.

        What never arrived, 429 and 5xx are tried again, with the same Idempotency-Key, after a growing pause.
        Raises Refused for any other refusal and Unreachable when patience ends.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        if photo is not None:
            headers["Content-Type"] = "image/jpeg"
        gives_up_at = time.monotonic() + patience_s
        tries = 0
        while True:
            answer = await self._ask(method, path, headers=headers, json=body, content=photo, params=params)
            if answer is not None and answer.status_code not in TRY_AGAIN:
                return _read(path, answer)
            pause_s = self._pause_s(answer, tries)
            if time.monotonic() + pause_s > gives_up_at:
                raise Unreachable(path)
            tries += 1
            await asyncio.sleep(pause_s)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        async with self._slots:
            await self._take_turn()
            try:
                return await self._client.request(method, path, **request)
            except httpx.TransportError as error:
                log.debug("%s %s: %s", method, path, type(error).__name__)
                return None

    async def _take_turn(self) -> None:
        now = time.monotonic()
        turn = max(now, self._next_at)
        self._next_at = turn + self._gap_s
        await asyncio.sleep(turn - now)

    def _pause_s(self, answer: httpx.Response | None, tries: int) -> float:
        """What the answer asks for, else doubling from half a second; half of it is chance."""
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        pause = float(asked) if asked.isdecimal() else 0.5 * 2 ** min(tries, 6)
        return min(pause, LONGEST_PAUSE_S) * self._dice.uniform(0.5, 1.0)


def _read(path: str, answer: httpx.Response) -> Any:
    if answer.status_code == 204:
        return None
    try:
        content = answer.json()
    except ValueError:
        raise Refused(path, answer.status_code, "no_json", {}) from None
    if answer.status_code >= 400:
        raise Refused(path, answer.status_code, content.get("code", ""), content.get("details", {}))
    return content
