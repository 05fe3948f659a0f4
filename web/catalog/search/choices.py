"""Needs that leave a choice of words: 马桶/蹲坑 堵/满 is said by whoever says one word of each part, close together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from web.catalog.search.canon import Canon, Letter
from web.catalog.search.documents import Need
from web.catalog.search.needs import GAP, SHORT
from web.catalog.search.postings import Bools, Ints
from web.catalog.search.query import Query
from web.catalog.search.text import is_chinese

CHOICE = 0.85
"""What was put together of a choice is less certain than a phrase that somebody wrote down, or a name with a slip."""

Positions = tuple[int, ...]


class Choices:
    """The needs by the words of their parts, so that a sentence of a few words meets only those that have some."""

    def __init__(self, needs: Sequence[Need], canon: Canon) -> None:
        self._canon = canon
        self._needs = needs
        canonical = cache(canon.text)
        self._parts = [[_spelled(part, canonical) for part in need.parts() or ()] for need in needs]
        self._lengths: Ints = np.array([len(parts) for parts in self._parts], dtype=np.int32)
        self._having = [
            _rows_by_word(number, self._parts) for number in range(int(self._lengths.max()) if needs else 0)
        ]
        self._longest = max((len(word) for having in self._having for word in having), default=0)

    def said_in(self, query: Query) -> Iterator[tuple[Need, Positions, float]]:
        """Needs of which every part is there, where, and how sure that is."""
        spans = self._spans(query)
        for row in np.flatnonzero(self._met(spans) == self._lengths).tolist():
            positions = _together([_longest(part, spans) for part in self._parts[row]], query)
            if positions:
                yield self._needs[row], positions, CHOICE * SHORT.get(len(positions), 1.0)

    def _spans(self, query: Query) -> dict[str, list[Positions]]:
        """Where in the query words of any part are."""
        found: dict[str, list[Positions]] = defaultdict(list)
        typed = [Letter(char, place, place + 1) for place, char in enumerate(query.text)]
        for letters in (typed, self._canon.letters(query.text)):
            self._look_up(letters, found)
            # 关不太紧 says 关不紧.
            short = [one for one in letters if one.start not in query.fillers]
            if len(short) < len(letters):
                self._look_up(short, found)
        return found

    def _look_up(self, letters: Sequence[Letter], found: dict[str, list[Positions]]) -> None:
        for start in range(len(letters)):
            word = ""
            for end in range(start, min(len(letters), start + self._longest)):
                word += letters[end].char
                if any(word in having for having in self._having):
                    places = {place for one in letters[start : end + 1] for place in range(one.start, one.end)}
                    found[word].append(tuple(sorted(places)))

    def _met(self, spans: dict[str, list[Positions]]) -> Ints:
        """Of how many parts of each need a word is there."""
        met: Ints = np.zeros(len(self._needs), dtype=np.int32)
        for having in self._having:
            here: Bools = np.zeros(len(met), dtype=bool)
            for word in spans:
                if word in having:
                    here[having[word]] = True
            met += here
        return met


def _spelled(part: Sequence[str], canonical: Callable[[str], str]) -> frozenset[str]:
    """As they stand, and with the first of a group in place of all."""
    return frozenset((*part, *(canonical(word) for word in part if is_chinese(word))))


def _rows_by_word(number: int, rows: Sequence[Sequence[frozenset[str]]]) -> dict[str, Ints]:
    found: dict[str, list[int]] = defaultdict(list)
    for row, parts in enumerate(rows):
        for word in parts[number] if number < len(parts) else ():
            found[word].append(row)
    return {word: np.array(having, dtype=np.int32) for word, having in found.items()}


def _longest(part: frozenset[str], spans: dict[str, list[Positions]]) -> list[Positions]:
    """The places of a part's words, those of the longest first."""
    places = {places for word in part & spans.keys() for places in spans[word]}
    return sorted(places, key=lambda one: (-len(one), one))


def _together(parts: Sequence[Sequence[Positions]], query: Query) -> Positions | None:
    """Positions of a word of each part that lie close to each other, and not on each other."""
    for first in parts[0]:
        chosen = set(first)
        for others in parts[1:]:
            apart = (one for one in others if chosen.isdisjoint(one) and _are_close(chosen, one))
            chosen.update(next(apart, ()))
        # 窗帘 is not 窗, but 腰疼 is 腰.
        is_word = len(first) > 1 or chosen.issuperset(query.word_at(first[0]))
        if is_word and all(any(chosen.issuperset(one) for one in part) for part in parts):
            return tuple(sorted(chosen))
    return None


def _are_close(chosen: set[int], other: Positions) -> bool:
    first, last = min(*chosen, other[0]), max(*chosen, other[-1])
    return last - first + 1 - len(chosen) - len(other) <= GAP
