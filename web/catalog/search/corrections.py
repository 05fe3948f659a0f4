"""What was meant by a slip or by letters, as it is written: 花撒更换 is 花洒更换.

It is searched for beside what was typed, because needs, sayings and words that stand together know only what is written
rightly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt

from web.catalog.search.hits import Manner
from web.catalog.search.meanings import Meaning
from web.catalog.search.pinyin import pieces
from web.catalog.search.query import Query
from web.catalog.search.text import is_chinese

SURE = 0.6
"""Less certain slips are only looked for as words."""

BEGINNINGS = 0.74
"""Initials and beginnings that are this certain are put in full."""

SLIPS = frozenset({Manner.TYPO, Manner.PINYIN, Manner.INITIALS})

Standing = tuple[bool, int]
"""Of a term: whether it is the catalogue's own, and how many documents it leads to. Of terms that are as certain that
one is meant which stands higher."""


@dataclass(frozen=True)
class Correction:
    """text: as it was meant. quality: how sure that is. pieces: for each character of it what was typed in its place
    (once for all the characters of a word in letters) and the manner of the slip, None for none.
    """

    text: str
    quality: float
    pieces: tuple[tuple[str, Manner | None], ...]

    def typed(self, positions: Sequence[int]) -> str:
        """What was typed for some of its characters: of a word in letters the whole."""
        starts = dict.fromkeys(self._start(place) for place in positions)
        return "".join(self.pieces[place][0] for place in starts)

    def _start(self, place: int) -> int:
        return next(start for start in range(place, -1, -1) if self.pieces[start][0])

    def manner(self, positions: Sequence[int]) -> Manner | None:
        """Of the first slip among these characters."""
        return next((manner for place in positions if (manner := self.pieces[place][1])), None)


@dataclass(frozen=True)
class _Step:
    """The best reading of the characters up to a place: worth is what it explains, surely the least sure slip."""

    worth: float
    meaning: Meaning | None
    before: int
    surely: float


def correction(
    query: Query, meant: Iterable[Meaning], standing: Callable[[str], Standing], knows: Callable[[str], bool]
) -> Correction | None:
    """The text with its slips put right, or None where there is none. meant: what its spans may mean.

    knows: whether a text is a word of the language, which is no slip: 没法 is not 美发.
    """
    spans: dict[tuple[int, int], list[Meaning]] = defaultdict(list)
    syllables = _syllables(query)
    for one in meant:
        if _counts(query, one, knows, syllables):
            spans[one.start, one.end].append(one)
    ending: dict[int, list[Meaning]] = defaultdict(list)
    for (_, end), meanings in spans.items():
        ranked = sorted(meanings, key=lambda one: (one.quality, *standing(one.term), one.term))
        if not _are_ambiguous(ranked, standing):
            ending[end].append(ranked[-1])
    steps = [_Step(0, None, 0, 1)]
    for end in range(1, len(query.text) + 1):
        steps.append(max(_steps_to(end, ending[end], steps, query), key=lambda step: step.worth))
    return _written(query, steps)


def _counts(query: Query, one: Meaning, knows: Callable[[str], bool], syllables: Collection[int]) -> bool:
    if one.manner not in SLIPS:
        return one.manner == Manner.EXACT and one.end > one.start + 1
    if query.is_chinese(one.start, one.end):
        return one.quality >= SURE and not knows(query.text[one.start : one.end])
    whole = (one.start, one.end) in query.letters
    # jian jing anm is no jian jin ganm.
    begins = one.start in syllables
    return begins and is_chinese(one.term) and (whole or not one.weak) and one.quality >= BEGINNINGS


def _syllables(query: Query) -> set[int]:
    """Where those in its letters begin; the end of each stretch as well."""
    return {
        place
        for start, end in query.letters
        for place in accumulate(map(len, pieces(query.text[start:end])), initial=start)
    }


def _are_ambiguous(ranked: Sequence[Meaning], standing: Callable[[str], Standing]) -> bool:
    """Whether initials are those of several words of the catalogue, or of several others: cdz."""
    best = ranked[-1]
    if best.manner != Manner.INITIALS:
        return False
    own = standing(best.term)[0]
    return sum(one.quality == best.quality and standing(one.term)[0] == own for one in ranked) > 1


def _steps_to(end: int, ending: Iterable[Meaning], steps: Sequence[_Step], query: Query) -> Iterator[_Step]:
    yield _Step(steps[end - 1].worth, None, end - 1, steps[end - 1].surely)
    for one in ending:
        before = steps[one.start]
        worth = before.worth + one.quality * sum(query.weights[one.start : end])
        yield _Step(worth, one, one.start, min(before.surely, one.quality if one.manner in SLIPS else 1))


def _written(query: Query, steps: Sequence[_Step]) -> Correction | None:
    text, typed_for = "", list[tuple[str, Manner | None]]()
    place = len(query.text)
    while place:
        step = steps[place]
        typed = query.text[step.before : place]
        slip = step.meaning if step.meaning and step.meaning.manner in SLIPS else None
        word = slip.term if slip else typed
        text = word + text
        apart = typed if len(typed) == len(word) else [typed, *[""] * (len(word) - 1)]
        typed_for = [*((one, slip.manner if slip else None) for one in apart), *typed_for]
        place = step.before
    return None if text == query.text else Correction(text, sqrt(steps[-1].surely), tuple(typed_for))
