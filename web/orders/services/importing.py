"""Closed orders of other books become rows here: history to look at, to search and to count, without actors.

Nothing of them moves: their row has ended, no workflow is started, no event is pushed, no time is kept and nothing is
posted to the ledger, for their money never was in it. Their timeline is one line, `imported`, at the time of their end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import IntegrityError
from django.utils import timezone

import hub
from web.accounts import services as accounts
from web.accounts.encryption import keyed_hash
from web.accounts.models import User
from web.accounts.services import Remembered
from web.catalog import selectors as catalog
from web.orders import selectors
from web.orders.history import RULE, PastOrder, PastPerson, Problem, read_line
from web.orders.models import ImportedOrder, Order, OrderEvent, OrderLine, ServiceRecord
from web.orders.past import FIELDS, recorded
from web.orders.policies import Policies
from web.times import iso
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.catalog.models import ServiceVersion


@dataclass
class Report:
    """imported: new; known: imported before, as they are; problems: with any of a batch nothing of it was imported."""

    imported: int = 0
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


class _DryRun(Exception):
    """Ends the transaction of a batch that was to be tried only."""


@dataclass(frozen=True)
class _Known:
    """What the lines of a batch point at."""

    versions: Mapping[str | int, ServiceVersion]
    cities: Collection[str]
    people: Mapping[Remembered, User]
    hashes: Mapping[str, str]
    terms: dict[tuple[str, int], Policies] = field(default_factory=dict)

    def terms_of(self, city: str, service_id: int) -> Policies:
        """Today's: what it was bought under is not known, and nothing is decided by it any more."""
        if (city, service_id) not in self.terms:
            self.terms[(city, service_id)] = selectors.policies_for(city=city, service_id=service_id)
        return self.terms[(city, service_id)]


def import_orders(*, source: str, lines: Sequence[tuple[int, str]], dry_run: bool = False) -> Report:
    """A batch, all of it or nothing. lines: (its number in the file, JSON); source: whose books, as `history.SOURCE`.

    A line that was imported before is counted and left alone. dry_run: everything is tried, the database's own rules
    too, and nothing stays.
    """
    try:
        return _import_once(source, lines, dry_run)
    except IntegrityError:
        # Somebody imports the same at the same time: what he has done is known now.
        return _import_once(source, lines, dry_run)


def _import_once(source: str, lines: Sequence[tuple[int, str]], dry_run: bool) -> Report:
    read = [(number, read_line(number, written)) for number, written in lines]
    report = Report(problems=[one for _, one in read if isinstance(one, Problem)])
    given = [(number, one) for number, one in read if isinstance(one, PastOrder)]
    report.problems += _twice(given)
    try:
        with hub.atomic():
            known = _look_up(source, [one for _, one in given])
            new = [(number, one) for number, one in given if one.external_id not in known.hashes]
            report.problems += _changed(given, known) + _unknown(source, new, known)
            report.known = len(given) - len(new)
            if not report.problems:
                _write(source, [one for _, one in new], known)
                report.imported = len(new)
            # Nor are the accounts kept that were made for it.
            if dry_run or report.problems:
                raise _DryRun
    except _DryRun:
        pass
    report.problems.sort(key=lambda one: one.number)
    return report


def _look_up(source: str, orders: Sequence[PastOrder]) -> _Known:
    before = ImportedOrder.objects.filter(source=source, external_id__in=[one.external_id for one in orders])
    hashes = dict(before.values_list("external_id", "body_hash"))
    new = [one for one in orders if one.external_id not in hashes]
    return _Known(
        versions=catalog.versions_by_service({one.service for one in new}),
        cities=set(catalog.cities().values_list("code", flat=True)) if new else (),
        people=accounts.remember_people(people={who for one in new for who in _people(source, one)}),
        hashes=hashes,
    )


def _people(source: str, one: PastOrder) -> list[Remembered]:
    worker = [_remembered(source, one, one.worker, Role.WORKER)] if one.worker else []
    return [_remembered(source, one, one.customer, Role.CUSTOMER), *worker]


def _remembered(source: str, one: PastOrder, who: PastPerson, role: Role) -> Remembered:
    alias = f"{source}:{who.id}" if who.id else ""
    return Remembered(role, who.phone or "", alias, who.name, one.city if role is Role.WORKER else "")


def _twice(given: Iterable[tuple[int, PastOrder]]) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for number, one in given:
        if one.external_id in seen:
            found.append(Problem(number, "twice", "external_id"))
        seen.add(one.external_id)
    return found


