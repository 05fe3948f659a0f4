"""What `slots.py` does once Django is there."""

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

import hub
from tests.bench.figures import percentiles_ms
from tests.web.people import CENTRE, CITY, make_city
from web.accounts.models import User
from web.orders.policies import Policies
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.models import Reservation
from web.scheduling.routing import Place, Router
from web.scheduling.selectors import Wanted, earliest_starts, free_slots
from web.times import SHANGHAI
from web.workforce.models import Break, HomeBase, Leave, Worker, WorkerSkill, WorkingHours
from workflows.transitions import Role

DAYS = 14
HALF_CITY_DEGREES = 0.25
"""Some 50 km across."""

SKILLS = ("cleaning", "repair", "massage", "beauty")
POLICIES = Policies()
BOOKINGS_PER_S = 2
WARM_UP_S = 5
FIRST_ORDER = 1_000_000
"""Of kept visits, which have no orders; beyond those that others of the same database may have."""

PAGES = 100

THREADS = 9
"""One of them books; each keeps a connection, and a process has ten."""


def measure(*, workers: int, visits: int, rate: int, seconds: int) -> str:
    """One JSON object; see `figures`."""
    return json.dumps(figures(workers=workers, visits=visits, rate=rate, seconds=seconds))


def figures(*, workers: int, visits: int, rate: int, seconds: int) -> dict[str, Any]:
    """The selector's times in ms, those of the first times of a page, what a calendar had in it, and what was booked
    meanwhile."""
    chance = Random(20_261_129)
    make_city()
    ids = _fill_workers(workers, chance)
    kept = _fill_visits(ids, visits, chance)
    began = time.perf_counter()
    _ask(chance)
    first_ms = round(1000 * (time.perf_counter() - began), 1)
    times, sizes, booked, cpu_ms = _under_load(ids, rate, seconds, chance)
    return {
        "slots_ms": percentiles_ms(times),
        "cpu_ms": round(cpu_ms, 1),
        "page_ms": percentiles_ms([_page(chance) for _ in range(PAGES)]),
        "first_ms": first_ms,
        "requests": len(times),
        "rate_per_s": rate,
        "workers": workers,
        "kept": kept,
        "booked_meanwhile": booked,
        "slots": round(sum(slots for slots, _ in sizes) / len(sizes), 1),
        "free_workers": round(sum(free for _, free in sizes) / len(sizes), 1),
    }


def _under_load(
    ids: list[int], rate: int, seconds: int, chance: Random
) -> tuple[list[float], list[tuple[int, int]], int, float]:
    times: list[float] = []
    sizes: list[tuple[int, int]] = []
    over = threading.Event()

    def ask(came: float, dice: Random) -> None:
        size = _ask(dice)
        times.append(time.perf_counter() - came)
        sizes.append(size)

    with ThreadPoolExecutor(THREADS) as pool:
        booking = pool.submit(_book, ids, Random(1), over)
        began, cpu_s = (came := time.perf_counter()), time.process_time()
        while came - began < WARM_UP_S + seconds:
            came += chance.expovariate(rate)
            time.sleep(max(0.0, came - time.perf_counter()))
            pool.submit(ask, came, Random(chance.random()))
            if came - began < WARM_UP_S:
                times.clear()
                sizes.clear()
                cpu_s = time.process_time()
        over.set()
    booked = booking.result()
    return times, sizes, booked, 1000 * (time.process_time() - cpu_s) / len(times)


def _ask(chance: Random) -> tuple[int, int]:
    """(times, free workers at the best of them) of a calendar somewhere, for something, on one of the days."""
    day = timezone.now().astimezone(SHANGHAI).date() + timedelta(days=chance.randrange(1, DAYS - 1))
    slots = free_slots(
        city=CITY,
        skill=chance.choice(SKILLS),
        place=_somewhere(chance),
        day=day,
        duration_s=chance.choice((3600, 7200, 10_800)),
        policies=POLICIES,
    )
    return len(slots), max((slot.workers for slot in slots), default=0)


def _page(chance: Random) -> float:
    """Seconds for the first times of a page: every skill, for five lengths, somewhere, from now on."""
    wanted = [Wanted(skill, 1800 * half_hours, POLICIES) for skill in SKILLS for half_hours in (1, 2, 3, 4, 8)]
    began = time.perf_counter()
    earliest_starts(wanted, city=CITY, place=_somewhere(chance), days=7)
    return time.perf_counter() - began


