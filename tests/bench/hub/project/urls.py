"""Three kinds of request: one that reads the database, one that waits for others, and a report."""

import asyncio
import json
import time

from django.http import HttpRequest, JsonResponse
from django.urls import path

from tests.hub.notes.models import Note

WAITS_S = 0.02
HEAVY_CPU_S = 0.05


class Answer(JsonResponse):
    """With its length, as Django's middleware would have it."""

    def __init__(self, **data: object) -> None:
        super().__init__(data)
        self["Content-Length"] = str(len(self.content))


def read(request: HttpRequest) -> Answer:
    return Answer(notes=list(Note.objects.order_by("id").values("id", "value")[:20]))


async def wait(request: HttpRequest) -> Answer:
    """As one that awaits a workflow's decision."""
    await asyncio.sleep(WAITS_S)
    return Answer(decided=True)


def report(request: HttpRequest) -> Answer:
    """So much processor time of its thread, however fast the machine is."""
    began, rows = time.thread_time(), 0
    while time.thread_time() - began < HEAVY_CPU_S:
        json.dumps([{"row": row, "text": f"row {row}"} for row in range(100)])
        rows += 100
    return Answer(rows=rows)


urlpatterns = [path("sync", read), path("async", wait), path("heavy", report)]
