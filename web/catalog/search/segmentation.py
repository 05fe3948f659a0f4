"""Cutting Chinese into words."""

from collections.abc import Iterable
from functools import lru_cache

import rjieba

from web.catalog.search.text import is_han, plain, runs

LONGEST_WORD = 3
"""Characters of a word of the catalogue: of longer ones the words inside are of interest, the whole is a phrase."""


class Segmenter:
    """The dictionary of the language with the catalogue's own words added."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._cutter = rjieba.Jieba()
        self._own = {word for word in words if 2 <= len(word) <= LONGEST_WORD}
        for word in sorted(self._own):
            self._cutter.add_word(word, None, None)
        self._words = lru_cache(maxsize=30_000)(self._cut)
        self._inner = lru_cache(maxsize=30_000)(self._search_in)

    def words(self, text: str) -> tuple[str, ...]:
        """The words of a plain text as they follow each other; letters and digits stay together."""
        return self._words(text)

    def inner_words(self, word: str) -> tuple[str, ...]:
        """The words inside a word: 足底按摩 → 足底, 按摩."""
        return self._inner(word)

    def knows(self, word: str) -> bool:
        """Whether it is a word of the language or of the catalogue: then it is hardly a slip of the finger."""
        return self._cutter.has_word(word)

    def _search_in(self, word: str) -> tuple[str, ...]:
        return tuple(one for one in self._cutter.cut_for_search(word, False) if one != word and len(one) > 1)

    def _cut(self, text: str) -> tuple[str, ...]:
        # Without guessing at unknown words (HMM): it glues 拆洗挂机 together differently in every name.
        return tuple(
            word
            for run in runs(text)
            for word in (self._cutter.cut(run, False) if is_han(run[0]) else [run])
            if word.strip()
        )


def catalogue_words(texts: Iterable[str]) -> set[str]:
    """What of the catalogue's short texts (names, tags, categories) the segmenter should know as a word."""
    return {run for text in texts for run in runs(plain(text)) if is_han(run[0])}