def _book(ids: list[int], chance: Random, over: threading.Event) -> int:
    """Book visits as checkout does until it is over; how many were."""
    numbers, booked = itertools.count(10_000_000), 0
    while not over.wait(1 / BOOKINGS_PER_S):
        worker_id, place = chance.choice(ids), _somewhere(chance)
        job = Job.lasting(3600, starts_at=_sometime(chance), buffer_s=900, place=place)
        try:
            with hub.atomic():
                scheduling.lock_workers([worker_id])
                scheduling.reserve(
                    order_id=next(numbers), worker_id=worker_id, home=place, job=job, travel=POLICIES.travel
                )
            booked += 1
        except Exception:  # noqa: S112 - taken: there are more
            continue
    connection.close()
    return booked


def _fill_workers(count: int, chance: Random) -> list[int]:
    users = User.objects.bulk_create(
        User(role=Role.WORKER, phone=f"+8613{number:09}", phone_hash=f"bench-{number}", password="!", city=CITY)
        for number in range(count)
    )
    workers = [_worker(user, chance) for user in users]
    Worker.objects.bulk_create(workers)
    learnt = [WorkerSkill(worker=one, skill=skill) for one in workers for skill in chance.sample(SKILLS, 2)]
    WorkerSkill.objects.bulk_create(learnt, batch_size=5000)
    hours = [
        WorkingHours(worker=one, weekday=weekday, starts_s=3600 * chance.choice((7, 8, 9)), ends_s=3600 * 20)
        for one in workers
        for weekday in chance.sample(range(7), 6)
    ]
    WorkingHours.objects.bulk_create(hours, batch_size=5000)
    lunch = [
        Break(worker=one, weekday=weekday, starts_s=43_200, ends_s=46_800) for one in workers for weekday in range(7)
    ]
    Break.objects.bulk_create(lunch[::2], batch_size=5000)
    bases = [HomeBase(worker=one, lng=one.home_lng + 0.02, lat=one.home_lat, weekdays=[5, 6]) for one in workers[::5]]
    HomeBase.objects.bulk_create(bases)
    now = timezone.now()
    away = [Leave(worker=one, kind="annual", starts_at=now, ends_at=now + timedelta(days=4)) for one in workers[::20]]
    Leave.objects.bulk_create(away)
    return [one.pk for one in workers]


def _worker(user: User, chance: Random) -> Worker:
    """He serves a polygon of twelve corners around his home, some ten kilometres across or twice that."""
    home, half = _somewhere(chance), chance.uniform(0.05, 0.2)
    corners = [
        (1, 0.4),
        (0.9, 0.7),
        (0.5, 1),
        (-0.4, 1),
        (-0.8, 0.8),
        (-1, 0.3),
        (-1, -0.5),
        (-0.6, -0.9),
        (0.2, -1),
        (0.7, -0.8),
        (1, -0.3),
    ]
    ring = [[home.lng + half * x, home.lat + half * y] for x, y in (*corners, corners[0])]
    area = {"type": "Polygon", "coordinates": [ring]}
    capped = chance.random() < 0.2
    return Worker(user=user, city=CITY, home_lng=home.lng, home_lat=home.lat, area=area, max_day=4 if capped else None)


def _fill_visits(ids: list[int], count: int, chance: Random) -> int:
    """Visits that do not overlap, their ways included; how many found room."""
    days: dict[int, list[tuple[datetime, datetime]]] = {}
    rows: list[Reservation] = []
    numbers = itertools.count(1)
    router = Router(POLICIES.travel)
    while len(rows) < count and next(numbers) < 20 * count:
        worker_id, starts_at, place = chance.choice(ids), _sometime(chance), _somewhere(chance)
        ends_at = starts_at + timedelta(hours=chance.choice((1, 1, 2, 3)))
        travel_s = min(2400, router.leg(Place(*CENTRE), place, arriving=starts_at).travel_s)
        begins, over = starts_at - timedelta(seconds=travel_s), ends_at + timedelta(seconds=900)
        if any(begins < ends and starts < over for starts, ends in days.get(worker_id, ())):
            continue
        days.setdefault(worker_id, []).append((begins, over))
        values = {"starts_at": starts_at, "ends_at": ends_at, "travel_s": travel_s, "buffer_s": 900}
        period = DateTimeTZRange(begins, over, "[)")
        rows.append(
            Reservation(
                worker_id=worker_id, order_id=FIRST_ORDER + len(rows), period=period, **values, **place._asdict()
            )
        )
    Reservation.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return len(rows)


def _somewhere(chance: Random) -> Place:
    west, south = CENTRE[0] - HALF_CITY_DEGREES, CENTRE[1] - HALF_CITY_DEGREES
    return Place(west + 2 * HALF_CITY_DEGREES * chance.random(), south + 2 * HALF_CITY_DEGREES * chance.random())


def _sometime(chance: Random) -> datetime:
    """Half past or full, from 8 to 18 in Shanghai."""
    day = timezone.now().astimezone(SHANGHAI).replace(hour=8, minute=0, second=0, microsecond=0)
    return day + timedelta(days=chance.randrange(1, DAYS), minutes=30 * chance.randrange(21))
