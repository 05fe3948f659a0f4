"""Fifty writers on one worker's day, in a process of its own (more connections than the product's processes have).

`python -m tests.bench.orders.reservations [WRITERS] [ATTEMPTS of each]`: the last line is one JSON object.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
WRITERS, ATTEMPTS = 50, 40
DAY_MINUTES, JOB_MINUTES = 24 * 60, 15
OVERLAPS = """
SELECT count(*) FROM scheduling_reservation one JOIN scheduling_reservation other
ON one.worker_id = other.worker_id AND one.id < other.id AND one.active AND other.active AND one.period && other.period
"""


def measure(writers: int, attempts: int) -> dict[str, Any]:
    """Each writer asks for times of the day at random, one transaction an attempt, as booking does.

    reservation_per_s: attempts that were decided; kept: those that got their time; overlaps: what must never be.
    """
    from django.db import connection

    from tests.world import seeds

    worker_id = seeds.make_worker(999).pk
    all_there = Barrier(writers + 1)
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(_write, worker_id, number, attempts, all_there) for number in range(writers)]
        all_there.wait()
        began = time.perf_counter()
        kept = sum(each.result() for each in writing)
        took_s = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        overlaps = cursor.fetchone()[0]
    decided = writers * attempts
    return {"reservation_per_s": round(decided / took_s, 1), "writers": writers, "kept": kept, "overlaps": overlaps}


def _write(worker_id: int, number: int, attempts: int, all_there: Barrier) -> int:
    from django.db import OperationalError, connection
    from django.utils import timezone

    import hub
    from tests.world.places import CENTER
    from web.errors import DoorbellError
    from web.orders.policies import Travel
    from web.scheduling import services as scheduling
    from web.scheduling.fit import Job
    from web.scheduling.routing import Place

    dice, kept, place = Random(number), 0, Place(*CENTER)
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=3)
    while connection.connection is None:
        # The pool opens them a few at a time, and whoever waits for longer than a second is sent away.
        with suppress(OperationalError):
            connection.ensure_connection()
    all_there.wait()
    for attempt in range(attempts):
        starts_at = day + timedelta(minutes=dice.randrange(DAY_MINUTES))
        job = Job.lasting(JOB_MINUTES * 60, starts_at=starts_at, buffer_s=0, place=place)
        order_id = -(number * attempts + attempt + 1)
        try:
            with hub.atomic():
                scheduling.lock_workers([worker_id])
                scheduling.reserve(order_id=order_id, worker_id=worker_id, home=place, job=job, travel=Travel())
            kept += 1
        except DoorbellError:
            continue
    connection.close()
    return kept


if __name__ == "__main__":
    import django

    django.setup()
    numbers = [int(argument) for argument in sys.argv[1:]]
    print(json.dumps(measure(*numbers or (WRITERS, ATTEMPTS))), flush=True)
