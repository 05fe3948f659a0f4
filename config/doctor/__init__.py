"""What `manage.py doctor` looks at: each check says what it found, or what is wrong and the cure."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import psycopg

from config.doctor import actors, business, machine, stores
from config.doctor.fault import Fault, Finding

__all__ = ["CHECKS", "Fault", "Finding", "examine"]

PATIENCE_S = 5.0

Check = Callable[[], Awaitable[str]]

CHECKS: dict[str, Check] = {
    "configuration": machine.configuration,
    "secrets": machine.secrets_file,
    "disk": machine.disk,
    "photos": machine.photos,
    "time zones": machine.time_zones,
    "pages": machine.pages,
    "database": stores.database,
    "connections": stores.connections,
    "clock": stores.clock,
    "migrations": stores.migrations,
    "redis": stores.bus,
    "personal data": business.personal_data,
    "staff": business.staff,
    "cities": business.cities,
    "terms": business.terms,
    "temporal": actors.temporal,
    "search attributes": actors.search_attributes,
    "workers": actors.workers,
    "servers": actors.servers,
}

_AWAY = {
    "database": Fault("database_away", "", stores.START_DATABASE),
    "redis": Fault("redis_away", "", stores.START_REDIS),
    "temporal": Fault("temporal_away", "", actors.START_TEMPORAL),
}
_NEEDS = {
    **dict.fromkeys(["connections", "clock", "migrations", "personal data", "staff", "cities", "terms"], "database"),
    **dict.fromkeys(["search attributes", "workers"], "temporal"),
    "servers": "redis",
}
"""Check -> the service that it asks, where they differ in name."""


async def examine(only: Iterable[str] = ()) -> list[Finding]:
    """Every check, or those named, one after the other, none longer than 5 s."""
    names = list(only) or list(CHECKS)
    return [await _finding(name, CHECKS[name]) for name in names]


async def _finding(name: str, check: Check) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Finding(name, True, await check())
    except Fault as fault:
        return Finding.of(name, fault)
    except psycopg.errors.UndefinedTable:
        return Finding.of(name, stores.not_migrated("a table is missing"))
    except TimeoutError:
        return _away(name, f"no answer within {PATIENCE_S:g} s")
    except Exception as error:
        return _away(name, f"failed ({type(error).__name__})")


def _away(name: str, what: str) -> Finding:
    service = _AWAY.get(_NEEDS.get(name, name), Fault("failed", "", "see the log; if it stays so, report it"))
    return Finding(name, False, what, service.cure, service.code)
