"""An order as it was: each event keeps what its step wrote to the row, so that the row can be rebuilt for any moment.

What is kept is JSON: column -> value, times as ISO 8601, personal columns as their sealed token. The row itself is
never asked, so the past stays what it was whatever becomes of the row.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import Field, Max

from web.accounts.encryption import EncryptedTextField
from web.errors import DoorbellError
from web.orders.models import Alarm, Offer, Order, OrderEvent
from web.times import iso

Changes = Mapping[str, Any]

FIELDS: dict[str, "Field[Any, Any]"] = {
    field.attname: field
    for field in Order._meta.concrete_fields
    if field.attname not in ("id", "version", "moves_at", "service_version_id")
}
"""What an event keeps of the row. Of which order it is, and which version it made, stands on the event itself; when its
actor moves follows from the rest; what was bought never changes, and orders from before versions got theirs later.
"""

ALARMS_WITHIN = timedelta(seconds=1)
"""A step raises and clears alarms a moment after the time that stands on its event."""


def recorded(order: Order, names: Iterable[str]) -> dict[str, Any]:
    """These columns of the order (fields by name or by column) as its event keeps them."""
    # Through the model: a step may write `worker` or `worker_id`.
    columns = [getattr(Order._meta.get_field(name), "attname", "") for name in names]
    return {column: _kept(FIELDS[column], order) for column in columns if column in FIELDS}


def order_at(order_id: int, moment: datetime) -> Order:
    """The row as it was at `moment`, with the offer that was open then; never to be saved.

    Raises DoorbellError not_recorded with details {since}, the first moment that is known (null for none);
    of an imported order {imported_from}, too: its end is all that is known.
    """
    events = list(OrderEvent.objects.filter(order_id=order_id).order_by("version").values("version", "at", "changes"))
    known = next((index for index, event in enumerate(events) if event["changes"] is not None), len(events))
    so_far = [index for index, event in enumerate(events) if event["at"] <= moment]
    # Versions are the order of things: two servers' clocks need not agree to the millisecond.
    if not so_far or so_far[-1] < known:
        since = iso(events[known]["at"]) if known < len(events) else None
        raise DoorbellError(
            "not_recorded", details={"since": since, **_origin(events[0]["changes"] if events else None)}
        )
    until = events[known : so_far[-1] + 1]
    order = _rebuilt(order_id, until[-1]["version"], (event["changes"] for event in until))
    order.open_offers = sorted(offers_at(order_id, moment), key=lambda offer: (offer.due_at, offer.pk))
    return order


def _origin(first: Changes | None) -> dict[str, str]:
    source = (first or {}).get("imported_from", "")
    return {"imported_from": source} if source else {}


def offers_at(order_id: int, moment: datetime) -> list[Offer]:
    """The offers that waited for an answer at `moment`, the newest first."""
    made = Offer.objects.select_related("worker").filter(order_id=order_id, offered_at__lte=moment)
    return list(made.exclude(closed_at__lte=moment).order_by("-pk"))


def alarms_at(order_id: int, moment: datetime) -> list[Alarm]:
    """The alarms that stood at `moment`, the oldest first; what its very step raised or cleared is counted in."""
    settled = moment + ALARMS_WITHIN
    raised = Alarm.objects.filter(order_id=order_id, raised_at__lte=settled)
    return list(raised.exclude(cleared_at__lte=settled).order_by("pk"))


def unrecorded() -> dict[int, list[str]]:
    """Orders whose row is not what their events make of it -> the columns that differ; empty when all is well.

    One statement, so that it holds while orders are moving. Orders without any event are nobody's.
    """
    told = Order.objects.filter(events__isnull=False).annotate(
        changes=JSONBAgg("events__changes", order_by="events__version"), last=Max("events__version")
    )
    found = {order.pk: _differing(order, _rebuilt(order.pk, order.last, order.changes)) for order in told}
    return {order_id: names for order_id, names in found.items() if names}


def _differing(row: Order, rebuilt: Order) -> list[str]:
    return [name for name in ("version", *FIELDS) if getattr(row, name) != getattr(rebuilt, name)]


def _rebuilt(order_id: int, version: int, changes: Iterable[Changes | None]) -> Order:
    columns: dict[str, Any] = {}
    for change in changes:
        columns |= change or {}
    # A column that is gone is nobody's; one that came later has its default.
    return Order(
        id=order_id,
        version=version,
        **{name: _read(FIELDS[name], value) for name, value in columns.items() if name in FIELDS},
    )


def _kept(field: Any, order: Order) -> Any:
    value = field.get_prep_value(getattr(order, field.attname))
    return value.isoformat() if isinstance(value, datetime) else value


def _read(field: Any, value: Any) -> Any:
    # A token stays sealed until somebody who may asks for it.
    return field.from_db_value(value) if isinstance(field, EncryptedTextField) else field.to_python(value)
