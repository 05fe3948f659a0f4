"""Points and orders that people have, for tests."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tests.web.people import make_service, sold
from tests.world.fiction import told_as_placed
from web.accounts.models import User
from web.catalog.models import Service
from web.marketing.models import PointsEntry
from web.marketing.services import points
from web.marketing.services.points import Why
from web.orders.models import Order
from workflows.transitions import Phase

_keys = itertools.count(1)


def enrich(user: User, number: int, *, days: float = 365) -> None:
    """He has so many points more, for so many days."""
    why = Why(PointsEntry.CORRECTED, f"test:{next(_keys)}")
    points.earn(user_id=user.pk, points=number, why=why, good_until=timezone.now() + timedelta(days=days))


def bought(user: User, *, at: datetime, service: Service | None = None, **fields: Any) -> Order:
    """A finished order of his, placed and paid then."""
    service = service or make_service()
    order = Order.objects.create(
        customer=user,
        service=service,
        service_version=sold(service),
        service_name=service.name,
        starts_at=at,
        duration_s=3600,
        district="西湖区",
        lng=120.15,
        lat=30.27,
        policies={},
        key=f"bought-{next(_keys)}",
        placed_at=at,
        **(
            {"city": "hangzhou", "phase": Phase.COMPLETED.value, "paid_at": at, "total_fen": 10_000, "ended_at": at}
            | fields
        ),
    )
    told_as_placed(order)
    return order
