"""The documents taken apart: which words, phrases and parts of words each has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from web.catalog.search.documents import Document, Field
from web.catalog.search.postings import place_of, posting_of
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
        terms: dict[str, list[int]] = defaultdict(list)
        parts: dict[str, list[int]] = defaultdict(list)
        # Text by text and not document by document: tags, options and categories come again and again.
        for (text, mentioned), places in _places_of_texts(documents).items():
            found = self._mentioned(text) if mentioned else self._terms_of(text)
            for term in found.terms:
                terms[term].extend(places)
            for part in found.parts:
                parts[part].extend(places)
            if not mentioned:
                self.words_of.update(found.terms)
        self.terms = {term: posting_of(places) for term, places in terms.items()}
        self.parts = {part: posting_of(places) for part, places in parts.items()}

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
        """Of a word of three characters only its end, which it is a kind of: a 按摩椅 is no 按摩."""
        return {
            inner
            for word in words
            if len(word) > 2
            for inner in self._segmenter.inner_words(word)
            if len(word) > 3 or word.endswith(inner)
        }

    def _mentioned(self, text: str) -> Terms:
        words = set(self._segmenter.words(plain(text)))
        words |= self._inner(words)
        return Terms({word: (word,) for word in words if len(word) > 1}, frozenset())


def _places_of_texts(documents: Sequence[Document]) -> dict[tuple[str, bool], list[int]]:
    """Text and whether it is an introduction → places, as `web.catalog.search.postings.place_of` puts them."""
    found: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for document, one in enumerate(documents):
        for field, text in one.texts():
            found[text, field == Field.INTRODUCTION].append(place_of(document, field))
    return found


def _parts_of(words: Iterable[str]) -> frozenset[str]:
    parts: set[str] = set()
    for word in words:
        if is_chinese(word) and len(word) <= LONGEST_DIVIDED:
            parts.update(word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1))
            parts.discard(word if len(word) > 1 else "")
    return frozenset(parts)
