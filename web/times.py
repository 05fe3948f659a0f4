"""Moments as the wire has them, and days as people here count them."""

import re
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


UNITS = {"天": 86_400, "小时": 3_600, "分钟": 60, "秒": 1}
"""Seconds of each, the longest first."""

SAID = {"日": "天", "小时": "小时", "时": "小时", "分": "分钟"} | {unit: unit for unit in UNITS}
MINUS = ("-", "−", "－")
"""As keyboards have it, and input methods."""

_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(sorted(SAID, key=len, reverse=True))})\s*")


def in_units(seconds: float) -> str:
    """A duration as people say it: 1 天 12 小时; -10 分钟 for one before; 0 秒 for none."""
    left, parts = abs(round(seconds, 3)), list[str]()
    for unit, length in UNITS.items():
        many = round(left, 3) if unit == "秒" else int(left // length)
        left -= many * length
        if many:
            parts.append(f"{many:g} {unit}")
    sign = "-" if parts and seconds < 0 else ""
    return sign + (" ".join(parts) or "0 秒")


def seconds_of(said: str) -> float:
    """Of a duration as `in_units` says it, or with 1.5 小时. Raises ValueError."""
    signed = said.strip()
    before = signed.startswith(MINUS)
    plain = signed[1:].lstrip() if before else signed
    parts = list(_PART.finditer(plain))
    if not parts or "".join(part.group() for part in parts) != plain:
        raise ValueError("no duration")
    total = sum(float(part[1]) * UNITS[SAID[part[2]]] for part in parts)
    total = -total if before else total
    return int(total) if total == int(total) else total


def in_minutes(seconds: float) -> str:
    """A duration as people type and read it here: 90, or 1.5."""
    return f"{seconds / 60:g}"