def _changed(given: Iterable[tuple[int, PastOrder]], known: _Known) -> list[Problem]:
    return [
        Problem(number, "changed")
        for number, one in given
        if known.hashes.get(one.external_id, _hash(one)) != _hash(one)
    ]


def _unknown(source: str, new: Iterable[tuple[int, PastOrder]], known: _Known) -> list[Problem]:
    now = timezone.now()
    found = []
    for number, one in new:
        if one.ended_at > now:
            found.append(Problem(number, "times_out_of_order", "ended_at"))
        if one.city not in known.cities:
            found.append(Problem(number, "unknown_city", "city"))
        if one.service not in known.versions:
            found.append(Problem(number, "unknown_service", "service"))
        for who in _people(source, one):
            user = known.people.get(who)
            name = str(who.role.value)
            if user is None:
                found.append(Problem(number, "unknown_worker", name))
            elif user.role != who.role:
                found.append(Problem(number, "wrong_role", name))
    return found


def _hash(one: PastOrder) -> str:
    return keyed_hash(one.model_dump_json())


def _write(source: str, past: Sequence[PastOrder], known: _Known) -> None:
    orders = Order.objects.bulk_create([_order(source, one, known) for one in past])
    pairs = list(zip(orders, past, strict=True))
    OrderLine.objects.bulk_create(line for order, one in pairs for line in _lines(order, one))
    ServiceRecord.objects.bulk_create(record for order, one in pairs for record in _records(order, one))
    OrderEvent.objects.bulk_create(_event(source, order, one) for order, one in pairs)
    ImportedOrder.objects.bulk_create(_origin(source, order, one) for order, one in pairs)


def _order(source: str, one: PastOrder, known: _Known) -> Order:
    version = known.versions[one.service]
    customer, *worker = (known.people[who] for who in _people(source, one))
    sold, steps = version.sold, len(version.sold.steps)
    return Order(
        imported_from=source,
        customer=customer,
        worker=worker[0] if worker else None,
        service_id=version.service_id,
        service_version=version,
        service_name=sold.name,
        staff=one.staff,
        city=one.city,
        phase=one.phase,
        phase_since=one.ended_at,
        starts_at=one.starts_at,
        duration_s=one.duration_s or sold.duration_s,
        request=one.request,
        contact_name=one.where.contact_name,
        contact_phone=one.where.contact_phone or "",
        place=one.where.place,
        door=one.where.door,
        district=one.where.district,
        lng=one.where.lng,
        lat=one.where.lat,
        start_code="",
        work_begun=one.is_completed or one.started_at is not None,
        steps_done=steps if one.is_completed else 0,
        steps_total=steps,
        total_fen=one.total_fen,
        policies=known.terms_of(one.city, version.service_id).model_dump(mode="json"),
        paid_at=one.paid_at,
        cancel_fee_fen=one.cancel_fee_fen,
        cancelled_by=one.cancelled_by,
        cancel_reason=one.cancel_reason,
        refund_fen=one.refunded_fen,
        refunded_fen=one.refunded_fen,
        refunded_at=one.ended_at if one.refunded_fen else None,
        key=f"import:{source}:{one.external_id}",
        body_hash=_hash(one),
        placed_at=one.placed_at,
        ended_at=one.ended_at,
    )


def _lines(order: Order, one: PastOrder) -> list[OrderLine]:
    return [
        OrderLine(order=order, position=position, rule=RULE, **line.model_dump())
        for position, line in enumerate(one.lines, start=1)
    ]


def _records(order: Order, one: PastOrder) -> list[ServiceRecord]:
    done_at = (one.finished_at or one.ended_at) if one.is_completed else None
    return [
        ServiceRecord(order=order, position=position, name=step.name, standard=step.standard, done_at=done_at)
        for position, step in enumerate(order.bought.steps, start=1)
    ]


def _event(source: str, order: Order, one: PastOrder) -> OrderEvent:
    happened = {name: iso(at) for name, at in one.happened.items()}
    return OrderEvent(
        order=order,
        version=order.version,
        type="imported",
        phase_before=order.phase,
        phase=order.phase,
        role=Role.SYSTEM.value,
        key=order.key,
        data={"from": source, "external_id": one.external_id, **happened},
        changes=recorded(order, FIELDS),
        at=one.ended_at,
    )


def _origin(source: str, order: Order, one: PastOrder) -> ImportedOrder:
    return ImportedOrder(
        order=order,
        source=source,
        external_id=one.external_id,
        body_hash=order.body_hash,
        channel=one.channel,
        rating=one.rating,
    )
