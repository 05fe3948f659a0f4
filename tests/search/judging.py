"""350 queries over the demo's catalogue, labelled by somebody who had seen neither the engine nor its tables of words.

queries.json: {query, class, relevant: slugs that who typed this would be glad to see, best: those right at rank 1,
held_out}. Half of each class is held out: nobody looks at what these find while the engine or its tables change.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

QUERIES = Path(__file__).with_name("queries.json")
CLASSES = ("exact", "part", "pinyin", "initials", "typo", "synonym", "need")
AT = 5


@dataclass(frozen=True)
class Query:
    """See above."""

    query: str
    kind: str
    relevant: frozenset[str]
    best: frozenset[str]
    held_out: bool


@dataclass(frozen=True)
class Judged:
    """recall: of those that deserve it, as far as there is place for them, the share among the first five; hit: the
    first is one that is right there.
    """

    query: Query
    recall: float
    hit: bool


def queries() -> list[Query]:
    """All of them."""
    read = json.loads(QUERIES.read_text(encoding="utf-8"))
    return [
        Query(one["query"], one["class"], frozenset(one["relevant"]), frozenset(one["best"]), one["held_out"])
        for one in read
    ]


def judged(search: Callable[[str], list[str]], asked: Iterable[Query]) -> list[Judged]:
    """search: the slugs that a query finds, the best first."""
    return [_judged(one, search(one.query)[:AT]) for one in asked]


def recalls(results: Iterable[Judged]) -> Mapping[str, float]:
    """By class, the mean."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in results:
        found[one.query.kind].append(one.recall)
    return {kind: fmean(found[kind]) for kind in CLASSES if found[kind]}


def precision(results: Iterable[Judged]) -> float:
    """The share of those whose first is right."""
    return fmean(one.hit for one in results)


def _judged(query: Query, found: list[str]) -> Judged:
    recall = len(query.relevant.intersection(found)) / min(AT, len(query.relevant))
    return Judged(query, recall, bool(found) and found[0] in query.best)
