"""A query read: its characters, how they may sound, and which of them say something."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from web.catalog.search.fillers import filler_positions
from web.catalog.search.pinyin import pieces, typed_readings
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import LIMIT, is_han, plain

FILLER_WEIGHT = 0.12
"""Of a character that says nothing, beside 1 of one that does."""


PLACES = frozenset("厨房 卫生间 厕所 洗手间 浴室 客厅 卧室 阳台 房间 房子 屋子 书房 家里 单位 办公室".split())
PLACE_WEIGHT = 0.5
"""Of a character that tells where in the home it is: 厨房水管漏水 is about a pipe."""


@dataclass(frozen=True)
class Query:
    """text: squeezed. readings: of each character. weights: likewise; the letters of a syllable share that of one.

    fillers: positions. alone: positions of characters that are words of their own. words: spans of words. letters:
    stretches of letters; letters_before: how many before each place.
    """

    text: str
    readings: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]
    fillers: frozenset[int]
    alone: frozenset[int]
    words: tuple[tuple[int, int], ...]
    letters: tuple[tuple[int, int], ...]
    letters_before: tuple[int, ...]

    @classmethod
    def of(cls, text: str, segmenter: Segmenter) -> Query:
        """The first LIMIT characters."""
        spaced = plain(text[:LIMIT])
        squeezed = spaced.replace(" ", "")[:LIMIT]
        words = segmenter.words(spaced)
        ends = list(accumulate(map(len, words)))
        spans = list(zip([0, *ends], ends, strict=False))
        letters = _stretches(squeezed)
        fillers = {place for place in filler_positions(words) if place < len(squeezed)}
        weights = [FILLER_WEIGHT if place in fillers else 1.0 for place in range(len(squeezed))]
        for start, end in spans:
            if squeezed[start:end] in PLACES:
                weights[start:end] = [PLACE_WEIGHT] * (min(end, len(squeezed)) - start)
        for start, end in letters:
            weights[start:end] = [1 / len(piece) for piece in pieces(squeezed[start:end]) for _ in piece]
        return cls(
            text=squeezed,
            readings=typed_readings(squeezed),
            weights=tuple(weights),
            fillers=frozenset(fillers),
            alone=frozenset(start for start, end in spans if end == start + 1),
            words=tuple(spans),
            letters=letters,
            letters_before=tuple(accumulate((not is_han(char) for char in squeezed), initial=0)),
        )

    def is_chinese(self, start: int, end: int) -> bool:
        """Whether no letter or digit is in a span."""
        return self.letters_before[start] == self.letters_before[end]

    def is_inside_a_word(self, start: int, end: int) -> bool:
        """Whether a span is a piece of a longer word, and so no slip: 火车 of 火车票 is not meant to be 货车."""
        return any(
            first <= start and end <= last and end - start < last - first and last > first + 2
            for first, last in self.words
        )

    def word_at(self, place: int) -> range:
        """Positions of the word that has a character."""
        return next((range(start, end) for start, end in self.words if start <= place < end), range(place, place + 1))

    @property
    def said(self) -> list[int]:
        """Positions of all that are no fillers."""
        return [place for place in range(len(self.text)) if place not in self.fillers]


def _stretches(text: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        if not is_han(text[start]):
            while end < len(text) and not is_han(text[end]):
                end += 1
            found.append((start, end))
        start = end
    return tuple(found)
