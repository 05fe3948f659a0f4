"""Rows that a test needs before anybody acts. Goes through services; policies are short, because tests do not wait."""

from collections.abc import Iterable
from typing import Any

from tests.world.places import CENTER as CENTER
from tests.world.places import CITY as CITY
from tests.world.places import customer_phone as customer_phone
from tests.world.places import worker_phone as worker_phone
from web.accounts.models import User
from web.catalog import services as catalog
from web.catalog.content import Content, Step
from web.catalog.models import Service
from web.orders.models import Policy
from web.orders.services.terms import put_policy
from web.workforce import services as workforce
from web.workforce.models import Worker
from web.workforce.week import Span
from workflows.transitions import Role

ALL_WEEK = [Span(day, 0, 86400) for day in range(7)]

SHORT_POLICIES: dict[str, dict[str, Any]] = {
    "booking": {"slot_step_s": 1, "min_notice_s": 0, "horizon_s": 7 * 86400, "buffer_s": 1},
    "travel": {"speed_mps": 2000},
    "payment": {"window_s": 20},
    "dispatch": {"offer_s": 10, "retry_s": 1, "max_offers": 5},
    "completion": {"autoconfirm_s": 3, "review_s": 1},
}


def square(center: tuple[float, float] = CENTER, half: float = 0.5) -> dict[str, Any]:
    """A GeoJSON polygon around a point; degrees."""
    lng, lat = center
    ring = [(lng - half, lat - half), (lng + half, lat - half), (lng + half, lat + half), (lng - half, lat + half)]
    return {"type": "Polygon", "coordinates": [[list(point) for point in [*ring, ring[0]]]]}


def make_city(policies: dict[str, dict[str, Any]] | None = None) -> None:
    """Hangzhou with short policies."""
    catalog.put_city(code=CITY, name="杭州", lng=CENTER[0], lat=CENTER[1])
    for kind, data in (SHORT_POLICIES | (policies or {})).items():
        Policy.objects.create(kind=kind, data=data)


def give_terms(service: Service, policies: dict[str, dict[str, Any]]) -> None:
    """Terms of one service alone: its offers lapse sooner, or it has to be paid sooner."""
    for kind, data in policies.items():
        put_policy(kind=kind, data=data, service=service)


def make_service(*, skill: str = "cleaning", price_fen: int = 19900, steps: int = 2, duration_s: int = 60) -> Service:
    """A service with so many steps."""
    return catalog.put_service(
        category=catalog.put_category(slug="home", name="家政清洁", position=1),
        slug=f"service-{skill}",
        sold=Content(
            name="日常保洁",
            introduction="两小时日常保洁",
            skill=skill,
            price_fen=price_fen,
            visit_fee_fen=1000,
            duration_s=duration_s,
            steps=tuple(Step(f"步骤{n}", "干净") for n in range(1, steps + 1)),
        ),
    )


def make_worker(
    number: int = 1,
    *,
    skills: Iterable[str] = ("cleaning",),
    home: tuple[float, float] = CENTER,
    area: dict[str, Any] | None = None,
    on_duty: bool = True,
) -> Worker:
    """Worker number so-and-so; his phone is made of the number."""
    worker = workforce.register_worker(
        phone=worker_phone(number),
        name=f"{number}号师傅",
        city=CITY,
        home=home,
        area=area or square(),
        skills=skills,
        hours=ALL_WEEK,
    )
    workforce.set_duty(worker_id=worker.pk, on_duty=on_duty)
    return worker


def make_dispatcher(username: str = "dispatcher", *, city: str = CITY, money: bool = True) -> User:
    """A member of staff; the password is the name. money: he also decides about it, as in a small city."""
    duties = ["dispatcher", "finance"] if money else ["dispatcher"]
    user = User(username=username, role=Role.STAFF, display_name=f"调度员{username}", city=city, duties=duties)
    user.set_password(username)
    user.save()
    return user
