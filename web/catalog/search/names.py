"""How near a query is to a service's name as a whole: what decides between documents that explain it equally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from web.catalog.search.audiences import audiences
from web.catalog.search.deeds import deeds, undoes
from web.catalog.search.documents import Document
from web.catalog.search.fillers import content
from web.catalog.search.meanings import Match
from web.catalog.search.pinyin import likely_syllables
from web.catalog.search.postings import Floats
from web.catalog.search.query import Query
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import core, plain, squeezed

Places = npt.NDArray[np.intp]

LIKENESS = 0.2
"""The part of a score that the name as a whole decides."""

MEANT = 0.9
"""A word of the thesaurus beside what was typed itself."""

TAGGED = 70
"""A tag is almost a name: out of 100."""

MOST_STAND_INS = 12
MOST_OF_IT = 0.75

FOR_OTHERS = 0.98
"""A service for somebody in particular whom the query does not name."""

UNDOES = 0.96
"""A service that undoes something, where that is not said."""

OTHER_DEED = 0.85
"""A service that does something else than the query says."""

NOT_QUITE = 0.99
"""The most that a document can have whose name is not what was typed."""


@dataclass(frozen=True)
class Name:
    """whole: squeezed. core: without measures and brackets. bare: nor fillers, 上门. sound: the letters
    of the core and of the bare. initials: the core's.

    tags: squeezed. audiences, deeds, undoes: see the modules called so; deeds of the tags, too.
    """

    whole: str
    core: str
    bare: str
    sound: tuple[str, str]
    initials: str
    audiences: frozenset[int]
    deeds: frozenset[int]
    undoes: bool
    tags: frozenset[str]

    @classmethod
    def of(cls, document: Document, segmenter: Segmenter) -> Name:
        """All forms of a document's name."""
        name = document.name
        short = core(name)
        words = segmenter.words(short)
        syllables = likely_syllables(words)
        bare = content(words) or short
        return cls(
            whole=squeezed(name),
            core=short,
            bare=bare,
            sound=("".join(syllables), "".join(likely_syllables(segmenter.words(bare)))),
            initials="".join(syllable[0] for syllable in syllables),
            audiences=audiences(short),
            undoes=undoes(words),
            deeds=deeds(word for text in (name, *document.tags) for word in segmenter.words(plain(text))),
            tags=frozenset(map(squeezed, document.tags)),
        )


class Names:
    """The names of an index's documents, in their order."""

    def __init__(self, documents: Sequence[Document], segmenter: Segmenter) -> None:
        self._names = [Name.of(document, segmenter) for document in documents]
        lengths = [(len(name.core), len(name.bare)) for name in self._names]
        self._lengths: Floats = np.array(lengths, dtype=np.float32).reshape(-1, 2)

    def reach(self, query: Query, places: Places) -> Floats:
        """How like the query these documents' names can be at most, by their lengths: as `fuzz.ratio` counts."""
        said, lengths = np.float32(sum(query.weights)), self._lengths[places]
        found: Floats = (2 * np.minimum(lengths, said) / (lengths + said)).max(axis=1)
        return found

    def scores(
        self, query: Query, meant: Mapping[str, float], shares: Sequence[tuple[int, float]]
    ) -> list[tuple[int, float]]:
        """For documents that explain a share of the query each: 0 to 1, in hundredths.

        meant: words of the thesaurus that may stand for the query.
        """
        sound = "".join(found[0] for found in query.readings) if query.letters else ""
        named = audiences(query.text)
        said = [query.text[start:end] for start, end in query.words]
        done, undone = deeds(said), undoes(said)
        found: list[tuple[int, float]] = []
        for place, share in shares:
            name = self._names[place]
            if query.text == name.whole:
                found.append((place, 1.0))
                continue
            score = share * (1 - LIKENESS) + LIKENESS * _likeness(query.text, sound, meant, name)
            if not name.audiences <= named:
                score *= FOR_OTHERS
            if name.undoes and not undone:
                score *= UNDOES
            if done and name.deeds and done.isdisjoint(name.deeds):
                score *= OTHER_DEED
            found.append((place, round(min(NOT_QUITE, score), 2)))
        return found


def _likeness(typed: str, sound: str, meant: Mapping[str, float], name: Name) -> float:
    likeness = max(fuzz.ratio(typed, name.core), fuzz.ratio(typed, name.bare), TAGGED if typed in name.tags else 0)
    if sound:
        heard = [fuzz.ratio(sound, one) for one in name.sound]
        likeness = max(likeness, *heard, fuzz.ratio(typed, name.initials))
    for word, quality in meant.items():
        alike = max(fuzz.ratio(word, name.core), fuzz.ratio(word, name.bare), TAGGED if word in name.tags else 0)
        likeness = max(likeness, MEANT * quality * alike)
    return likeness / 100


def stand_ins(query: Query, matches: Sequence[Match]) -> dict[str, float]:
    """Words of the thesaurus that stand for nearly all that is said, the surest first, with how sure they are."""
    most = MOST_OF_IT * len(query.said)
    found = [
        (-match.quality * target.quality, core(target.word))
        for match in matches
        if not match.weak and len(match.positions) >= most
        for target in match.targets
        if target.manner is not None
    ]
    surest: dict[str, float] = {}
    for quality, word in sorted(found):
        if len(surest) < MOST_STAND_INS:
            surest.setdefault(word, -quality)
    return surest
