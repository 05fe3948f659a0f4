"""Many who want the same few: 500 clients and 10 times of one worker, 1,000 clients and 100 coupons."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from config.stack.embedded import Stack
from tests.bench import grab_crowd
from tests.bench.figures import percentiles_ms
from tests.world import seeds, slot_rush
from tests.world.town import in_database
from web.catalog.models import Service
from web.times import SHANGHAI
from web.workforce import services as workforce
from web.workforce.week import Span

OPENS, SLOTS, HOUR_S = 8, 10, 3600
SKILL = "raced"


def slots(addresses: Sequence[str], *, clients: int) -> dict[str, Any]:
    """Everybody books one of the ten hours of a day of the only worker who can do it; raises where not ten are kept."""
    day = timezone.now().astimezone(SHANGHAI).date() + timedelta(days=2)
    service = _only_one(day)
    rush, offered, kept, orders = asyncio.run(_race(addresses, service.pk, day, clients))
    figures = {
        "slot_race": {"slots": offered, "booked": rush.codes["booked"], "clients": clients},
        "slot_race_answers": dict(rush.codes),
        "slot_race_ms": percentiles_ms(rush.seconds),
    }
    if not offered == kept == orders == rush.codes["booked"] == SLOTS:
        raise SystemExit(f"{figures}: {kept} times are kept, for {orders} orders")
    return figures


def grab(stack: Stack) -> dict[str, Any]:
    """A thousand customers and a hundred coupons; raises where somebody has two."""
    measured = json.loads(grab_crowd.measure(stack, clients=1_000, stock=100, servers=2, rounds=1))
    return {name: measured[name] for name in ("grab", "grab_ms")}


def _only_one(day: date) -> Service:
    service = seeds.make_service(skill=SKILL, duration_s=HOUR_S)
    terms = {"slot_step_s": HOUR_S, "min_notice_s": 0, "horizon_s": 7 * 86_400, "buffer_s": 0}
    seeds.give_terms(service, {"booking": terms, "payment": {"window_s": 900}})
    worker = seeds.make_worker(500, skills=[SKILL])
    hours = Span(day.weekday(), OPENS * HOUR_S, (OPENS + SLOTS) * HOUR_S)
    workforce.change_profile(worker_id=worker.pk, spans=[hours])
    return service


async def _race(
    addresses: Sequence[str], service_id: int, day: date, clients: int
) -> tuple[slot_rush.Rush, int, int, int]:
    """(what it came to, times offered before, different times kept after, orders)"""
    async with slot_rush.crowd(addresses, clients) as customers:
        path = f"/api/services/{service_id}/slots"
        offered = await customers[0].get(path, address_id=customers[0].address_id, day=day.isoformat())
        starts = [slot["starts_at"] for slot in offered["slots"]]
        rush = await slot_rush.rush(customers, service_id, starts)
        kept = await in_database(slot_rush.kept, customers)
        return rush, len(starts), len(set(kept)), await in_database(slot_rush.orders_of, customers)
