"""What people say, found in a sentence: 水龙头一直滴 has the phrase 龙头滴水 in it, though not as it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from web.catalog.search.text import is_han

SHORT = {1: 0.82, 2: 0.88}
"""Of a phrase of one or two characters less is certain: 堵, 漏水."""

GAP = 7
"""Characters that may stand where a phrase has a space."""

MOST = 0.74
"""So much of a phrase of four characters or more must be in the sentence: three of four."""


@dataclass(frozen=True)
class Said:
    """A phrase found. positions: of its characters in the sentence. quality: 1 if all of it is there."""

    phrase: str
    positions: tuple[int, ...]
    quality: float


class Phrases:
    """The phrases of needs by their characters, so that a sentence meets only those that it shares some with.

    A phrase with a space may have a few words there: 旧 卖 is in 旧洗衣机想卖掉.
    """

    def __init__(self, phrases: Collection[str]) -> None:
        """phrases: without their fillers."""
        self._phrases = sorted({phrase.replace(" ", "") for phrase in phrases})
        spaced = {phrase.replace(" ", "") for phrase in phrases if " " in phrase}
        self._open = {place for place, phrase in enumerate(self._phrases) if phrase in spaced}
        self._counts = [Counter(filter(is_han, phrase)) for phrase in self._phrases]
        self._having: dict[str, list[int]] = defaultdict(list)
        for place, counts in enumerate(self._counts):
            for char in counts:
                self._having[char].append(place)

    def said_in(self, sentence: dict[int, str]) -> Iterator[Said]:
        """Phrases of which enough is there, close together. sentence: position → character."""
        places: dict[str, list[int]] = defaultdict(list)
        for position, char in sentence.items():
            places[char].append(position)
        shared: Counter[int] = Counter()
        for char in places:
            for phrase in self._having.get(char, ()):
                shared[phrase] += min(len(places[char]), self._counts[phrase][char])
        for phrase, count in shared.items():
            found = self._found(phrase, count, places)
            if found is not None:
                yield found

    def _found(self, phrase: int, count: int, places: dict[str, list[int]]) -> Said | None:
        length = len(self._phrases[phrase])
        if count < (length if length < 4 else MOST * length):
            return None
        positions = _closest(self._counts[phrase], places)
        # Two characters far apart are hardly the word that they make together.
        room = length + 2 if length < 3 else 2 * length + 4
        if phrase in self._open:
            room = length + GAP
        if positions[-1] - positions[0] >= room:
            return None
        return Said(self._phrases[phrase], positions, SHORT.get(length, 1.0) * (count / length) ** 2)


def _closest(counts: Counter[str], places: dict[str, list[int]]) -> tuple[int, ...]:
    """For each character its places nearest to that of the rarest character."""
    there = [char for char in counts if char in places]
    anchor = places[min(there, key=lambda char: len(places[char]))][0]
    positions: set[int] = set()
    for char in there:
        positions.update(sorted(places[char], key=lambda place: abs(place - anchor))[: counts[char]])
    return tuple(sorted(positions))
