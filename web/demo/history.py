"""What went on in the demo's city before it was started: closed orders, made up, and imported like anybody's.

Of the last 60 days; more at weekends and in the hours in which people order; most were completed, and who liked his
worker has come back.
"""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from web.demo.catalogue import trades
from web.orders.selectors import has_imported
from web.orders.services import import_orders
from web.times import SHANGHAI, midnight

DATA = Path(__file__).parent / "data"
SOURCE = "demo"
SEED, DAYS = 8, 60
WEEKDAYS = (0.9, 0.85, 0.85, 0.9, 1.1, 1.5, 1.4)
HOURS = range(8, 20)
MORNING_HOUR, LAST_HOUR = 9, 22
PEOPLE = 90
POPULAR = 40
"""So many services have most of the orders: those that are hot, then the first of each trade."""

SHARE_CANCELLED, SHARE_UNRATED = 0.12, 0.35
STARS = (5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1)
REASONS = ("plans_changed", "too_expensive", "found_other")


def seed_history(*, city: str, orders: int) -> int:
    """Import that many, unless some are there already: later starts change nothing. Returns how many are new."""
    if orders <= 0 or has_imported(SOURCE):
        return 0
    written = [json.dumps(one, ensure_ascii=False) for one in made_up(orders, city=city, now=timezone.now())]
    report = import_orders(source=SOURCE, lines=list(enumerate(written, start=1)))
    if report.problems:
        first = report.problems[0]
        raise RuntimeError(f"the demo's history is not sound: line {first.number}: {first.code} {first.field}")
    return report.imported


def made_up(orders: int, *, city: str, now: datetime) -> Iterator[dict[str, Any]]:
    """That many lines for `import_history`, oldest first. The same day has the same."""
    chance = random.Random(SEED)
    today = now.astimezone(UTC).date()
    workers, customers = _read("workers")["workers"], _read("customers")
    services = _services(workers)
    people = [_customer(customers, number, chance) for number in range(PEOPLE)]
    starts = sorted(_start(chance, today, customers["daily_curve"]["per_hour"]) for _ in range(orders))
    for number, starts_at in enumerate(starts, start=1):
        service = chance.choices(services, [one["weight"] for one in services])[0]
        able = [one for one in workers if service["skill"] in one["skills"]]
        who = chance.choice(people)
        # Whoever was content has the same one again.
        worker = able[who["likes"] % len(able)] if chance.random() < 0.6 else chance.choice(able)
        at = _in_time(starts_at, service["duration_minutes"])
        yield _order(number, chance, city=city, service=service, worker=worker, who=who, starts_at=at)


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


