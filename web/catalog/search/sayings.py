"""What people say of each service, all of it together: a sentence that no phrase is in may be like many of them.

风一吹门就蹭地板 is no phrase of the table. But 门, 蹭地, 地板 are all said of 房门下垂异响与蹭地维修.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from math import log

import numpy as np

from web.catalog.search.canon import Canon, Letter
from web.catalog.search.documents import Document, Need
from web.catalog.search.fillers import content
from web.catalog.search.hits import Manner
from web.catalog.search.meanings import Match, Target
from web.catalog.search.postings import Bools, Floats, Ints, Posting
from web.catalog.search.query import Query
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import is_han, plain, squeezed

FITTING = 0.95
"""Of the documents that a word of a need leads to, those count that have almost as much of it as the best."""

NEXT = 0.5
"""Of a need's words the second counts so much less than the first, and so on."""

OFTEN = 1.2
"""How slowly a piece counts more, the more phrases it is in …"""

LONG = 0.4
"""… and how much less, the more is said of the document."""

UNHEARD = 0.25
"""A piece that is said of nothing, beside 1 of one that is said of a single document."""

SENTENCE = 3
"""Fewer characters are a word, which the vocabulary knows or not."""

REASON = {1: 0.3, 2: 0.5}
"""How certain a piece is as a reason, by its characters."""


@dataclass
class Alike:
    """Needs that lead to the same documents. postings: the most fitting first."""

    postings: Sequence[Posting]
    needs: list[Need] = field(default_factory=list)

    @cached_property
    def spread(self) -> tuple[Ints, Floats]:
        """Documents and how much what is said is said of each: of many less of each."""
        worth: dict[int, float] = {}
        for place, posting in enumerate(self.postings):
            documents = posting.documents[posting.worth >= FITTING * posting.worth.max()]
            share = NEXT**place / len(documents) ** 0.5
            for document in documents.tolist():
                worth[document] = max(worth.get(document, 0), share)
        return np.array(list(worth), dtype=np.int32), np.array(list(worth.values()), dtype=np.float32)


class Sayings:
    """For each piece of what is said: the documents of which it is said, and how much it tells of each. Immutable."""

    def __init__(
        self, documents: Sequence[Document], said: Iterable[Alike], segmenter: Segmenter, canon: Canon
    ) -> None:
        self._size, self._segmenter, self._canon = len(documents), segmenter, canon
        gathered = _Gathered(self._size)
        pieces = cache(lambda text: frozenset(self._pieces(text)))
        for one in said:
            texts = (text for need in one.needs for text in need.texts())
            gathered.add(*one.spread, Counter(piece for text in texts for piece in pieces(text)))
        having: dict[str, list[int]] = defaultdict(list)
        for place, document in enumerate(documents):
            for piece in {piece for text in (document.name, *document.tags) for piece in pieces(text)}:
                having[piece].append(place)
        gathered.add_own(having)
        self._said = gathered.postings()
        self._unheard = UNHEARD * _telling(0, self._size)

    def likeness(self, query: Query) -> Floats:
        """Of every document to what is typed: 1 if all of it is said of it again and again. Of letters nothing is."""
        likeness, whole = np.zeros(self._size, dtype=np.float32), 0.0
        alike: Bools = np.zeros(self._size, dtype=bool)
        for piece in self._pieces_of(query):
            telling, posting = self._said.get(piece, (self._unheard, None))
            whole += telling
            if posting is not None:
                likeness[posting.documents] += posting.worth * np.float32(telling)
                if len(piece) > 1:
                    alike[posting.documents] = True
        # A character alone may be part of anything: 洗 and 机 of 洗碗机.
        return np.where(alike, likeness / np.float32(whole or 1), 0)

    def reasons(self, query: Query) -> Iterator[Match]:
        """Every piece that is said of something."""
        pieces = self._pieces_of(query)
        for piece, letters in _placed(self._readings(query.text)):
            if piece in pieces and piece in self._said:
                positions = tuple(place for one in letters for place in range(one.start, one.end))
                posting = self._said[piece][1]
                yield Match(positions, posting, (Target(posting, 1.0, None, piece),), REASON[len(piece)], Manner.NEED)

    def _pieces_of(self, query: Query) -> set[str]:
        chinese = sum(is_han(query.text[place]) for place in query.said)
        return set(self._pieces(query.text)) if chinese >= SENTENCE else set()

    def _pieces(self, text: str) -> Iterator[str]:
        """Characters, pairs of characters and words; a word and that which stands for its group are the same."""
        short = content(self._segmenter.words(plain(text))) or squeezed(text)
        for reading in {"".join(filter(is_han, short)), self._canon.text(short)}:
            yield from reading
            yield from map("".join, pairwise(reading))
        for word in self._segmenter.words(short):
            if len(word) > 1:
                # Beside the pair of its characters: 下水 in 洗衣机下水, and not in 一下水就.
                yield f"{word} "

    def _readings(self, text: str) -> tuple[list[Letter], list[Letter]]:
        typed = [Letter(char, place, place + 1) for place, char in enumerate(text) if is_han(char)]
        return typed, self._canon.letters(text)


class _Gathered:
    """Pieces with where and how often they are said, on the way to being postings."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._places: dict[str, list[Ints]] = defaultdict(list)
        self._counts: dict[str, list[Floats]] = defaultdict(list)
        self._lengths: Floats = np.zeros(size, dtype=np.float32)

    def add(self, documents: Ints, worth: Floats, pieces: Counter[str]) -> None:
        """So often each is said of these documents."""
        self._lengths[documents] += worth * np.float32(pieces.total())
        for piece, often in pieces.items():
            self._places[piece].append(documents)
            self._counts[piece].append(worth * np.float32(often))

    def add_own(self, having: dict[str, list[int]]) -> None:
        """What the documents say of themselves, once each."""
        for piece, places in having.items():
            documents = np.array(places, dtype=np.int32)
            self._lengths[documents] += 1
            self._places[piece].append(documents)
            self._counts[piece].append(np.ones(len(places), dtype=np.float32))

    def postings(self) -> dict[str, tuple[float, Posting]]:
        """For each piece how much it tells, the more the fewer documents have it, and what it is worth in each."""
        mean = float(self._lengths.sum()) / (self._size or 1) or 1.0
        slow: Floats = (OFTEN * (1 - LONG + LONG * self._lengths / mean)).astype(np.float32)
        found: dict[str, tuple[float, Posting]] = {}
        for piece, places in self._places.items():
            counts = np.bincount(np.concatenate(places), np.concatenate(self._counts[piece]), self._size)
            documents = np.flatnonzero(counts > 0).astype(np.int32)
            often: Floats = counts[documents].astype(np.float32)
            telling = _telling(int(np.count_nonzero(often > NEXT / 2)), self._size)
            fields = np.zeros(len(documents), dtype=np.int8)
            found[piece] = telling, Posting(documents, fields, often / (often + slow[documents]), len(documents))
        return found


def _telling(having: int, size: int) -> float:
    return log((size - having + 0.5) / (having + 0.5) + 1)


def _placed(readings: Iterable[Sequence[Letter]]) -> Iterator[tuple[str, tuple[Letter, ...]]]:
    for letters in readings:
        yield from ((one.char, (one,)) for one in letters)
        yield from ((one.char + other.char, (one, other)) for one, other in pairwise(letters))
