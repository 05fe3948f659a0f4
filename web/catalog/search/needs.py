"""What people say, found in a sentence: 水龙头一直滴 has the phrase 龙头滴水 in it, though not as it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from web.catalog.search.canon import Canon, Letter
from web.catalog.search.postings import Floats
from web.catalog.search.text import is_han

SHORT = {1: 0.82, 2: 0.88}
"""Of a phrase of one or two characters less is certain: 堵, 漏水."""

SECOND_HAND = 0.9
"""Of a phrase that is one word, and said in another of its group."""

GAP = 7
"""Characters that may stand where a phrase has a space."""

MOST = 0.79
"""So much of a phrase must be in the sentence: four of five characters. What is missing may be what matters."""


@dataclass(frozen=True)
class Said:
    """A phrase found. positions: of its characters in the sentence. quality: 1 if all of it is there."""

    phrase: str
    positions: tuple[int, ...]
    quality: float


@dataclass(frozen=True)
class _Form:
    """A phrase as it is looked for: phrase is its name, counts its characters, room how far they may be apart, sure how
    certain it is.
    """

    phrase: str
    sure: float
    counts: Counter[str]
    length: int
    room: int


class Phrases:
    """The phrases of needs by their characters, so that a sentence meets only those that it shares some with.

    A phrase with a space may have a few words there: 旧 卖 is in 旧洗衣机想卖掉. Sentence and phrases are compared as
    they stand, and with one word in place of its synonyms: who says 坐便器堵了 is understood by 马桶堵了.
    """

    def __init__(self, phrases: Collection[str], canon: Canon) -> None:
        """phrases: without their fillers."""
        self._canon = canon
        self._forms = [form for phrase in sorted(phrases) for form in self._forms_of(phrase)]
        self._enough: Floats = np.array([MOST * form.length for form in self._forms], dtype=np.float32)
        having: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, form in enumerate(self._forms):
            for char, count in form.counts.items():
                for often in range(count):
                    having[char, often].append(place)
        self._having = {key: np.array(forms, dtype=np.int32) for key, forms in having.items()}

    def said_in(self, sentence: str) -> Iterator[Said]:
        """Phrases of which enough is there, close together."""
        letters = [Letter(char, place, place + 1) for place, char in enumerate(sentence) if is_han(char)]
        yield from self._said_in(letters)
        other = self._canon.letters(sentence)
        if [letter.char for letter in other] != [letter.char for letter in letters]:
            yield from self._said_in(other)

    def _forms_of(self, phrase: str) -> Iterator[_Form]:
        whole = phrase.replace(" ", "")
        other = " ".join(map(self._canon.text, phrase.split()))
        # Who says 空调清洗 hardly means a phrase 空调保养, though they are of one group.
        surely = SECOND_HAND if self._canon.is_word(whole) else 1.0
        for text, sure in ((phrase, 1.0), *([(other, surely)] if other != phrase else [])):
            counts = Counter(filter(is_han, text))
            length = counts.total()
            # Two characters far apart are hardly the word that they make together.
            room = length + (GAP if " " in phrase else 2 if length < 3 else length + 4)
            if length:
                yield _Form(whole, sure, counts, length, room)

    def _said_in(self, letters: Sequence[Letter]) -> Iterator[Said]:
        places: dict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            places[letter.char].append(letter)
        having = [
            self._having[char, often]
            for char, there in places.items()
            for often in range(len(there))
            if (char, often) in self._having
        ]
        if not having:
            return
        shared = np.bincount(np.concatenate(having), minlength=len(self._forms))
        for place in np.flatnonzero(shared >= self._enough).tolist():
            found = _found(self._forms[place], int(shared[place]), places, letters)
            if found is not None:
                yield found


def _found(form: _Form, count: int, places: dict[str, list[Letter]], letters: Sequence[Letter]) -> Said | None:
    chosen = _closest(form.counts, places)
    if _is_one_word(chosen) and "".join(one.char for one in sorted(chosen, key=letters.index)) not in form.phrase:
        return None
    if max(letter.start for letter in chosen) - min(letter.start for letter in chosen) >= form.room:
        return None
    positions = tuple(sorted({place for letter in chosen for place in range(letter.start, letter.end)}))
    return Said(form.phrase, positions, form.sure * SHORT.get(form.length, 1.0) * (count / form.length) ** 3)


def _is_one_word(letters: list[Letter]) -> bool:
    """Whether all of them stand for one word: 油头 for 大背头, which has nothing of 头油."""
    return len(letters) > 1 and len({(one.start, one.end) for one in letters}) == 1


def _closest(counts: Counter[str], places: dict[str, list[Letter]]) -> list[Letter]:
    """For each character its places nearest to that of the rarest character."""
    there = [char for char in counts if char in places]
    anchor = places[min(there, key=lambda char: len(places[char]))][0].start
    return [
        letter
        for char in there
        for letter in sorted(places[char], key=lambda one: abs(one.start - anchor))[: counts[char]]
    ]
