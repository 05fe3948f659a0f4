"""Somebody who has signed in."""

import asyncio
import uuid
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable

DECISION_PATIENCE_S = 600.0
LONGEST_WAIT_S = 10.0


class Person:
    """Signs in, stays signed in, and asks things of the platform."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.id = 0
        self._access = self._refresh = ""
        self._renewing = asyncio.Lock()

    async def sign_in(self) -> None:
        """Enter, unless one is in."""
        if not self._access:
            await self._renew("")

    async def get(self, path: str, **params: Any) -> Any:
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> Any:
        return await self._ask("POST", path, body=body or {}, key=key)

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return await self._ask("PUT", path, body=body)

    async def command(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask something of an order and wait for the decision: {command, status, state, version}.

        202 means that it is still pending: its outcome is asked for until there is one. Raises Refused, Unreachable.
        """
        answer: dict[str, Any] = await self.post(path, body, key=uuid.uuid4().hex)
        waited, pause = 0.0, 1.0
        while answer["status"] == "pending":
            if waited > DECISION_PATIENCE_S:
                raise Unreachable(path)
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_WAIT_S)
            answer = await self.get(f"/api/commands/{answer['command']}")
        if answer["status"] != "done":
            raise Refused(path, 409, answer["code"], answer["details"])
        return answer

    async def say(self, order_id: int, text: str) -> None:
        """In the order's conversation."""
        await self.post(f"/api/orders/{order_id}/messages", {"text": text}, key=uuid.uuid4().hex)

    async def hub_token(self) -> str:
        """For the socket's first message."""
        answer: dict[str, str] = await self.post("/api/hub/token")
        return answer["token"]

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        used = self._access
        try:
            return await self.api.call(method, path, token=used, **request)
        except Refused as refusal:
            if refusal.status != 401:
                raise
        await self._renew(used)
        return await self.api.call(method, path, token=self._access, **request)

    async def _renew(self, used: str) -> None:
        """New tokens, once, however many of one's requests found the old one expired."""
        async with self._renewing:
            if self._access != used:
                return
            answer = await self._refreshed() or await self._entered()
            self._access, self._refresh = answer["access"], answer["refresh"]
            self.id = answer["user"]["id"]

    async def _refreshed(self) -> dict[str, Any] | None:
        if not self._refresh:
            return None
        try:
            answer: dict[str, Any] = await self.api.call("POST", "/api/auth/refresh", body={"refresh": self._refresh})
        except Refused:
            return None
        return answer

    async def _entered(self) -> dict[str, Any]:
        raise NotImplementedError


class PhonePerson(Person):
    """Signs in with the code that the sandbox shows."""

    def __init__(self, api: Api, phone: str) -> None:
        super().__init__(api)
        self._phone = phone

    async def send_photo(self, picture: bytes) -> int:
        """The photo's id, to be named where it belongs."""
        return int((await self._ask("POST", "/api/photos", photo=picture))["id"])

    async def pay(self, path: str) -> None:
        """What is open at that path, at the sandbox's cashier."""
        payment: dict[str, Any] = {"gateway_no": None}
        while payment["gateway_no"] is None:
            payment = await self.post(path, {"channel": "sandbox"})
            await asyncio.sleep(1.0 if payment["gateway_no"] is None else 0)
        await self.post(f"/api/sandbox/payments/{payment['payment_id']}/pay")

    async def _entered(self) -> dict[str, Any]:
        sent = await self.api.call("POST", "/api/auth/codes", body={"phone": self._phone})
        body = {"phone": self._phone, "code": sent["sandbox_code"]}
        answer: dict[str, Any] = await self.api.call("POST", "/api/auth/login", body=body)
        return answer


class StaffPerson(Person):
    """Signs in with a password."""

    def __init__(self, api: Api, username: str, password: str) -> None:
        super().__init__(api)
        self._login = {"username": username, "password": password}

    async def _entered(self) -> dict[str, Any]:
        answer: dict[str, Any] = await self.api.call("POST", "/api/auth/staff", body=self._login)
        return answer
