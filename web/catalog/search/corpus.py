"""The documents taken apart: which words, phrases and parts of words each has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from web.catalog.search.documents import Document, Field
from web.catalog.search.postings import Posting, PostingList
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import core, is_chinese, plain, squeezed

PHRASE = 4
"""Words that follow each other and are indexed as one: 油烟机 拆 洗."""

LONGEST_DIVIDED = 6
"""Characters of a word whose parts are indexed."""


@dataclass(frozen=True)
class Terms:
    """What a text holds. terms: text → the words that it is made of. parts: pieces of words, a character or more."""

    terms: dict[str, tuple[str, ...]]
    parts: frozenset[str]


class Corpus:
    """Postings of all terms and parts. words_of: the words of each term that stands in more than introductions."""

    def __init__(self, documents: Sequence[Document], segmenter: Segmenter) -> None:
        self.size = len(documents)
        self.words_of: dict[str, tuple[str, ...]] = {}
        self._segmenter = segmenter
        self._terms: dict[str, PostingList] = {}
        self._parts: dict[str, PostingList] = {}
        self._short = lru_cache(maxsize=100_000)(self._terms_of)
        for place, document in enumerate(documents):
            self._add(place, document)
        self.terms: dict[str, Posting] = {term: one.finished() for term, one in self._terms.items()}
        self.parts: dict[str, Posting] = {part: one.finished() for part, one in self._parts.items()}
        self._terms, self._parts = {}, {}

    def _add(self, place: int, document: Document) -> None:
        for field, text in document.texts():
            if field == Field.INTRODUCTION:
                self._put(self._terms, self._mentioned(text), place, field)
                continue
            found = self._short(text)
            self.words_of.update(found.terms)
            self._put(self._terms, found.terms, place, field)
            self._put(self._parts, found.parts, place, field)

    @staticmethod
    def _put(lists: dict[str, PostingList], terms: Iterable[str], place: int, field: Field) -> None:
        for term in terms:
            found = lists.get(term)
            if found is None:
                found = lists[term] = PostingList()
            found.add(place, field)

    def _terms_of(self, text: str) -> Terms:
        words = self._segmenter.words(plain(text))
        terms: dict[str, tuple[str, ...]] = {word: (word,) for word in words}
        for start in range(len(words)):
            for end in range(start + 2, min(len(words), start + PHRASE) + 1):
                terms["".join(words[start:end])] = words[start:end]
        for whole in (squeezed(text), core(text)):
            terms.setdefault(whole, self._segmenter.words(whole))
        for inner in self._inner(words):
            terms.setdefault(inner, (inner,))
        # A single character is a part: as a word of its own it would be too strong.
        kept = {term: made_of for term, made_of in terms.items() if len(term) > 1 or term == squeezed(text)}
        return Terms(kept, _parts_of(words))

    def _inner(self, words: Iterable[str]) -> set[str]:
        return {inner for word in words if len(word) > 2 for inner in self._segmenter.inner_words(word)}

    def _mentioned(self, text: str) -> set[str]:
        words = set(self._segmenter.words(plain(text)))
        words |= self._inner(words)
        return {word for word in words if len(word) > 1}


def _parts_of(words: Iterable[str]) -> frozenset[str]:
    parts: set[str] = set()
    for word in words:
        if is_chinese(word) and len(word) <= LONGEST_DIVIDED:
            parts.update(word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1))
            parts.discard(word if len(word) > 1 else "")
    return frozenset(parts)
