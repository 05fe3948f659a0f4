"""People who act by the public HTTP API, as their phones do."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.world.failover import TLS, Failover
from tests.world.places import CENTER, CITY
from tests.world.waiting import until

PATIENCE_S = 300.0
"""For what takes a moment, unless everything is killed all the time."""

_numbers = itertools.count(1)


class Refused(Exception):
    """The API said no: `.status`, `.body`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status} {body}")


class Person:
    """Somebody signed in."""

    def __init__(self, *base_urls: str, first: int = 0) -> None:
        """Of several servers, `first` is asked first, and another one when it does not answer."""
        ways = Failover(base_urls, first=first) if len(base_urls) > 1 else None
        self.http = httpx.AsyncClient(base_url=base_urls[0], timeout=15, transport=ways, verify=TLS, trust_env=False)
        self.id = 0

    async def sign_in(self, phone: str) -> None:
        """By phone and the sandbox's code."""
        sent = await self.post("/api/auth/codes", {"phone": phone}, key=None)
        tokens = await self.post("/api/auth/login", {"phone": phone, "code": sent["sandbox_code"]}, key=None)
        self.signed_in(tokens["access"], tokens["user"]["id"])

    async def sign_in_as_staff(self, username: str) -> None:
        """By name and password, which are the same in tests."""
        tokens = await self.post("/api/auth/staff", {"username": username, "password": username}, key=None)
        self.signed_in(tokens["access"], tokens["user"]["id"])

    def signed_in(self, access: str, user_id: int) -> None:
        """With a token that is there already."""
        self.http.headers["Authorization"] = f"Bearer {access}"
        self.id = user_id

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The body of a 2xx. Raises Refused."""
        return _body(await self.http.get(path, params=params))

    async def post(self, path: str, body: Any = None, *, key: str | None = "") -> dict[str, Any]:
        """The body of a 2xx; a fresh Idempotency-Key unless one is given (None: none). Raises Refused."""
        headers = {} if key is None else {"Idempotency-Key": key or uuid.uuid4().hex}
        return _body(await self.http.post(path, json=body if body is not None else {}, headers=headers))

    async def put(self, path: str, body: Any) -> dict[str, Any]:
        """The body of a 2xx. Raises Refused."""
        return _body(await self.http.put(path, json=body))

    async def command(self, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        """A command, waited for to its end where it was answered 202. Raises Refused, also for what came late."""
        answer = await self.post(path, body, key=key)
        if answer["status"] == "pending":
            answer = await self.outcome(answer["command"], within_s=PATIENCE_S)
        if answer["status"] != "done":
            raise Refused(409, answer)
        return answer

    async def outcome(self, command_id: int, *, within_s: float) -> dict[str, Any]:
        """What became of a command, once that is known."""

        async def decided() -> dict[str, Any] | None:
            answer = await self.get(f"/api/commands/{command_id}")
            return answer if answer["status"] != "pending" else None

        return await until(decided, within_s=within_s)

    async def close(self) -> None:
        """Hang up."""
        await self.http.aclose()


class Customer(Person):
    """Somebody at home."""

    address_id = 0

    async def move_in(self, *, lng: float = CENTER[0], lat: float = CENTER[1]) -> None:
        """Save an address."""
        address = {
            "city": CITY,
            "district": "西湖区",
            "place": "文三路 100 号",
            "door": "3 幢 2 单元 501",
            "contact_name": "王小姐",
            "contact_phone": "13800138000",
            "lng": lng,
            "lat": lat,
        }
        self.address_id = (await self.post("/api/addresses", address, key=None))["id"]

    async def order(self, service_id: int, *, starts_in_s: float = 60, key: str = "") -> dict[str, Any]:
        """Quote and book; returns the detail."""
        quote = await self.post("/api/quotes", {"service_id": service_id, "address_id": self.address_id}, key=None)
        # On the grid of the tests' towns: whole seconds, rounded up.
        starts_at = (datetime.now(UTC) + timedelta(seconds=starts_in_s + 1)).replace(microsecond=0).isoformat()
        body = {
            "service_id": service_id,
            "address_id": self.address_id,
            "starts_at": starts_at,
            "quoted_fen": quote["total_fen"],
            "request": "家里有猫",
        }
        return await self.post("/api/orders", body, key=key)

    async def pay(self, order_id: int, *, what: str = "pay") -> int:
        """Pay at the sandbox's cashier, the order or `what` is open below it; returns the payment's id."""
        payment_id = await self.open_payment(order_id, what=what)
        await self.post(f"/api/sandbox/payments/{payment_id}/pay", key=None)
        return payment_id

    async def open_payment(self, order_id: int, *, what: str = "pay") -> int:
        """Go to the cashier, until the gateway knows the trade; returns the payment's id."""

        async def known() -> int | None:
            payment = await self.post(f"/api/orders/{order_id}/{what}", {"channel": "sandbox"}, key=None)
            return int(payment["payment_id"]) if payment["gateway_no"] else None

        return await until(known, within_s=PATIENCE_S)

    async def until(self, order_id: int, *phases: str, within_s: float = 20) -> dict[str, Any]:
        """Wait until the order is in one of these phases; returns the detail."""

        async def there() -> dict[str, Any] | None:
            detail = await self.get(f"/api/orders/{order_id}")
            return detail if detail["order"]["phase"] in phases else None

        return await until(there, within_s=within_s)


class Worker(Person):
    """Somebody on a scooter. patience_s: how long he waits for an offer."""

    patience_s = 15.0

    async def turn_switch(self, *, on_duty: bool) -> None:
        """听单 or 休息."""
        await self.put("/api/worker/duty", {"on_duty": on_duty})

    async def next_offer(self, *, within_s: float | None = None) -> dict[str, Any]:
        """The first open offer."""

        async def open_offers() -> list[dict[str, Any]]:
            return list((await self.get("/api/worker/offers"))["items"])

        return (await until(open_offers, within_s=within_s or self.patience_s))[0]

    async def be_at(self, *, lng: float = CENTER[0], lat: float = CENTER[1]) -> None:
        """The phone says that he is there, now."""
        seen = {"lng": lng, "lat": lat, "accuracy_m": 5, "at": datetime.now(UTC).isoformat()}
        await self.post("/api/worker/positions", {"positions": [seen]}, key=None)

    async def serve(self, order_id: int, *, code: str) -> None:
        """From setting out to finished."""
        for step in ("depart", "arrive"):
            await self.command(f"/api/orders/{order_id}/{step}")
        await self.serve_from_the_door(order_id, code=code)

    async def serve_from_the_door(self, order_id: int, *, code: str) -> None:
        """From the start code to finished."""
        await self.command(f"/api/orders/{order_id}/start", {"code": code})
        for record in (await self.get(f"/api/orders/{order_id}"))["records"]:
            await self.command(f"/api/orders/{order_id}/steps/{record['position']}")
        await self.command(f"/api/orders/{order_id}/finish")


def next_number() -> int:
    """A number nobody has had in this run, for phones and names."""
    return next(_numbers)


def _body(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 300:
        raise Refused(answer.status_code, answer.json())
    return dict(answer.json())
