"""Moments as the wire has them, and days as people here count them."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def iso(moment: datetime) -> str:
    """UTC, ISO 8601 with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def midnight(day: date) -> datetime:
    """The moment at which that day begins in Shanghai."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def spoken(moment: datetime, *, with_year: bool = False) -> str:
    """As people here say it: 11月29日 15:00, or 2026年11月29日 15:00."""
    local = moment.astimezone(SHANGHAI)
    year = f"{local.year}年" if with_year else ""
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def in_minutes(seconds: float) -> str:
    """A duration as people type and read it here: 90, or 1.5."""
    return f"{seconds / 60:g}"
