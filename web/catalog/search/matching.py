"""What of the query leads where: every span of it that is, or may be meant as, a term of the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

from web.catalog.search.choices import Choices
from web.catalog.search.corpus import Corpus
from web.catalog.search.corrections import Correction, correction
from web.catalog.search.hits import Manner
from web.catalog.search.meanings import PINYIN, Match, Meaning, Target, covered
from web.catalog.search.needs import Phrases
from web.catalog.search.pinyin import readings_of
from web.catalog.search.postings import Posting, union
from web.catalog.search.query import Query
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.slips import Slips
from web.catalog.search.spellings import Spellings
from web.catalog.search.text import is_han
from web.catalog.search.vocabulary import PART, Vocabulary

REACH = 10
"""Characters of a query that are looked up together, if they are Chinese."""

LETTERS_REACH = 26

EXACT = 0.96
WHOLE = 1.0
HOMOPHONE = 0.82
MIXED = 0.78
INITIALS = 0.74
SOME_INITIALS = 0.62
"""Of one word among others: cdz is 充电桩, and hardly 穿戴 and 定制."""

BEGINNING = 0.74
BROKEN_OFF = 0.68
CHARACTER = 0.5
"""A character that stands alone in the query and is part of a word: 通马桶 and 疏通."""

INNER_CHARACTER = 0.2
"""A character out of another word of the query: 机 of 飞机 does not mean 洗衣机."""

SYLLABLE = 0.4

PATIENCE = 40
"""Characters of a query in which homophones and abbreviations are looked for: of a longer one enough is plain."""

LONGEST_BEGINNING = 20

BEGINNINGS = 40
"""Terms that a beginning may stand for."""


class Matcher:
    """Finds the matches of a query. Immutable."""

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary, segmenter: Segmenter) -> None:
        self._corpus, self._vocabulary, self._segmenter = corpus, vocabulary, segmenter
        self._spellings = Spellings(vocabulary.spelled(), vocabulary.is_typed_in_full)
        self._phrases = Phrases(vocabulary.gists, vocabulary.canon)
        self._choices = Choices(list(vocabulary.choices), vocabulary.canon)
        self._slips = Slips(self._spellings, vocabulary, segmenter)
        self._sounds = _sounds(corpus)

    def matches(self, query: Query, *, correct: bool = True) -> tuple[list[Match], Correction | None]:
        """All of them, each once, the most certain way it came about; and, if asked for, the query as it should be
        written.
        """
        meant = list(self._as_typed(query))
        meant += self._as_spelled(query, _known(meant))
        meant += self._slips.meant(query, covered(meant))
        meant += list(self._as_begun(query, meant))
        understood = covered(meant)
        # Where letters are a word beyond doubt, they are no initials as well.
        meant = [one for one in meant if not one.weak or not understood.issuperset(range(one.start, one.end))]
        best: dict[tuple[tuple[int, ...], int, bool], Match] = {}
        for match in (*self._of_terms(meant), *self._of_parts(query, understood), *self._of_needs(query)):
            key = (match.positions, id(match.posting), match.weak)
            if key not in best or match.quality > best[key].quality:
                best[key] = match
        found = list(best.values())
        return found, correction(query, meant, self._standing, self._segmenter.knows) if correct else None

    def _standing(self, term: str) -> tuple[bool, int]:
        return term in self._corpus.words_of, self._vocabulary.leads(term)[0].named

    def _as_typed(self, query: Query) -> Iterator[Meaning]:
        for start, end, span in _spans(query):
            # 修 in the thesaurus does not speak of 装修.
            if (end > start + 1 or start in query.alone) and (span in self._vocabulary):
                quality = WHOLE if end - start == len(query.text) else EXACT
                yield Meaning(start, end, span, quality, Manner.EXACT)
        yield from self._around_fillers(query)

    def _around_fillers(self, query: Query) -> Iterator[Meaning]:
        """剪一下头发 is 剪头发."""
        said = query.said
        if not query.fillers:
            return
        for first in range(len(said)):
            for last in range(first + 1, min(len(said), first + REACH)):
                start, end = said[first], said[last] + 1
                span = "".join(query.text[place] for place in said[first : last + 1])
                if end - start > len(span) and span in self._vocabulary.targets:
                    yield Meaning(start, end, span, EXACT, Manner.EXACT)

    def _as_spelled(self, query: Query, known: set[tuple[int, int]]) -> Iterator[Meaning]:
        brief = len(query.text) <= PATIENCE
        for start in range(len(query.text)):
            if brief or not is_han(query.text[start]):
                yield from self._spelled_from(query, start, known, brief=brief)

    def _spelled_from(self, query: Query, start: int, known: set[tuple[int, int]], *, brief: bool) -> Iterator[Meaning]:
        keys, spellings = [""], self._spellings
        reach = LETTERS_REACH if brief else LETTERS_REACH // 2
        for end in range(start + 1, min(len(query.text), start + reach) + 1):
            keys = [key + reading for key in keys for reading in query.readings[end - 1]][:6]
            chinese = query.is_chinese(start, end)
            if chinese and (end == start + 1 or (start, end) in known or query.is_inside_a_word(start, end)):
                continue
            if chinese and end - start > REACH:
                return
            sure, manner = (HOMOPHONE, Manner.TYPO) if chinese else (PINYIN, Manner.PINYIN)
            table = spellings.sounding if chinese else spellings.pinyin
            for key in keys:
                for term in table.get(key, ()):
                    # 抖音 sounds as 痘印 does: with no character the same, only a name of the catalogue is meant.
                    if not chinese or term in self._corpus.words_of or not set(query.text[start:end]).isdisjoint(term):
                        yield Meaning(start, end, term, sure, manner)
                if brief and not chinese:
                    yield from self._abbreviated(start, end, key, whole=(start, end) in query.letters)

    def _abbreviated(self, start: int, end: int, key: str, *, whole: bool) -> Iterator[Meaning]:
        for term in self._spellings.mixed.get(key, ()):
            yield Meaning(start, end, term, MIXED, Manner.INITIALS, weak=len(key) < 4)
        if end - start == len(key) > 1:
            quality = INITIALS if whole else SOME_INITIALS
            for term in self._spellings.initials.get(key, ()):
                yield Meaning(start, end, term, quality, Manner.INITIALS, weak=True)

    def _as_begun(self, query: Query, meant: list[Meaning]) -> Iterator[Meaning]:
        """The last letters of a stretch as the beginning of a word: kongtiaoqin."""
        understood = covered(meant)
        for first, end in query.letters:
            if end - 1 in understood or query.text[first:end].isdigit():
                continue
            # A word begins where the stretch does, or where another ends.
            starts = {first} | {one.end for one in meant if first < one.end < end}
            for start in sorted(start for start in starts if end - start <= LONGEST_BEGINNING):
                letters = query.text[start:end]
                for term, syllable_ends in self._spellings.beginning(letters, BEGINNINGS):
                    if len(letters) == 1 and term not in self._corpus.terms:
                        continue
                    quality = SYLLABLE if len(letters) == 1 else BEGINNING if syllable_ends else BROKEN_OFF
                    yield Meaning(start, end, term, quality, Manner.PINYIN, weak=len(letters) < 4)

    def _of_terms(self, meant: list[Meaning]) -> Iterator[Match]:
        for one in meant:
            positions = tuple(range(one.start, one.end))
            posting, targets = self._vocabulary.leads(one.term, alone=one.quality == WHOLE)
            yield Match(positions, posting, targets, one.quality, one.manner, one.weak)

    def _of_parts(self, query: Query, understood: set[int]) -> Iterator[Match]:
        for start, end, span in _spans(query, reach=5):
            part = self._corpus.parts.get(span) if query.is_chinese(start, end) else None
            if part is None:
                continue
            quality = PART if end > start + 1 else CHARACTER if start in query.alone else INNER_CHARACTER
            yield _of_one(range(start, end), part, quality, Manner.PART, span)
        for start, end, span in self._syllables(query, understood):
            yield _of_one(range(start, end), self._sounds[span], SYLLABLE, Manner.PINYIN, span, weak=True)

    def _syllables(self, query: Query, understood: set[int]) -> Iterator[tuple[int, int, str]]:
        for first, last in query.letters:
            for start in range(first, last):
                for end in range(start + 2, min(last, start + 6) + 1):
                    if query.text[start:end] in self._sounds and understood.isdisjoint(range(start, end)):
                        yield start, end, query.text[start:end]

    def _of_needs(self, query: Query) -> Iterator[Match]:
        for said in self._phrases.said_in(query.text):
            posting, targets = self._vocabulary.leads(said.phrase)
            yield Match(said.positions, posting, targets, said.quality, Manner.NEED)
        for need, positions, quality in self._choices.said_in(query):
            posting, targets = self._vocabulary.choices[need]
            yield Match(positions, posting, targets, quality, Manner.NEED)


def _of_one(
    positions: range, posting: Posting, quality: float, manner: Manner, word: str, *, weak: bool = False
) -> Match:
    return Match(tuple(positions), posting, (Target(posting, 1.0, None, word),), quality, manner, weak)


def _spans(query: Query, reach: int = 0) -> Iterator[tuple[int, int, str]]:
    text, length = query.text, len(query.text)
    for start in range(length):
        longest = reach or (REACH if is_han(text[start]) else LETTERS_REACH)
        for end in range(start + 1, min(length, start + longest) + 1):
            yield start, end, text[start:end]
    if not reach and length > REACH:
        yield 0, length, text


def _known(meant: list[Meaning]) -> set[tuple[int, int]]:
    return {(one.start, one.end) for one in meant}


def _sounds(corpus: Corpus) -> dict[str, Posting]:
    found: dict[str, list[Posting]] = {}
    for part, posting in corpus.parts.items():
        if len(part) == 1:
            found.setdefault(readings_of(part)[0], []).append(posting)
    return {syllable: union(postings, corpus.size) for syllable, postings in found.items()}
