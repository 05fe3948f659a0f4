"""All the ways in which the vocabulary may be typed, each as a table from what is typed to what may be meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, islice, product

from web.catalog.search.pinyin import blurred, spellings
from web.catalog.search.text import is_chinese, is_han

LONGEST = 10
"""Characters of a term that can be typed in any way but exactly; a whole name may be longer."""

MIXED = 4
"""Syllables of a term of which some may be typed in full and some by their initial: kongt, ktiao, xyiji."""


LIKELY = 2
"""Spellings of a term that are typed in other ways than in full: 肩 may be xian, but nobody begins it so."""


Table = dict[str, tuple[str, ...]]


class Spellings:
    """Tables of a vocabulary. Every value but those of letter_gaps are terms.

    pinyin: all syllables in full; sounding: likewise, without unusual readings. initials. mixed: some of both. blurred:
    as `pinyin.blurred`. gaps: characters with one missing: two texts that are one slip apart share such a key.
    letter_gaps: likewise of letters, and leads to keys of `pinyin`.
    """

    def __init__(self, terms: Iterable[tuple[str, tuple[str, ...]]], typed_in_full: Callable[[str], bool]) -> None:
        """terms: each with the words that it is made of. typed_in_full: which of them nobody abbreviates."""
        self.pinyin: Table = {}
        self.sounding: Table = {}
        self.initials: Table = {}
        self.mixed: Table = {}
        self.blurred: Table = {}
        self.gaps: Table = {}
        self.letter_gaps: Table = {}
        self._ends: dict[str, tuple[int, ...]] = {}
        self._typed_in_full = typed_in_full
        for term, words in terms:
            self._add(term, words)
        self._sorted = sorted(self._ends)

    def beginning(self, letters: str, limit: int) -> list[tuple[str, bool]]:
        """Terms whose pinyin goes on after these letters, and whether a syllable ends there: those first."""
        start, end = bisect_left(self._sorted, letters), bisect_left(self._sorted, letters + "{")
        longer = [key for key in self._sorted[start:end][: limit * 8] if key != letters]
        keys = [(len(letters) not in self._ends[key], key) for key in longer]
        keys.sort(key=lambda one: (one[0], len(one[1])))
        return list(islice(((term, not broken) for broken, key in keys for term in self.pinyin[key]), limit))

    def _add(self, term: str, words: tuple[str, ...]) -> None:
        if len(term) > LONGEST * 2:
            return
        if not any(map(is_han, term)):
            _put(self.pinyin, term, term)
            self._add_gaps(self.letter_gaps, term, term, shortest=5)
            return
        for place, syllables in enumerate(spellings(list(words))):
            _put(self.pinyin, "".join(syllables), term)
            if place < LIKELY and not self._typed_in_full(term):
                self._add_likely(term, syllables)
        if is_chinese(term) and len(term) <= LONGEST and not self._typed_in_full(term):
            self._add_gaps(self.gaps, term, term, shortest=3)

    def _add_likely(self, term: str, syllables: tuple[str, ...]) -> None:
        full = "".join(syllables)
        self._ends.setdefault(full, tuple(accumulate(map(len, syllables))))
        _put(self.sounding, full, term)
        _put(self.initials, "".join(syllable[0] for syllable in syllables), term)
        _put(self.blurred, blurred(full), term)
        if 2 <= len(syllables) <= MIXED:
            for key in _mixtures(syllables):
                _put(self.mixed, key, term)
        if len(syllables) <= MIXED:
            self._add_gaps(self.letter_gaps, full, full, shortest=4)

    @staticmethod
    def _add_gaps(table: Table, text: str, term: str, *, shortest: int) -> None:
        if len(text) >= shortest:
            for key in with_gap(text):
                _put(table, key, term)


def with_gap(text: str) -> Iterator[str]:
    """The text with one character left out, at every place."""
    return (text[:place] + text[place + 1 :] for place in range(len(text)))


def _mixtures(syllables: tuple[str, ...]) -> Iterator[str]:
    full, initials = "".join(syllables), "".join(syllable[0] for syllable in syllables)
    for choice in product(*((syllable, syllable[0]) for syllable in syllables)):
        key = "".join(choice)
        if key not in (full, initials):
            yield key


def _put(table: Table, key: str, term: str) -> None:
    # Tuples of texts are nothing to the garbage collector; half a million lists would be a pause of 0.3 s each time.
    terms = table.get(key, ())
    if term not in terms:
        table[key] = (*terms, term)
