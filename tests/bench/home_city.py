"""What `home.py` does once Django is there."""

import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.bench.figures import percentiles_ms
from tests.web.people import Api, body_of, sold
from web.accounts.models import User
from web.catalog import interest
from web.catalog.home.popularity import LOOK_BACK, TOGETHER_WITHIN, Popularity
from web.catalog.home.shelf import Shelf
from web.catalog.models import Service, ServiceView
from web.demo.seeding import CENTRE, CITY, seed
from web.orders import habits
from web.orders.models import Order
from web.orders.policies import Policies
from web.scheduling.routing import Place
from web.workforce.plan import day_of
from workflows.transitions import Phase, Role

CUSTOMERS = 5_000
AT_ONCE = 2_000
TIMES = 5


def measure(*, orders: int, views: int, pages: int) -> str:
    """One JSON object: times in ms."""
    chance = Random(20_261_129)
    settings.ALLOWED_HOSTS = ["testserver"]
    seed(speed=1)
    people = User.objects.bulk_create(User(role=Role.CUSTOMER, password="!") for _ in range(CUSTOMERS))
    services = list(Service.objects.exclude(published=None).select_related("published"))
    _fill_orders(orders, people, services)
    _fill_views(views, people, services)
    now = timezone.now()
    since = now - LOOK_BACK
    popular = Popularity(CITY, now)
    figures: dict[str, Any] = {
        "orders_by_day_ms": _best(lambda: habits.booked_by_day(city=CITY, since=since)),
        "views_by_day_ms": _best(lambda: interest.viewed_by_day(city=CITY, since=day_of(since))),
        "popular_ms": _best(lambda: Popularity(CITY, now).days),
        "together_ms": _best(lambda: habits.booked_together(services[0].pk, city=CITY, since=now - TOGETHER_WITHIN)),
        "shelf_ms": _best(lambda: Shelf(CITY, at=now, popularity=popular).candidates),
    }
    figures["earliest_ms"] = _best(
        lambda: (one := Shelf(CITY, at=now, popularity=popular)).earliest(list(one.rows)[:60], place=Place(*CENTRE))
    )
    figures["cards_ms"] = _best(lambda: (one := Shelf(CITY, at=now, popularity=popular)).cards(list(one.rows)[:60]))
    first = time.perf_counter()
    Api().get("/home", city=CITY)
    figures["first_page_ms"] = round(1000 * (time.perf_counter() - first), 1)
    figures["page_ms"] = percentiles_ms([_page(None) for _ in range(pages)])
    figures["own_page_ms"] = percentiles_ms([_page(chance.choice(people)) for _ in range(pages)])
    return json.dumps(figures | {"orders": orders, "views": views, "services": len(services)})


def _page(by: User | None) -> float:
    asker = Api(by)
    began = time.perf_counter()
    body_of(asker.get("/home", city=CITY))
    return time.perf_counter() - began


def _best(ask: Callable[[], object]) -> float:
    """Of some times, for the machine is not ours alone."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return round(1000 * min(times), 1)


def _fill_orders(number: int, people: list[User], services: list[Service]) -> None:
    """Copies of one, each of another customer, service and day: a few services have most of the orders."""
    now = timezone.now()
    one = Order.objects.create(
        customer=people[0],
        service=services[0],
        service_version=sold(services[0]),
        service_name="",
        city=CITY,
        phase=Phase.COMPLETED.value,
        paid_at=now,
        starts_at=now,
        duration_s=3600,
        district="",
        lng=CENTRE[0],
        lat=CENTRE[1],
        total_fen=9_900,
        policies=Policies().model_dump(mode="json"),
        key="",
        ended_at=now,
    )
    columns = {str(one.column): f"o.{one.column}" for one in Order._meta.concrete_fields if not one.primary_key}
    columns |= {"key": "one.number::text", "placed_at": "one.at", "paid_at": "one.at", "customer_id": "one.customer"}
    columns |= {"service_id": "s.id", "service_version_id": "s.published_id"}
    _insert(Order._meta.db_table, columns, number, people, services, more=f"JOIN orders_order o ON o.id = {one.pk}")


def _fill_views(number: int, people: list[User], services: list[Service]) -> None:
    """A third of them of customers."""
    columns = {"service_id": "s.id", "city": f"'{CITY}'", "day": "one.at::date", "at": "one.at"}
    columns["user_id"] = "CASE WHEN one.number %% 3 = 0 THEN one.customer END"
    _insert(ServiceView._meta.db_table, columns, number, people, services)


def _insert(
    table: str, columns: dict[str, str], number: int, people: list[User], services: list[Service], *, more: str = ""
) -> None:
    for begin in range(0, number, AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO {table} ({", ".join(columns)}) SELECT {", ".join(columns.values())} FROM (
                    SELECT number, now() - 90 * random() * interval '1 day' AS at,
                        (%s::bigint[])[1 + floor(%s * random())] AS customer,
                        (%s::bigint[])[1 + floor(%s * power(random(), 3))] AS service
                    FROM generate_series(%s, %s) AS number
                ) one JOIN catalog_service s ON s.id = one.service {more} ON CONFLICT DO NOTHING
                """,  # noqa: S608 - names of ours
                [
                    *([one.pk for one in people], len(people)),
                    *([one.pk for one in services], len(services)),
                    *(begin + 1, min(begin + AT_ONCE, number)),
                ],
            )
