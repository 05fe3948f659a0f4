"""What a person may be about to type: names, tags, categories, words of names; in characters or in letters."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from web.catalog.search.documents import Document
from web.catalog.search.fillers import FILLERS
from web.catalog.search.pinyin import likely_syllables
from web.catalog.search.postings import Bools, Ints
from web.catalog.search.query import Query
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import core, is_chinese, is_han, plain, squeezed

Longs = npt.NDArray[np.int64]

INSIDE = 1 << 30
"""Added to the number of a text in which only a later word begins so."""

COMMON = 2
"""Documents that must have a word of a name, so that it is suggested by itself."""


@dataclass(frozen=True)
class Entry:
    """text: as it is shown. typed: squeezed. syllables: one for each character of typed."""

    text: str
    typed: str
    syllables: tuple[str, ...]

    @classmethod
    def of(cls, text: str, segmenter: Segmenter) -> Entry:
        """Shown as the catalogue has it."""
        words = segmenter.words(plain(text))
        return cls(text, "".join(words), likely_syllables(words))


class Suggestions:
    """Texts are ranked by how often their services are ordered (`put_orders`), then the shorter first."""

    def __init__(self, documents: Sequence[Document], segmenter: Segmenter) -> None:
        having = _having(documents, segmenter)
        texts = sorted(having, key=lambda text: (len(text), text))
        self._entries = [Entry.of(text, segmenter) for text in texts]
        lengths = [len(having[text]) for text in texts]
        self._starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.intp)
        self._documents: Ints = np.array([place for text in texts for place in having[text]], dtype=np.int32)
        keys = sorted({key for number, entry in enumerate(self._entries) for key in _keys(number, entry, segmenter)})
        self._keys = [key for key, _ in keys]
        self._numbers: Longs = np.array([number for _, number in keys], dtype=np.int64)
        self._ranks: Longs = np.arange(len(texts))

    def put_orders(self, counts: Longs) -> None:
        """counts: of each document, by its place."""
        if self._entries:
            self._ranks = ranks_of(np.add.reduceat(counts[self._documents], self._starts))

    def among(self, documents: Bools) -> Bools:
        """Which texts some of these documents have."""
        if not self._entries:
            return np.zeros(0, dtype=bool)
        found: Bools = np.logical_or.reduceat(documents[self._documents], self._starts)
        return found

    def beginning(self, query: Query, allowed: Bools | None, limit: int) -> list[str]:
        """At most `limit` texts, the best first. allowed: which may be suggested (see `among`), None for all."""
        if not query.text or not self._entries:
            return []
        found: list[str] = []
        for entry in self._candidates(_first_stretch(query), allowed):
            if entry.text not in found and entry.typed != query.text and _continues(entry, query):
                found.append(entry.text)
                if len(found) == limit:
                    break
        return found

    def _candidates(self, prefix: str, allowed: Bools | None) -> Iterator[Entry]:
        start, end = bisect_left(self._keys, prefix), bisect_left(self._keys, prefix + "\U0010ffff")
        found = self._numbers[start:end]
        entries = found % INSIDE
        if allowed is not None:
            found, entries = found[allowed[entries]], entries[allowed[entries]]
        ranked = entries[np.argsort(found - entries + self._ranks[entries])]
        return (self._entries[number] for number in ranked.tolist())


def ranks_of(counts: Longs) -> Longs:
    """The rank of each: 0 for the greatest; of equal ones the first comes first."""
    ranks = np.empty(len(counts), dtype=np.int64)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return ranks


def _having(documents: Sequence[Document], segmenter: Segmenter) -> dict[str, list[int]]:
    having: dict[str, dict[int, None]] = defaultdict(dict)
    words: dict[str, dict[int, None]] = defaultdict(dict)
    for place, document in enumerate(documents):
        for text in (document.name, *document.tags, *document.categories):
            if squeezed(text):
                having[text.strip()][place] = None
        for word in segmenter.words(core(document.name)):
            if len(word) > 1 and is_chinese(word) and word not in FILLERS:
                words[word][place] = None
    for word, places in words.items():
        if len(places) >= COMMON:
            having[word].update(places)
    return {text: list(places) for text, places in having.items()}


def _keys(number: int, entry: Entry, segmenter: Segmenter) -> Iterator[tuple[str, int]]:
    """Characters, pinyin and initials, from the beginning and from each later word."""
    place = 0
    for word in segmenter.words(entry.typed):
        value = number if place == 0 else INSIDE + number
        syllables = entry.syllables[place:]
        yield entry.typed[place:], value
        yield "".join(syllables), value
        yield "".join(syllable[0] for syllable in syllables), value
        place += len(word)


def _first_stretch(query: Query) -> str:
    if not query.letters:
        return query.text
    start, end = query.letters[0]
    return query.text[:end] if start == 0 else query.text[:start]


def _continues(entry: Entry, query: Query) -> bool:
    """Whether a query of both characters and letters leads into the entry, from any of its words on."""
    if not query.letters or query.letters[0] == (0, len(query.text)):
        return True
    return any(_leads(query.text, entry, place) for place in range(len(entry.typed)))


def _leads(typed: str, entry: Entry, place: int) -> bool:
    if not typed:
        return True
    if place == len(entry.typed):
        return False
    if is_han(typed[0]):
        return typed[0] == entry.typed[place] and _leads(typed[1:], entry, place + 1)
    syllable = entry.syllables[place]
    if typed.startswith(syllable):
        return _leads(typed[len(syllable) :], entry, place + 1)
    if syllable.startswith(typed):
        return True
    return typed[0] == syllable[0] and _leads(typed[1:], entry, place + 1)
