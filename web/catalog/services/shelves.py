"""Where and when a service is sold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import hub
from web.catalog.models import City, Service, Shelving
from web.errors import DoorbellError


def put_on_shelf(
    *,
    service: Service,
    cities: Collection[City] | None = None,
    hot: bool = False,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> None:
    """Where and when the service is sold, in place of all that was said before; see `put_service`."""
    wanted: list[City | None] = [None] if cities is None else list(cities)
    with hub.atomic():
        kept = list[int]()
        for city in wanted:
            row = service.shelvings.filter(city=city).order_by("pk").first() or Shelving(service=service, city=city)
            row.hot, row.from_at, row.until_at = hot, from_at or row.from_at, until_at
            row.save()
            kept.append(row.pk)
        service.shelvings.exclude(pk__in=kept).delete()


def shelve(
    *,
    service: Service,
    city: City | None,
    hot: bool = False,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    row: Shelving | None = None,
) -> Shelving:
    """Sold in that city (None: in every one) from then until then, beside whatever else was said; row: one to change.

    Raises DoorbellError service_unpublished, shelving_has_no_time.
    """
    if service.published_id is None:
        raise DoorbellError("service_unpublished")
    with hub.atomic():
        row = row or Shelving()
        row.service, row.city, row.hot, row.until_at = service, city, hot, until_at
        row.from_at = from_at or row.from_at
        if row.until_at is not None and row.until_at <= row.from_at:
            raise DoorbellError("shelving_has_no_time")
        row.save()
    return row


def unshelve(*, row: Shelving) -> None:
    """Not sold there any more; what was ordered stays ordered."""
    with hub.atomic():
        row.delete()
