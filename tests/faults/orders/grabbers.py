"""Hundreds of workers who all grab the same orders at the same moment: by the API, and by the way that it goes on."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import httpx
from asgiref.sync import sync_to_async
from django.db import connection

from hub.models import Event
from tests.faults.town import FaultyTown, eventually
from tests.world import seeds
from tests.world.people import next_number
from tests.world.town import in_database
from web.accounts.tokens import issue_access
from web.catalog.models import Service
from web.orders import services
from web.orders.models import Command, Offer, Order
from web.scheduling.models import Reservation
from workflows import client
from workflows.messages import Outcome
from workflows.transitions import Move

BY_API = 5
"""Every so-manieth worker grabs by HTTP; what the others do is what the API does after it has read who asks."""

GONE = {"offer_closed", "slot_taken"}
"""What those hear who were not the first; the second where he has won another order of that hour."""


@dataclass(frozen=True)
class Grab:
    """One worker's: code "" is the winner's. after_s: how long he waited for his answer; by up to a fifth too long
    where he had to ask for it (`tests/world/waiting.py`).
    """

    offer: Offer
    code: str
    after_s: float


def more_workers(service_id: int, number: int) -> list[int]:
    """So many more who can do it; their ids."""
    skill = Service.objects.get(pk=service_id).skill
    return [seeds.make_worker(next_number(), skills=[skill]).pk for _ in range(number)]


def called(order_id: int) -> list[Offer]:
    """The open offers of an order, once there are any."""
    return list(Offer.objects.select_related("worker", "order").filter(order_id=order_id, state=Offer.OPEN))


async def grab(town: FaultyTown, offers: Sequence[Offer]) -> list[Grab]:
    """All who are asked for an order, all at once."""
    in_person = [offer for offer in offers if offer.worker_id % BY_API]
    commands = dict(zip(in_person, await in_database(_received, in_person), strict=True))
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as phones:

        async def grabbed(offer: Offer) -> Grab:
            began = time.monotonic()
            command = commands.get(offer)
            code = await (_sent(command) if command else _posted(town, phones, offer))
            return Grab(offer, code, time.monotonic() - began)

        return list(await asyncio.gather(*(grabbed(offer) for offer in offers)))


def told(offers: Sequence[Offer]) -> dict[int, str]:
    """By worker: what his topic says of how his offer ended."""
    closed = Event.objects.filter(type="offer.closed", subject__in=[f"offer:{offer.pk}" for offer in offers])
    return {int(event.topic.removeprefix("worker:")): event.data["state"] for event in closed}


def overlapping() -> int:
    """Pairs of active reservations of one worker that overlap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM scheduling_reservation a JOIN scheduling_reservation b"
            " ON a.worker_id = b.worker_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period"
        )
        return int(cursor.fetchone()[0])


def kept_for(order_id: int) -> list[int]:
    """Whose time is kept for it."""
    return list(Reservation.objects.filter(order_id=order_id, active=True).values_list("worker_id", flat=True))


def winner(order_id: int) -> int | None:
    """Who has it by its row."""
    return Order.objects.get(pk=order_id).worker_id


def _received(offers: Sequence[Offer]) -> list[Command]:
    return [
        services.receive_command(
            user=offer.worker,
            order=offer.order,
            move=Move.ACCEPT,
            key=uuid4().hex,
            choice={"offer_id": offer.pk},
        )[0]
        for offer in offers
    ]


async def _sent(command: Command) -> str:
    answer = await client.send_command(command, order=command.order)
    return answer.code if isinstance(answer, Outcome) else await _decided(command.pk)


async def _posted(town: FaultyTown, phones: httpx.AsyncClient, offer: Offer) -> str:
    """By one of the servers; by whoever has room for it."""
    token = await sync_to_async(issue_access)(user_id=offer.worker_id, family=uuid4())
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    turn = offer.pk
    while True:
        at = town.addresses[turn % len(town.addresses)]
        answer = await phones.post(f"{at}/api/offers/{offer.pk}/accept", json={}, headers=headers)
        if answer.status_code == 202:
            return await _decided(answer.json()["command"])
        if answer.status_code != 503:
            return "" if answer.status_code == 200 else str(answer.json()["code"])
        turn += 1
        await asyncio.sleep(float(answer.headers["Retry-After"]))


async def _decided(command_id: int) -> str:
    """What became of it, once that is known."""
    outcome = await eventually(_outcome, command_id)
    return outcome["code"] or ""


def _outcome(command_id: int) -> dict[str, str] | None:
    return Command.objects.values_list("outcome", flat=True).get(pk=command_id)
