"""Which documents have a word, and what it counts there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from web.catalog.search.documents import FIELD_WEIGHTS, Field

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

WORTH: Floats = np.array([FIELD_WEIGHTS[field] for field in Field], dtype=np.float32)

_LAST_NAME = int(Field.CATEGORY)
"""To ask the enumeration for it costs as much as to count."""


@dataclass(frozen=True, eq=False)
class Posting:
    """Documents by their place in the index, ascending; for each the heaviest field with the word, and the worth.

    worth: 0 to 1. named: in how many it stands in a name, a tag or a category.
    """

    documents: Ints
    fields: Bytes
    worth: Floats
    named: int

    @classmethod
    def of(cls, documents: Ints, fields: Bytes, worth: Floats | None = None) -> Posting:
        """With the worth of the fields, unless another is given."""
        named = int(np.count_nonzero(fields <= _LAST_NAME))
        return cls(documents, fields, WORTH[fields] if worth is None else worth, named)

    def weakened(self, factor: float) -> Posting:
        """The same documents, worth less."""
        return Posting(self.documents, self.fields, self.worth * np.float32(factor), self.named)

    def at(self, document: int) -> tuple[Field, float] | None:
        """Field and worth in one document, None where the word is not."""
        place = int(np.searchsorted(self.documents, document))
        if place == len(self.documents) or self.documents[place] != document:
            return None
        return Field(int(self.fields[place])), float(self.worth[place])


EMPTY = Posting.of(np.array([], dtype=np.int32), np.array([], dtype=np.int8))


_FIELDS = 3
"""Bits of a place that the field takes."""


def place_of(document: int, field: Field) -> int:
    """Both in one number, which sorts by document, and then by how heavy the field is."""
    return document << _FIELDS | field


def posting_of(places: list[int]) -> Posting:
    """From places in any order, of each document the heaviest field."""
    ordered = np.sort(np.array(places, dtype=np.int64))
    documents = ordered >> _FIELDS
    first = np.append(True, documents[1:] != documents[:-1])
    fields = (ordered[first] & ((1 << _FIELDS) - 1)).astype(np.int8)
    return Posting.of(documents[first].astype(np.int32), fields)


def union(postings: list[Posting], size: int) -> Posting:
    """Every document of any of them, with the best worth. size: of the index."""
    if len(postings) <= 1:
        return postings[0] if postings else EMPTY
    worth, fields = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.int8)
    for one in postings:
        better = one.worth > worth[one.documents]
        places = one.documents[better]
        worth[places], fields[places] = one.worth[better], one.fields[better]
    return sparse(worth, fields)


def sparse(worth: Floats, fields: Bytes) -> Posting:
    """From an array over the whole index: the documents whose worth is not 0."""
    documents = np.flatnonzero(worth).astype(np.int32)
    return Posting.of(documents, fields[documents], worth[documents])
