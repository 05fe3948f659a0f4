"""Puts the demo's city into an empty or an already seeded database: twice changes nothing, and what people have changed
since is left as they made it, at another speed too.
"""

import hashlib
import hmac
import json
import math
from base64 import b32encode
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

import hub
from web.accounts import selectors as accounts_now
from web.accounts import services as accounts
from web.accounts.phones import mobile, shown
from web.catalog import selectors as catalog_now
from web.catalog import services as catalog
from web.demo.catalogue import seed_catalogue
from web.demo.homepage import seed_home
from web.demo.marketing import seed_marketing
from web.demo.terms import PRICING, put_terms, shortened_terms
from web.ops.signing_in import put_second_factor
from web.ops.trail import edited_by_staff
from web.workforce import planning
from web.workforce import services as workforce
from web.workforce.ratings import open_rating
from web.workforce.selectors import profile_of, spans_of
from web.workforce.week import DAY_S, Span

if TYPE_CHECKING:
    from web.workforce.models import Worker

DATA = Path(__file__).parent / "data"
CITY, CITY_NAME, CENTRE = "hangzhou", "杭州", (120.1850, 30.2450)
CIRCLE_POINTS = 24
OPERATOR = "operator"
"""Of the staff, who runs the campaigns."""

METRES_PER_DEGREE = 111_320.0

People = list[dict[str, Any]]


def seed(*, speed: float) -> dict[str, Any]:
    """City, catalogue, terms, workers and staff. Returns the demo's people: {city, speed, staff, workers, customers}.

    speed: how many times faster than the clock the day goes; > 0.
    """
    if speed <= 0:
        raise ValueError(f"a speed is positive, not {speed}")
    with hub.atomic():
        place = {"lng": CENTRE[0], "lat": CENTRE[1]}
        city = catalog_now.city(CITY) or catalog.put_city(code=CITY, name=CITY_NAME, **place)
        terms, edited = shortened_terms(speed), edited_by_staff("orders.Policy")
        seed_catalogue(speed, city=city, dispatch=terms["dispatch"])
        for kind, data in terms.items():
            put_terms(kind=kind, data=data, city=CITY, edited=edited)
        put_terms(kind="pricing", data=PRICING, city=CITY, edited=edited)
        if not edited_by_staff("workforce.Holiday"):
            for day in _read("holidays")["holidays"]:
                planning.put_holiday(day=date.fromisoformat(day["date"]), name=day["name"], kind="off")
        people = {"city": CITY, "speed": speed, "staff": _seed_staff(), "workers": _seed_workers(speed)}
        operator = accounts_now.staff_named(OPERATOR)
        if operator is None:
            raise RuntimeError(f"nobody of the staff is called {OPERATOR}")
        seed_home(CITY, offers=seed_marketing(CITY, by=operator))
    return people | {"customers": _customers()}


def _seed_staff() -> People:
    people = []
    for entry in _read("staff")["staff"]:
        password = demo_password(entry["username"])
        known = accounts_now.staff_named(entry["username"])
        if known is None:
            staff = accounts.put_staff(
                username=entry["username"],
                password=password,
                display_name=entry["display_name"],
                city=entry["city"],
                duties=entry["duties"],
            )
            put_second_factor(user=staff, secret=demo_secret(entry["username"]))
        # Whoever has another password by now knows it himself.
        if known is None or known.check_password(password):
            people.append({"name": entry["display_name"], "username": entry["username"], "password": password})
    return people


def _seed_workers(speed: float) -> People:
    people, edited = [], edited_by_staff("workforce.Worker")
    for entry in _read("workers")["workers"]:
        user, hours = accounts_now.user_by_phone(mobile(entry["phone"])), _hours(entry, speed)
        known = profile_of(user) if user else None
        if known and spans_of(known) not in (_hours(entry, 1), _hours(entry, 2)):
            hours = spans_of(known)
        if known and known.pk in edited:
            worker = known
            workforce.change_profile(worker_id=worker.pk, spans=hours)
        else:
            worker = _register(entry, hours)
        total = round(entry["rating"] * entry["rating_count"])
        open_rating(worker_id=worker.pk, rating_sum=total, rating_count=entry["rating_count"])
        people.append({"name": entry["display_name"], "phone": shown(mobile(entry["phone"])), "id": worker.pk})
    return people


def _register(entry: dict[str, Any], hours: list[Span]) -> "Worker":
    return workforce.register_worker(
        phone=mobile(entry["phone"]),
        name=entry["display_name"],
        city=CITY,
        home=(entry["home"][0], entry["home"][1]),
        area=_area(entry),
        skills=entry["skills"],
        hours=hours,
    )


def _customers() -> dict[str, Any]:
    """Nobody yet: a customer comes into being when he first signs in."""
    content = _read("customers")
    pattern: str = content["phone_pattern"]
    ends = [shown(mobile(pattern.format(number=content[end]))) for end in ("first_number", "last_number")]
    return {"phones": ends}


def demo_password(username: str) -> str:
    """Stable over seeds, different on every installation, stored nowhere: derived from the installation's key."""
    digest = hmac.digest(str(settings.SECRET_KEY).encode(), f"demo:{username}".encode(), hashlib.sha256)
    letters = b32encode(digest).decode().lower()
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def demo_secret(username: str) -> str:
    """Of a second factor, base32: as stable, as different, and as little stored. The sign-in page shows the code."""
    digest = hmac.digest(str(settings.SECRET_KEY).encode(), f"demo-totp:{username}".encode(), hashlib.sha1)
    return b32encode(digest).decode()


def _area(entry: dict[str, Any]) -> dict[str, Any]:
    area = entry["area"]
    ring = area["polygon"] if "polygon" in area else _circle(entry["home"], area["radius_m"])
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _circle(centre: list[float], radius_m: float) -> list[list[float]]:
    lng, lat = centre
    r = radius_m / METRES_PER_DEGREE
    narrowing = math.cos(math.radians(lat))
    turns = [math.tau * step / CIRCLE_POINTS for step in range(CIRCLE_POINTS)]
    return [[round(lng + r * math.cos(a) / narrowing, 5), round(lat + r * math.sin(a), 5)] for a in turns]


def _hours(entry: dict[str, Any], speed: float) -> list[Span]:
    if speed > 1:
        # The demo's day is not the clock's: whoever looks at 23:00 wants to see people working too.
        return [Span(weekday, 0, DAY_S) for weekday in range(7)]
    return [Span(day["weekday"], _seconds(day["starts"]), _seconds(day["ends"])) for day in entry["hours"]]


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content
