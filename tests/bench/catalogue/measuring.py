"""What `tests.bench.catalogue` does once Django is there."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx

from config.stack.embedded import Stack
from tests.bench.catalogue import city
from tests.bench.figures import percentiles_ms
from tests.search.judging import precision, queries, recalls
from tests.search.test_recall import results
from tests.world import seeds
from tests.world.people import Customer
from tests.world.town import town_on
from web.catalog.content import Choice, Option
from web.catalog.finder import Finder
from web.catalog.models import Service
from web.catalog.services import put_service
from web.orders.pricing import Chosen, price

CITY = seeds.CITY
AT_ONCE = 16
Times = list[float]


def measure(stack: Stack, *, services: int, rate: float, seconds: float) -> str:
    """A table, and the JSON object."""
    names = city.build(services)
    words = [one.query for one in queries()] + random.Random(3).sample(names, min(len(names), 350))
    finder, began = Finder(), time.perf_counter()
    finder.search("空调", city=CITY)
    figures: dict[str, Any] = {"services": Service.objects.count(), "built_in_s": round(time.perf_counter() - began, 1)}
    asked = _asked(words, rate, seconds)
    prefixes = [word[: random.Random(word).randint(1, len(word))] for word in asked]
    figures["search_ms"] = percentiles_ms(asyncio.run(_aside(lambda q: finder.search(q, city=CITY), asked, rate)))
    figures["suggest_ms"] = percentiles_ms(asyncio.run(_aside(lambda q: finder.suggest(q, city=CITY), prefixes, rate)))
    figures |= _rebuilt(finder, asked, rate)
    figures["quote_ms"] = percentiles_ms(_quotes())
    figures |= _over_http(stack, asked, rate)
    for name, held_out in (("search_recall", False), ("search_recall_held_out", True)):
        found = [one for one in results() if one.query.held_out is held_out]
        figures[name] = {kind: round(recall, 3) for kind, recall in recalls(found).items()}
        figures[name]["precision_at_1"] = round(precision(found), 3)
    table = "\n".join(f"{name:24} {figure}" for name, figure in figures.items())
    return f"{table}\n{json.dumps(figures, ensure_ascii=False)}"


def _asked(words: Sequence[str], rate: float, seconds: float) -> list[str]:
    dice = random.Random(11)
    return [dice.choice(words) for _ in range(round(rate * seconds))]


async def _open_load(ask: Callable[[str], Awaitable[object]], asked: Sequence[str], rate: float) -> Times:
    """One begins every 1/rate s, whatever became of those before; seconds from when each should have begun."""
    began = time.perf_counter()

    async def one(place: int, word: str) -> float:
        due = began + place / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        await ask(word)
        return time.perf_counter() - due

    return list(await asyncio.gather(*(one(place, word) for place, word in enumerate(asked))))


async def _aside(ask: Callable[[str], object], asked: Sequence[str], rate: float) -> Times:
    """In threads, as a server's requests are."""
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(AT_ONCE)
    with threads:
        return await _open_load(lambda word: loop.run_in_executor(threads, ask, word), asked, rate)


def _rebuilt(finder: Finder, asked: Sequence[str], rate: float) -> dict[str, Any]:
    """A service is published while searches come."""
    template = Service.objects.select_related("published", "category").filter(slug="daily-cleaning").get()
    assert template.published is not None
    name, seen = "夔门鳌头专修", list[float]()

    def ask(word: str) -> object:
        if not seen and finder.search(name, city=CITY):
            seen.append(time.perf_counter())
        return finder.search(word, city=CITY)

    sold = template.published.sold
    put_service(slug="bench-new", category=template.category, sold=replace(sold, name=name, add_ons=()))
    began = time.perf_counter()
    times = asyncio.run(_aside(ask, asked, rate))
    return {
        "rebuilding_ms": percentiles_ms(times),
        "rebuilt_after_s": round(seen[0] - began, 1) if seen else None,
    }


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


def _over_http(stack: Stack, asked: Sequence[str], rate: float) -> dict[str, Any]:
    with town_on(stack, workers=1) as town:
        return asyncio.run(_requests(town.addresses, asked, rate))


async def _built(customer: Customer) -> None:
    """Wait until the server has its index, longer than a client's patience."""
    for _ in range(10):
        with suppress(httpx.ReadTimeout):
            await customer.get("/api/search", q="空调", city=CITY)
            return
    raise TimeoutError("no index")


async def _requests(addresses: Sequence[str], asked: Sequence[str], rate: float) -> dict[str, Any]:
    customer = Customer(*addresses)
    try:
        await customer.sign_in(seeds.customer_phone(1))
        await customer.move_in()
        service_id = await asyncio.to_thread(lambda: Service.objects.get(slug="window-cleaning").pk)
        detail = await customer.get(f"/api/services/{service_id}")
        required = [option for option in detail["options"] if option["required"]]
        answers = {one["key"]: one["least"] if one["kind"] == "count" else one["choices"][0]["key"] for one in required}
        body = {"service_id": service_id, "address_id": customer.address_id, "answers": answers}
        await _built(customer)
        # One customer may search so often in ten minutes: a part of the load is enough to compare.
        some = asked[: min(len(asked), 400)]
        searched = await _open_load(lambda word: customer.get("/api/search", q=word[:100], city=CITY), some, rate / 5)
        quoted = await _open_load(lambda _: customer.post("/api/quotes", body, key=None), some[:200], rate / 5)
        return {
            "search_http_ms": percentiles_ms(searched),
            "quote_http_ms": percentiles_ms(quoted),
            "http_per_s": round(rate / 5, 1),
        }
    finally:
        await customer.close()
