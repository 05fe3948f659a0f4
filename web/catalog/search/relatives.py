"""Services that are near to each other: with the same rare words in names and tags, in one category; or for the same
needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from math import log, sqrt

import numpy as np

from web.catalog.search.documents import Document
from web.catalog.search.fillers import FILLERS
from web.catalog.search.postings import Bools, Floats, Ints
from web.catalog.search.sayings import Alike
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import core, is_han, plain

TAG = 0.7
"""What a word of a tag counts, beside 1 of one of the name."""

INTRODUCTION = 0.3

CHARACTER = 0.3
"""A character of a word, for 擦玻璃 is near to 擦窗."""

COMMON = 4
"""What one document of so many has is not rare, and makes nothing near: 清洗 in a small shop."""


FEW = 8.0
"""Those that answer the same needs are near to each other, whatever their categories, if the needs are more than a few
…"""

MOST_ANSWERS = 12
"""… and not such as half of the catalogue answers."""

Parts = tuple[tuple[str, float], ...]


class Relatives:
    """How near the documents of an index are to each other. Immutable."""

    def __init__(self, documents: Sequence[Document], segmenter: Segmenter, said: Iterable[Alike]) -> None:
        self._size = len(documents)
        self._answering = _answering(said)
        leaves = {categories: number for number, categories in enumerate({one.categories for one in documents})}
        self._leaves: Ints = np.array([leaves[one.categories] for one in documents], dtype=np.int32)
        parts = cache(lambda word: tuple(_parts(word, segmenter)))
        self._weights = _weighed([_marks(document, segmenter, parts) for document in documents])
        having: dict[tuple[int, str], list[tuple[int, float]]] = defaultdict(list)
        for place, (leaf, weights) in enumerate(zip(self._leaves.tolist(), self._weights, strict=True)):
            for mark, weight in weights.items():
                having[leaf, mark].append((place, weight))
        # By category, for others are never near. A mark of a single document makes it near to nothing.
        self._having = {
            key: (
                np.array([place for place, _ in found], dtype=np.int32),
                np.array([weight for _, weight in found], dtype=np.float32),
            )
            for key, found in having.items()
            if len(found) > 1
        }

    def nearness(self, document: int, inside: Bools | None) -> Floats:
        """Of every document to this one: 1 of itself, 0 of those of other categories. inside: which may come."""
        near, leaf = np.zeros(self._size, dtype=np.float32), int(self._leaves[document])
        for mark, weight in self._weights[document].items():
            if (leaf, mark) in self._having:
                places, weights = self._having[leaf, mark]
                near[places] += weights * np.float32(weight)
        if document in self._answering:
            places, shares = self._answering[document]
            near[places] = np.maximum(near[places], shares)
        if inside is not None:
            near[~inside] = 0
        near[document] = 1
        return near


def _marks(document: Document, segmenter: Segmenter, parts: Callable[[str], Parts]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in _texts(document):
        for word in dict.fromkeys(segmenter.words(text)):
            for mark, part in parts(word):
                if weight * part > found.get(mark, 0) and (weight > INTRODUCTION or part == 1):
                    found[mark] = weight * part
    return found


def _texts(document: Document) -> Iterator[tuple[str, float]]:
    yield core(document.name), 1
    yield from ((core(tag), TAG) for tag in document.tags)
    yield plain(document.introduction), INTRODUCTION


def _parts(word: str, segmenter: Segmenter) -> Iterator[tuple[str, float]]:
    if word in FILLERS:
        return
    if len(word) > 1:
        yield word, 1
    if len(word) > 2:
        yield from ((inner, 1) for inner in segmenter.inner_words(word))
    yield from ((char, CHARACTER) for char in word if is_han(char))


def _weighed(documents: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """By how rare each mark is, and so that every document's squares sum to 1."""
    often: dict[str, int] = defaultdict(int)
    for marks in documents:
        for mark in marks:
            often[mark] += 1
    rare = {mark: max(0, log((len(documents) + 1) / (COMMON * count))) for mark, count in often.items()}
    found: list[dict[str, float]] = []
    for marks in documents:
        weights = {mark: weight * rare[mark] for mark, weight in marks.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1
        found.append({mark: weight / length for mark, weight in weights.items()})
    return found


def _answering(said: Iterable[Alike]) -> dict[int, tuple[Ints, Floats]]:
    """For each document those that answer the same needs, and how alike what both answer is."""
    together: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for one in said:
        documents, worth = one.spread
        if len(documents) <= MOST_ANSWERS:
            shares = list(zip(documents.tolist(), worth.tolist(), strict=True))
            for (first, share), (second, other) in product(shares, shares):
                together[first][second] += share * other * len(one.needs)
    found: dict[int, tuple[Ints, Floats]] = {}
    for first, both in together.items():
        own = [(both[first] + FEW) * (together[second][second] + FEW) for second in both]
        alike = np.array(list(both.values())) / np.sqrt(own)
        found[first] = np.array(list(both), dtype=np.int32), alike.astype(np.float32)
    return found
