"""A query read: its characters, how they may sound, and which of them say something."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from web.catalog.search.fillers import filler_positions
from web.catalog.search.pinyin import pieces, readings
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import LIMIT, is_han, plain

FILLER_WEIGHT = 0.12
"""Of a character that says nothing, beside 1 of one that does."""


@dataclass(frozen=True)
class Query:
    """text: squeezed. readings: of each character. weights: likewise; the letters of a syllable share that of one.

    fillers: positions. alone: positions of characters that are words of their own. words: spans of words of three
    characters or more. letters: stretches of letters.
    """

    text: str
    readings: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]
    fillers: frozenset[int]
    alone: frozenset[int]
    words: tuple[tuple[int, int], ...]
    letters: tuple[tuple[int, int], ...]

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
        for start, end in letters:
            weights[start:end] = [1 / len(piece) for piece in pieces(squeezed[start:end]) for _ in piece]
        return cls(
            text=squeezed,
            readings=tuple(readings(squeezed)),
            weights=tuple(weights),
            fillers=frozenset(fillers),
            alone=frozenset(start for start, end in spans if end == start + 1),
            words=tuple((start, end) for start, end in spans if end > start + 2),
            letters=letters,
        )

    @property
    def chinese(self) -> dict[int, str]:
        """Position → Chinese character."""
        return {place: char for place, char in enumerate(self.text) if is_han(char)}

    def is_inside_a_word(self, start: int, end: int) -> bool:
        """Whether a span is a piece of a longer word, and so no slip: 火车 of 火车票 is not meant to be 货车."""
        return any(first <= start and end <= last and end - start < last - first for first, last in self.words)

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
