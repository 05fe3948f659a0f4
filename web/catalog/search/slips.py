"""Slips of finger, ear and eye: what a span of the query may be meant as though it is spelled otherwise."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from rapidfuzz.distance import OSA

from web.catalog.search.hits import Manner
from web.catalog.search.look_alikes import one_mistaken
from web.catalog.search.meanings import Meaning
from web.catalog.search.pinyin import blurred
from web.catalog.search.query import Query
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.spellings import Spellings, with_gap
from web.catalog.search.vocabulary import Vocabulary

BLURRED = 0.74
ALMOST = 0.68
LOOK_ALIKE = 0.76
WRONG = 0.66
"""One character or letter wrong, too many, missing or in the wrong place; the longer the term, the surer."""

PATIENCE = 40
"""Characters of a query in which slips are looked for: of a longer one there is enough to go by."""


class Slips:
    """Looks only where the query is not understood. Immutable."""

    def __init__(self, spellings: Spellings, vocabulary: Vocabulary, segmenter: Segmenter) -> None:
        self._spellings, self._vocabulary, self._segmenter = spellings, vocabulary, segmenter

    def meant(self, query: Query, understood: set[int]) -> Iterator[Meaning]:
        """Spans with a character that is not in `understood`."""
        if len(query.text) > PATIENCE:
            return
        open_places = [place for place in query.said if place not in understood]
        seen: set[tuple[int, int]] = set()
        for place in open_places:
            for start in range(max(0, place - 13), place + 1):
                for end in range(max(start + 2, place + 1), min(len(query.text), start + 14) + 1):
                    if (start, end) not in seen:
                        seen.add((start, end))
                        yield from self._of_span(query, start, end, understood)

    def _of_span(self, query: Query, start: int, end: int, understood: set[int]) -> Iterator[Meaning]:
        span = query.text[start:end]
        if query.is_chinese(start, end):
            if len(span) <= 8 and not query.is_inside_a_word(start, end):
                yield from self._of_chinese(query, start, end, span)
                # 洗碗机 is no slip for 洗衣机, though one character away from it; nor is 刷厕所 one for 通厕所.
                if not self._segmenter.knows(span) and not _is_another_deed(query, start, end, understood):
                    yield from self._almost(query, start, end, span)
        elif len(span) >= 4 or (start, end) in query.letters:
            yield from self._of_letters(query, start, end, span)

    def _of_chinese(self, query: Query, start: int, end: int, span: str) -> Iterator[Meaning]:
        sound = blurred("".join(readings[0] for readings in query.readings[start:end]))
        for term in self._spellings.blurred.get(sound, ()):
            # With no character the same it is another word, that an ear in a hurry takes for it: 租房, 煮饭.
            if len(term) == len(span) and any(map(str.__eq__, term, span)):
                yield Meaning(start, end, term, BLURRED, Manner.TYPO)
        for other in one_mistaken(span):
            if other in self._vocabulary.targets:
                yield Meaning(start, end, other, LOOK_ALIKE, Manner.TYPO)
        for key in with_gap(span):
            # 剪头发 says 剪发 and more.
            if len(span) > 2 and key in self._vocabulary.targets and key not in span:
                yield Meaning(start, end, key, WRONG, Manner.PART)

    def _almost(self, query: Query, start: int, end: int, span: str) -> Iterator[Meaning]:
        yield from self._almost_sounding(query, start, end, span)
        for term in _near(span, self._spellings.gaps, self._vocabulary.targets):
            # Of two characters one is not enough: 新秘 is no 新居.
            if (
                (len(term) > 2 or sorted(term) == sorted(span))
                and term not in span
                and OSA.distance(span, term, score_cutoff=1) <= 1
            ):
                yield Meaning(start, end, term, _surer(len(term), 3), Manner.TYPO)

    def _almost_sounding(self, query: Query, start: int, end: int, span: str) -> Iterator[Meaning]:
        """月搜 for 月嫂: one character is another, and sounds almost the same."""
        sound = "".join(readings[0] for readings in query.readings[start:end])
        for key in _near(sound, self._spellings.letter_gaps, self._spellings.pinyin):
            if OSA.distance(sound, key, score_cutoff=1) > 1:
                continue
            for term in self._spellings.pinyin[key]:
                if len(term) == len(span) and sum(map(str.__ne__, term, span)) == 1:
                    yield Meaning(start, end, term, ALMOST, Manner.TYPO)

    def _of_letters(self, query: Query, start: int, end: int, span: str) -> Iterator[Meaning]:
        letters = "".join(readings[0] for readings in query.readings[start:end])
        for term in self._spellings.blurred.get(blurred(letters), ()):
            yield Meaning(start, end, term, BLURRED, Manner.PINYIN)
        if len(letters) < 5 and (start, end) not in query.letters:
            return
        for key in _near(letters, self._spellings.letter_gaps, self._spellings.pinyin):
            if OSA.distance(letters, key, score_cutoff=1) <= 1:
                for term in self._spellings.pinyin[key]:
                    yield Meaning(start, end, term, _surer(len(letters), 6), Manner.TYPO)


def _is_another_deed(query: Query, start: int, end: int, understood: set[int]) -> bool:
    """Whether all of a span is understood but one character at an end of it, and that is a word of its own."""
    open_places = [place for place in range(start, end) if place not in understood]
    return len(open_places) == 1 and open_places[0] in query.alone and open_places[0] in (start, end - 1)


def _near(text: str, gaps: Mapping[str, tuple[str, ...]], whole: Container[str]) -> set[str]:
    """What is one slip away, or a little more: with a character more, less, other, or two in the other order."""
    found = set(gaps.get(text, ()))
    for key in with_gap(text):
        found.update(gaps.get(key, ()))
        if key in whole:
            found.add(key)
    return found


def _surer(length: int, shortest: int) -> float:
    return WRONG + min(0.1, 0.02 * (length - shortest))
