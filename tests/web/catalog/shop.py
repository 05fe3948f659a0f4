"""A shop of a few services, and home pages as people see them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from tests.web.people import CENTRE, Api, body_of, make_city, make_service, make_worker, sold
from web.accounts.models import User
from web.catalog import services
from web.catalog.home.layouts import publish_layout, put_layout
from web.catalog.home.parts import Body, Part
from web.catalog.models import City, Service
from web.orders.models import Order
from web.orders.policies import Policies
from workflows.transitions import Phase

CITY = "hangzhou"


def make_shop() -> None:
    """Three services of two trades, which somebody in Hangzhou can do; 空调清洗 is hot."""
    make_city()
    make_worker(skills=["cleaning"])
    home = services.put_category(slug="appliances", name="家电清洗")
    for slug, name, hot, category, tags in (
        ("ac", "空调清洗", True, home, ("制冷",)),
        ("hood", "油烟机清洗", False, home, ("厨房",)),
    ):
        content = sold(make_service(slug, name=name, tags=tags)).sold
        services.put_service(slug=slug, category=category, sold=content, hot=hot)
    make_service("glass", name="擦玻璃", position=2)


def service(slug: str) -> Service:
    return Service.objects.get(slug=slug)


def laid_out(*bodies: Body, city: str = CITY, publish: bool = True, **fields: Any) -> None:
    """The city's page is these, with these fields of `Part`."""
    put_layout(by=None, city=city, wanted=[Part(body=body, **fields) for body in bodies])
    if publish:
        publish_layout(by=None, city=city)


def another_city() -> City:
    make_worker(skills=["cleaning"], city="suzhou")
    return services.put_city(code="suzhou", name="苏州", lng=120.58, lat=31.3)


def home(by: User | None = None, city: str = CITY, **query: Any) -> list[dict[str, Any]]:
    """The parts that somebody sees."""
    found: list[dict[str, Any]] = body_of(Api(by).get("/home", city=city, **query))["parts"]
    return found


def kinds(parts: list[dict[str, Any]]) -> list[str]:
    return [part["kind"] for part in parts]


def slugs(part: dict[str, Any]) -> list[str]:
    return [one["slug"] for one in part["services"]]


def ordered(customer: User, slug: str, *, at: datetime | None = None, paid: bool = True, city: str = CITY) -> Order:
    """An order as it stands when all is over, whenever it was placed."""
    row, at = service(slug), at or timezone.now()
    return Order.objects.create(
        customer=customer,
        service=row,
        service_version=sold(row),
        service_name=row.name,
        city=city,
        phase=Phase.COMPLETED.value,
        paid_at=at if paid else None,
        placed_at=at,
        starts_at=at,
        duration_s=3600,
        place="文三路 100 号",
        district="西湖区",
        lng=CENTRE[0],
        lat=CENTRE[1],
        total_fen=9_900,
        policies=Policies().model_dump(mode="json"),
        key=f"{slug}-{at.isoformat()}",
        ended_at=at,
    )
