"""One word in place of all that mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from web.catalog.search.text import is_chinese, is_han

_SHORTEST = 2


class Letter(NamedTuple):
    """A character of a text in which words have been replaced. start, end: what of the original it stands for."""

    char: str
    start: int
    end: int


class Canon:
    """Replaces words by the first word of the first group that has them."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        """groups: of words that mean the same. Words of a single character are left alone."""
        self._first: dict[str, str] = {}
        for group in groups:
            words = [word for word in group if len(word) >= _SHORTEST and is_chinese(word)]
            for word in words:
                self._first.setdefault(word, words[0])
        self._longest: dict[str, int] = {}
        for word in self._first:
            self._longest[word[0]] = max(len(word), self._longest.get(word[0], 0))

    def is_word(self, text: str) -> bool:
        """Whether all of it is one word of a group."""
        return text in self._first

    def text(self, text: str) -> str:
        """With its words replaced."""
        return "".join(char for word, _, _ in self._replaced(text) for char in word if is_han(char))

    def letters(self, text: str) -> list[Letter]:
        """Its Chinese characters, with its words replaced: at each place the longest."""
        return [Letter(char, start, end) for word, start, end in self._replaced(text) for char in word if is_han(char)]

    def _replaced(self, text: str) -> Iterator[tuple[str, int, int]]:
        start = 0
        while start < len(text):
            ends = range(min(len(text), start + self._longest.get(text[start], 0)), start + 1, -1)
            end = next((end for end in ends if text[start:end] in self._first), start + 1)
            yield self._first.get(text[start:end], text[start:end]), start, end
            start = end