def _services(workers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The popular ones that somebody here can do, with how often they are wanted."""
    skills = {skill for worker in workers for skill in worker["skills"]}
    all_of = [
        (place, one) for trade in trades() for place, one in enumerate(trade["services"]) if one["skill"] in skills
    ]
    ranked = sorted(all_of, key=lambda each: (not each[1].get("hot", False), each[0]))
    return [{**one, "weight": 1 / (1 + rank) ** 0.6} for rank, (_, one) in enumerate(ranked[:POPULAR])]


def _customer(content: Mapping[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
    home = chance.choices(content["communities"], [one["weight"] for one in content["communities"]])[0]
    phone = content["phone_pattern"].format(number=content["first_number"] + number * 7)
    names = content["given_names"].split()
    door = chance.choice(content["doors"]).format(
        b=chance.randint(1, 18), u=chance.randint(1, 4), f=chance.randint(1, 17), r=chance.randint(1, 4)
    )
    return {
        "phone": phone,
        "name": chance.choice(content["surnames"]) + chance.choice(names),
        "home": home,
        "door": door,
        "likes": chance.randrange(1000),
    }


def _start(chance: random.Random, today: date, per_hour: list[float]) -> datetime:
    days = [today - timedelta(days=back) for back in range(1, DAYS + 1)]
    day = chance.choices(days, [WEEKDAYS[one.weekday()] for one in days])[0]
    hour = chance.choices(HOURS, [per_hour[one] for one in HOURS])[0]
    return midnight(day) + timedelta(hours=hour, minutes=chance.choice((0, 30)))


def _in_time(starts_at: datetime, minutes: int) -> datetime:
    """Nobody begins in the evening what would last into the night: he comes in the morning."""
    local = starts_at.astimezone(SHANGHAI)
    late = local.hour * 60 + local.minute + minutes * 1.2 > LAST_HOUR * 60
    return local.replace(hour=MORNING_HOUR, minute=0) if late else starts_at


def _order(
    number: int,
    chance: random.Random,
    *,
    city: str,
    service: Mapping[str, Any],
    worker: Mapping[str, Any],
    who: Mapping[str, Any],
    starts_at: datetime,
) -> dict[str, Any]:
    lines, total = _price(service, chance)
    placed_at = starts_at - timedelta(minutes=chance.randint(90, 60 * 50))
    one: dict[str, Any] = {
        "external_id": f"{number:04}",
        "city": city,
        "service": service["slug"],
        "customer": {"phone": who["phone"], "name": who["name"]},
        "placed_at": placed_at.isoformat(),
        "paid_at": (paid_at := placed_at + timedelta(seconds=chance.randint(20, 240))).isoformat(),
        "starts_at": starts_at.isoformat(),
        "duration_s": service["duration_minutes"] * 60,
        "staff": service.get("staff", 1),
        "where": _place(who),
        "lines": lines,
        "total_fen": total,
        "channel": chance.choice(("wechat", "wechat", "wechat", "alipay")),
    }
    return one | _fate(chance, worker=worker, total=total, paid_at=paid_at, starts_at=starts_at, service=service)


def _place(who: Mapping[str, Any]) -> dict[str, Any]:
    home = who["home"]
    return {
        "district": home["district"],
        "place": f"{home['road']}{home['community']}",
        "door": who["door"],
        "contact_name": who["name"],
        "contact_phone": who["phone"],
        "lng": home["lng"],
        "lat": home["lat"],
    }


def _price(service: Mapping[str, Any], chance: random.Random) -> tuple[list[dict[str, Any]], int]:
    lines = [_line(service["name"], 1, service["price_fen"])]
    if service.get("price_list") and chance.random() < 0.3:
        added = chance.choice(service["price_list"])
        quantity = chance.randint(1, added.get("max_quantity", 1))
        lines.append(_line(added["name"], quantity, added["price_fen"], added["unit"]))
    if service.get("visit_fee_fen"):
        lines.append(_line("上门费", 1, service["visit_fee_fen"]))
    return lines, sum(one["amount_fen"] for one in lines)


def _line(name: str, quantity: int, price_fen: int, unit: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "quantity": quantity,
        "unit": unit,
        "unit_price_fen": price_fen,
        "amount_fen": quantity * price_fen,
    }


def _fate(
    chance: random.Random,
    *,
    worker: Mapping[str, Any],
    total: int,
    paid_at: datetime,
    starts_at: datetime,
    service: Mapping[str, Any],
) -> dict[str, Any]:
    accepted_at = paid_at + timedelta(seconds=chance.randint(15, 900))
    if chance.random() < SHARE_CANCELLED:
        ended_at = accepted_at + (starts_at - accepted_at) * chance.uniform(0.1, 0.9)
        return {
            "phase": "CANCELLED",
            "cancelled_by": "customer",
            "cancel_reason": chance.choice(REASONS),
            "ended_at": ended_at.isoformat(),
            "refunded_fen": total,
        }
    started_at = starts_at + timedelta(minutes=chance.randint(-5, 15))
    finished_at = started_at + timedelta(minutes=service["duration_minutes"] * chance.uniform(0.85, 1.2))
    return {
        "phase": "COMPLETED",
        "worker": {"phone": worker["phone"]},
        "accepted_at": accepted_at.isoformat(),
        "started_at": started_at.isoformat(),
        "finished_at": finished_at.isoformat(),
        "ended_at": (finished_at + timedelta(minutes=chance.randint(2, 180))).isoformat(),
        "rating": None if chance.random() < SHARE_UNRATED else chance.choice(STARS),
    }
