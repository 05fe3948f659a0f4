"""The sides of the demo's people, each of which is a process: the workers, the customers, a dispatcher."""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from web.demo.people.api import Api
from web.demo.people.dispatcher import Dispatcher
from web.demo.people.door import Door
from web.demo.people.habits import Habits
from web.demo.people.pace import Pace
from web.demo.people.stream import Stream, read_customers
from web.demo.people.worker import Worker

DATA = Path(__file__).parent.parent / "data"
log = logging.getLogger("people")


async def live(arguments: argparse.Namespace) -> None:
    """Live until a signal comes or the parent is gone."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    # These name addresses, with people's ids in them, at every request and reconnection.
    for chatty in ("httpx", "httpcore", "centrifuge", "websockets"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    api, pace = Api(arguments.base_url), Pace(arguments.speed)
    sides = {"workers": _workers, "customers": _customers, "dispatcher": _dispatcher}
    lives = [asyncio.ensure_future(one) for one in sides[arguments.part](arguments, api, pace)]
    over = asyncio.ensure_future(_until_over())
    try:
        await asyncio.wait([*lives, over], return_when=asyncio.FIRST_COMPLETED)
        for one in lives:
            if one.done():
                one.result()
    finally:
        await _leave()
        await api.close()


async def _leave() -> None:
    """Everybody drops what he does; the sockets that are left behind are still closed in an orderly way."""
    here = {asyncio.current_task()}
    doing = asyncio.all_tasks() - here
    for task in doing:
        task.cancel()
    await asyncio.gather(*doing, return_exceptions=True)
    if closing := asyncio.all_tasks() - here:
        await asyncio.wait(closing, timeout=1)


def _workers(arguments: argparse.Namespace, api: Api, pace: Pace) -> list[Coroutine[Any, Any, None]]:
    door = _door(arguments)
    entries = json.loads((DATA / "workers.json").read_text(encoding="utf-8"))["workers"][: arguments.workers]
    habits = _habits("worker", arguments)
    workers = [
        Worker(entry, api=api, pace=pace, door=door, habits=habits(entry["phone"]), seed=arguments.seed)
        for entry in entries
    ]
    log.info("%d workers", len(workers))
    return [door.listen(), *(worker.live() for worker in workers)]


def _customers(arguments: argparse.Namespace, api: Api, pace: Pace) -> list[Coroutine[Any, Any, None]]:
    data = read_customers(DATA)
    per_day = arguments.orders_per_day or data["orders_per_day"]
    stream = Stream(
        data,
        api=api,
        pace=pace,
        habits=_habits("customer", arguments),
        seed=arguments.seed,
        count=arguments.customers,
        per_day=per_day,
    )
    log.info("%d customers, %g orders a day", arguments.customers, per_day)
    return [_door(arguments).listen(stream.open_door), stream.flow()]


def _dispatcher(arguments: argparse.Namespace, api: Api, pace: Pace) -> list[Coroutine[Any, Any, None]]:
    password = os.environ.get("DISPATCHER_PASSWORD", "")
    habits = _habits("dispatcher", arguments)(arguments.dispatcher)
    dispatcher = Dispatcher(arguments.dispatcher, password, api=api, pace=pace, habits=habits)
    return [dispatcher.live()]


def _habits(side: str, arguments: argparse.Namespace) -> Callable[[str], Habits]:
    data = json.loads((DATA / "happenings.json").read_text(encoding="utf-8"))
    return lambda who: Habits(data, side=side, who=who, seed=arguments.seed)


def _door(arguments: argparse.Namespace) -> Door:
    return Door(socket.socket(fileno=arguments.door))


async def _until_over() -> None:
    """A signal, or the end of standard input, which the parent holds."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            over.set()

    loop.add_reader(sys.stdin.fileno(), read)
    await over.wait()
    loop.remove_reader(sys.stdin.fileno())
