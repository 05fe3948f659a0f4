"""People, a city and what is sold there, for tests; and a client that speaks the API as one of them."""

from __future__ import annotations

import itertools
import json
import secrets
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.test import Client

from web.accounts.encryption import phone_hash
from web.accounts.models import EVERY_CITY, Address, User
from web.accounts.tokens import issue_access
from web.catalog import services as catalog
from web.catalog.content import Content, Step
from web.catalog.models import Category, City, Service, ServiceVersion
from web.workforce import services as workforce
from web.workforce.models import Worker
from web.workforce.week import DAY_S, Span
from workflows.transitions import Role

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

CITY = "hangzhou"
PASSWORD = "right-password"
CENTRE = (120.15, 30.27)
SQUARE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[120.0, 30.1], [120.4, 30.1], [120.4, 30.4], [120.0, 30.4], [120.0, 30.1]]],
}
ALWAYS = [Span(weekday, 0, DAY_S) for weekday in range(7)]
# Redis remembers rate limits longer than a test run lasts: each run begins somewhere else.
_numbers = itertools.count(secrets.randbelow(10**7))


def new_phone() -> str:
    """A mobile number that nobody has, E.164."""
    return f"+86138{next(_numbers):08}"


def make_city(code: str = CITY, name: str = "") -> City:
    return catalog.put_city(code=code, name=name or ("杭州" if code == CITY else code), lng=CENTRE[0], lat=CENTRE[1])


def make_service(
    slug: str = "daily-cleaning", *, skill: str = "cleaning", on_shelf: bool = True, position: int = 0, **fields: Any
) -> Service:
    """fields: of its content."""
    values: dict[str, Any] = {
        "name": "日常保洁",
        "introduction": "两小时全屋保洁",
        "price_fen": 9_900,
        "visit_fee_fen": 1_000,
        "duration_s": 7_200,
        "steps": [Step("铺鞋套", "进门先铺"), Step("清洁厨房")],
    }
    return catalog.put_service(
        slug=slug,
        category=make_category(),
        sold=Content(skill=skill, **(values | fields)),
        position=position,
        cities=None if on_shelf else (),
    )


def sold(service: Service) -> ServiceVersion:
    """What is sold of a published service."""
    assert service.published is not None
    return service.published


def make_category(slug: str = "cleaning", name: str = "保洁") -> Category:
    return catalog.put_category(slug=slug, name=name)


def make_customer(**fields: Any) -> User:
    phone = fields.pop("phone", None) or new_phone()
    return User.objects.create(role=Role.CUSTOMER, phone=phone, phone_hash=phone_hash(phone), password="!", **fields)


def make_staff(*, city: str = EVERY_CITY, password: str = PASSWORD, **fields: Any) -> User:
    """Who may do everything there, unless his duties are named."""
    fields = {"duties": ["manager"]} | fields
    staff = User(role=Role.STAFF, username=f"staff-{next(_numbers)}", city=city, **fields)
    staff.set_password(password)
    staff.save()
    return staff


def make_worker(*, on_duty: bool = False, **fields: Any) -> Worker:
    values: dict[str, Any] = {
        "phone": new_phone(),
        "name": "王师傅",
        "city": CITY,
        "home": CENTRE,
        "area": SQUARE,
        "skills": ["cleaning"],
        "hours": ALWAYS,
    }
    worker = workforce.register_worker(**(values | fields))
    workforce.set_duty(worker_id=worker.pk, on_duty=on_duty)
    return Worker.objects.select_related("user").get(pk=worker.pk)


def make_address(user: User, **fields: Any) -> Address:
    values: dict[str, Any] = {
        "city": CITY,
        "district": "西湖区",
        "place": "文三路 100 号",
        "door": "3 幢 502",
        "contact_name": "李女士",
        "contact_phone": "+8613800138000",
        "lng": CENTRE[0],
        "lat": CENTRE[1],
    }
    return Address.objects.create(user=user, **(values | fields))


def token_of(user: User) -> str:
    """An access token of that person."""
    return issue_access(user_id=user.pk, family=uuid4())


class Api:
    """Speaks to /api/ as one person (None: nobody) from one address. CSRF is enforced as in production."""

    def __init__(self, user: User | None = None) -> None:
        number = next(_numbers)
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=str(IPv4Address(0x0A000000 + number)))
        self.token = token_of(user) if user else ""

    def get(self, path: str, **query: Any) -> Answer:
        return self._send("GET", path + "?" + "&".join(f"{name}={value}" for name, value in query.items()))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._send("POST", path, body, headers=headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._send("PUT", path, body, headers=headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._send("PATCH", path, body, headers=headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self._send("DELETE", path, headers=headers)

    def raw(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> Answer:
        """Bytes as they are: for what no well-behaved client sends."""
        return self.client.generic(method, f"/api{path}", body, content_type, headers=self._headers({}))

    def _send(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Answer:
        data = b"" if body is None else json.dumps(body)
        headers = self._headers(headers or {})
        return self.client.generic(method, f"/api{path}", data, "application/json", headers=headers)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        signed = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return signed | {name.replace("_", "-"): value for name, value in more.items()}


def refusal(response: Answer) -> tuple[int, str]:
    """(status, code) of a refusal, its shape having been checked."""
    body = json.loads(response.content)
    assert set(body) == {"code", "message", "details"}, body
    assert isinstance(body["message"], str)
    assert isinstance(body["details"], dict)
    return response.status_code, body["code"]


def body_of(response: Answer) -> Any:
    """The JSON of an answer that is no refusal."""
    assert response.status_code < 300, response.content
    return json.loads(response.content)
