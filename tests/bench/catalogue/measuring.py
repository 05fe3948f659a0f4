"""What `tests.bench.catalogue` does once Django is there."""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import httpx

from config.stack.embedded import Stack
from tests.bench import slots_city
from tests.bench.catalogue import city, races, searching
from tests.bench.catalogue.open_load import Times, over_time
from tests.bench.figures import percentiles_ms
from tests.search.judging import queries
from tests.world import seeds
from tests.world.people import Customer, Refused
from tests.world.town import town_on
from web.catalog.content import Choice, Option
from web.catalog.finder import Finder
from web.catalog.models import Service
from web.orders.pricing import Chosen, price

CITY = seeds.CITY
HTTP_PART = 5
"""Over HTTP comes a fifth of the rate: one customer may search so often in ten minutes, and it is enough to compare."""

SLOTS = {"workers": 2_000, "visits": 20_000, "rate": 30}


def measure(stack: Stack, *, services: int, rate: float, seconds: float, clients: int) -> str:
    """A table, and the JSON object."""
    began, load = time.monotonic(), os.getloadavg()
    _say(f"a catalogue of {services} services …")
    names = city.build(services)
    dice = random.Random(11)
    words = [one.query for one in queries()] + random.Random(3).sample(names, min(len(names), 350))
    asked = [dice.choice(words) for _ in range(round(rate * seconds))]
    figures: dict[str, Any] = {"services": Service.objects.count()}
    figures |= _searched(asked, rate)
    _say("2,000 quotes …")
    figures["quote_ms"] = percentiles_ms(_quotes())
    _say("two servers: searches and quotes over HTTP …")
    with town_on(stack, servers=2, workers=1) as town:
        figures |= asyncio.run(_requests(town.addresses, asked, rate / HTTP_PART))
        _say(f"{clients} clients and 10 times of one worker …")
        figures |= races.slots(town.addresses, clients=clients)
    _say("1,000 clients and 100 coupons …")
    figures |= races.grab(stack)
    _say(f"calendars of a city, {SLOTS} …")
    # Last, and when all servers are gone: thousands of workers more would be in everybody's rankings.
    calendars = slots_city.figures(**SLOTS, seconds=round(seconds))
    figures |= {"slots_ms": calendars["slots_ms"], "slots_first_ms": calendars["first_ms"]}
    _say("350 labelled queries …")
    figures |= searching.recall()
    figures["load"] = {"before": load[0], "after": os.getloadavg()[0]}
    figures["took_s"] = round(time.monotonic() - began)
    table = "\n".join(f"{name:24} {figure}" for name, figure in figures.items())
    return f"{table}\n{json.dumps(figures, ensure_ascii=False)}"


def _searched(asked: Sequence[str], rate: float) -> dict[str, Any]:
    finder = Finder()
    try:
        _say("the first index …")
        figures: dict[str, Any] = {"built_in_s": searching.first_s(finder)}
        _say(f"searches, then suggestions, {rate:g}/s …")
        figures |= searching.at_rest(finder, asked, rate)
        _say("the same, and a service is published …")
        return figures | searching.rebuilding(finder, asked, rate)
    finally:
        finder.close()


def _quotes(times: int = 2_000) -> Times:
    """The pure function: a service with options and add-ons, from its version's JSON to the lines."""
    service = Service.objects.select_related("published").filter(slug="daily-cleaning").get()
    version = service.published
    assert version is not None
    spent = Times()
    for _ in range(times):
        began = time.perf_counter()
        sold = version.sold
        price(sold, Chosen(_answers(sold.options), {item.item_id: 1 for item in sold.add_ons}), version=version.number)
        spent.append(time.perf_counter() - began)
    return spent


def _answers(options: Sequence[Option]) -> dict[str, Any]:
    def of(option: Option) -> Any:
        if option.kind == "count":
            return option.most
        choice: Choice = option.choices[-1]
        return (choice.key,) if option.kind == "some" else choice.key

    return {option.key: of(option) for option in options}


async def _built(customer: Customer) -> None:
    """Until the server has its index, which may be longer than a search waits for it."""
    for _ in range(10):
        with suppress(httpx.ReadTimeout, Refused):
            await customer.get("/api/search", q="空调", city=CITY)
            return
    raise TimeoutError("no index")


async def _search(customer: Customer, chance: random.Random, word: str) -> None:
    """Somewhere within some kilometres: each hit says when somebody is free for it first there."""
    lng, lat = (middle + chance.uniform(-0.03, 0.03) for middle in seeds.CENTER)
    await customer.get("/api/search", q=word[:100], city=CITY, lng=lng, lat=lat)


async def _requests(addresses: Sequence[str], asked: Sequence[str], rate: float) -> dict[str, Any]:
    customer = Customer(*addresses[:1])
    try:
        await customer.sign_in(seeds.customer_phone(1))
        await customer.move_in()
        service_id = await asyncio.to_thread(lambda: Service.objects.get(slug="window-cleaning").pk)
        detail = await customer.get(f"/api/services/{service_id}")
        required = [option for option in detail["options"] if option["required"]]
        answers = {one["key"]: one["least"] if one["kind"] == "count" else one["choices"][0]["key"] for one in required}
        body = {"service_id": service_id, "address_id": customer.address_id, "answers": answers}
        await _built(customer)
        searched = await over_time(partial(_search, customer, random.Random(17)), asked[:300], rate)
        quoted = await over_time(lambda _: customer.post("/api/quotes", body, key=None), asked[:150], rate)
        return {
            "search_http_ms": percentiles_ms(searched),
            "quote_http_ms": percentiles_ms(quoted),
            "http_per_s": round(rate, 1),
        }
    finally:
        await customer.close()


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
