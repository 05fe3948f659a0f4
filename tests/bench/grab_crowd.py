"""What `grab.py` does once Django is there."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.db.models import Count

from config.stack.embedded import Stack
from tests.bench.figures import percentiles_ms
from tests.web.marketing.offers import cut, make_kind
from tests.web.people import make_city, token_of
from web.accounts.models import User
from web.marketing.models import Coupon, CouponKind
from workflows.transitions import Role

CONNECTIONS = 48
"""So many of them get through to us at once; the others' networks wait."""

WARM_UP = 100


@dataclass
class Rush:
    """What one round came to. gone_s: from the first request until the last coupon was somebody's."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    gone_s: float = 0.0


def measure(stack: Stack, *, clients: int, stock: int, servers: int, rounds: int) -> str:
    """One JSON object; `grab` sums up all rounds."""
    make_city()
    addresses = [stack.start_server(f"web-{number}") for number in range(servers)]
    customers = User.objects.bulk_create(User(role=Role.CUSTOMER, password="!") for _ in range(clients))
    tokens = [token_of(customer) for customer in customers]
    asyncio.run(_rush(addresses, tokens[:WARM_UP], make_kind(cut(1), how="grabbed", per_person=1).pk))
    done, issued = [], 0
    for _ in range(rounds):
        # A person may grab five times a second: the rounds stand apart.
        time.sleep(1.5)
        kind = make_kind(cut(500), how="grabbed", stock=stock, per_person=1)
        done.append(asyncio.run(_rush(addresses, tokens, kind.pk)))
        issued += _issued(kind)
    codes = sum((rush.codes for rush in done), Counter[str]())
    figures: dict[str, Any] = {
        "grab": {"stock": stock * rounds, "issued": issued},
        "grab_ms": percentiles_ms([one for rush in done for one in rush.seconds]),
        "grabbed_per_s": round(stock * rounds / sum(rush.gone_s for rush in done)),
        "answers": dict(codes),
        "clients": clients,
        "rounds": rounds,
    }
    return json.dumps(figures)


def _issued(kind: CouponKind) -> int:
    """How many people have one. Fails where somebody has two, or the batch says another number."""
    kind.refresh_from_db()
    mine = Coupon.objects.filter(kind=kind).values_list("user").annotate(times=Count("pk"))
    had = Counter(dict(mine.order_by()))
    if kind.issued != len(had) or max(had.values(), default=0) > 1:
        raise SystemExit(f"{kind} says {kind.issued}, {len(had)} people have {had.total()}")
    return len(had)


async def _rush(addresses: list[str], tokens: list[str], kind_id: int) -> Rush:
    rush, began = Rush(), time.perf_counter()
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(60, pool=None)) as client:

        async def grab(place: int, token: str) -> None:
            since = time.perf_counter()
            url = f"{addresses[place % len(addresses)]}/api/coupons/kinds/{kind_id}/grab"
            try:
                answer = await client.post(url, headers={"authorization": f"Bearer {token}"})
            except httpx.TransportError as lost:
                rush.codes[type(lost).__name__] += 1
                return
            now = time.perf_counter()
            rush.seconds.append(now - since)
            code = "got" if answer.status_code == 201 else answer.json()["code"]
            rush.codes[code] += 1
            if code == "got":
                rush.gone_s = now - began

        await asyncio.gather(*(grab(place, token) for place, token in enumerate(tokens + tokens)))
    return rush
