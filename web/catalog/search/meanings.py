"""What a span of the query may be meant as, and what that leads to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from web.catalog.search.hits import Manner
from web.catalog.search.postings import Posting

PINYIN = 0.92
"""From this quality on a meaning is beyond doubt: nothing else is looked for behind these characters."""


@dataclass(frozen=True)
class Meaning:
    """A span of the query taken for a term of the vocabulary.

    weak: counts only in a document that explains all letters around it, as initials do: kt is much, ktqx is one thing.
    """

    start: int
    end: int
    term: str
    quality: float
    manner: Manner
    weak: bool = False


@dataclass(frozen=True, eq=False)
class Target:
    """Where a term leads. manner: None for the catalogue's own words. word: of the catalogue, or of the thesaurus."""

    posting: Posting
    quality: float
    manner: Manner | None
    word: str

    def weakened(self, factor: float) -> Target:
        """The same, less certain."""
        return Target(self.posting, self.quality * factor, self.manner, self.word)


@dataclass(frozen=True, eq=False)
class Match:
    """Documents that some positions of the query lead to: the posting is that of all targets together."""

    positions: tuple[int, ...]
    posting: Posting
    targets: tuple[Target, ...]
    quality: float
    manner: Manner
    weak: bool = False


def covered(meanings: Iterable[Meaning]) -> set[int]:
    """Positions of what is understood without a doubt."""
    return {
        place
        for one in meanings
        if one.quality >= PINYIN and one.end > one.start + 1
        for place in range(one.start, one.end)
    }
