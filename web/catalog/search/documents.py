"""What the search engine is given: the catalogue's services as documents, and the operator's tables of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Field(IntEnum):
    """Where in a document words stand: the heaviest first, which is also the order in which they are indexed."""

    NAME = 0
    TAG = 1
    CATEGORY = 2
    OPTION = 3
    ADD_ON = 4
    INTRODUCTION = 5

    @property
    def label(self) -> str:
        """As reasons name it."""
        return self.name.lower()


FIELD_WEIGHTS = {
    Field.NAME: 1.0,
    Field.TAG: 0.88,
    Field.CATEGORY: 0.84,
    Field.OPTION: 0.7,
    Field.ADD_ON: 0.62,
    Field.INTRODUCTION: 0.4,
}
"""How much a word found there counts: an add-on is sold only with its service, an introduction mentions much."""


@dataclass(frozen=True)
class Document:
    """A service as it is searched for.

    categories: names from the root to the leaf. options: names of options and of their choices. orders: how often it
    was ordered lately, which breaks ties.
    """

    service_id: int
    name: str
    categories: tuple[str, ...] = ()
    introduction: str = ""
    options: tuple[str, ...] = ()
    add_ons: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    orders: int = 0

    def texts(self) -> list[tuple[Field, str]]:
        """Every text with its field, the heaviest field first."""
        return [
            (Field.NAME, self.name),
            *((Field.TAG, text) for text in self.tags),
            *((Field.CATEGORY, text) for text in self.categories),
            *((Field.OPTION, text) for text in self.options),
            *((Field.ADD_ON, text) for text in self.add_ons),
            (Field.INTRODUCTION, self.introduction),
        ]


@dataclass(frozen=True)
class Need:
    """What a person says, and the catalogue's words for it, the most fitting first: 马桶堵了 → 马桶疏通, 管道疏通.

    Of words with a stroke between them any may be said: 马桶/蹲坑 堵/满 is four phrases. A space is for other words.
    """

    phrase: str
    words: tuple[str, ...]

    def parts(self) -> tuple[tuple[str, ...], ...] | None:
        """What may be said at each place of it; None of a phrase without a choice."""
        if "/" not in self.phrase:
            return None
        return tuple(tuple(filter(None, part.split("/"))) for part in self.phrase.split())

    def texts(self) -> tuple[str, ...]:
        """The phrase, or all that may be said in it."""
        parts = self.parts()
        return (self.phrase,) if parts is None else tuple(text for part in parts for text in part)


@dataclass(frozen=True)
class Thesaurus:
    """The operator's tables. synonyms: groups of words that mean the same (按摩, 推拿)."""

    synonyms: tuple[tuple[str, ...], ...] = ()
    needs: tuple[Need, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Sequence[Any]]) -> Thesaurus:
        """From JSON: {"synonyms": [[word, ...], ...], "needs": [{"phrase": ..., "words": [word, ...]}, ...]}."""
        return cls(
            tuple(tuple(group) for group in data.get("synonyms", ())),
            tuple(Need(need["phrase"], tuple(need["words"])) for need in data.get("needs", ())),
        )
