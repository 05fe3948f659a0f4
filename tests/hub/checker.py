"""Compares what a subscriber received with the log, read by SQL. Imports nothing of the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg


@dataclass
class Report:
    missing: list[int] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    out_of_order: list[int] = field(default_factory=list)
    unlike: list[int] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.duplicates or self.out_of_order or self.unlike)


Log = Mapping[int, tuple[str, str, Any]]
"""Offset → id, type and data."""


def read_log(url: str, topic: str, *, after: int = 0) -> Log:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            'SELECT "offset", id::text, type, data FROM hub_event WHERE topic = %s AND "offset" > %s', (topic, after)
        ).fetchall()
    return {offset: (id_, type_, data) for offset, id_, type_, data in rows}


def compare(url: str, topic: str, received: Sequence[dict[str, Any]], *, after: int = 0) -> Report:
    """`received` are publications {"data", "offset"} in the order of arrival; all after that offset are due."""
    return judge(read_log(url, topic, after=after), received, after=after)


def judge(log: Log, received: Sequence[dict[str, Any]], *, after: int = 0) -> Report:
    """compare() for many subscribers of one log."""
    report, last = Report(), after
    seen: set[int] = set()
    for publication in received:
        offset, envelope = publication["offset"], publication["data"]
        if offset in seen:
            report.duplicates.append(offset)
        elif offset < last:
            report.out_of_order.append(offset)
        if log.get(offset) != (envelope["id"], envelope["type"], envelope["data"]):
            report.unlike.append(offset)
        seen.add(offset)
        last = max(last, offset)
    report.missing = sorted(set(log) - seen)
    return report
