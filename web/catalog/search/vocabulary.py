"""The words that lead to documents: the catalogue's own, and those that the thesaurus leads to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import log

import numpy as np

from web.catalog.search.canon import Canon
from web.catalog.search.corpus import Corpus
from web.catalog.search.documents import Need, Thesaurus
from web.catalog.search.fillers import content
from web.catalog.search.hits import Manner
from web.catalog.search.meanings import Target
from web.catalog.search.postings import EMPTY, Posting, sparse, union
from web.catalog.search.sayings import Alike
from web.catalog.search.segmentation import Segmenter
from web.catalog.search.text import plain, squeezed

SYNONYM = 0.9

NEED = 0.97
"""What the operator says of a whole phrase counts more than a word in it: 钥匙丢了 wants no key, but 开锁."""

VAGUE = 0.08
"""So much less counts a word of a need that every document has: of two lists the more exact comes first."""

NEXT = 0.93
"""Of a need's words the second counts so much less than the first, and so on."""

BESIDE_ITS_OWN = 0.88
"""What a term of the catalogue leads to besides: who types a tag means what is tagged so."""

PART = 0.8
"""A part of a word, of two characters or more: 烟机 of 油烟机."""

MEANT = 0.96
"""A synonym of a word of the thesaurus, where the word stands for a kind of service, and not for itself."""

SECOND_HAND = 0.8
"""A synonym of a synonym."""

HEAD = 0.6
"""The last word of a synonym, where nothing of the group is sold: 日常保洁 is a kind of 保洁."""

APART = 0.96
"""Words of a synonym or need that do not stand together in a document count so much less."""

ENOUGH = 0.6
"""Of a need's words, weighed by how rare they are, so much must be in a document."""


class Vocabulary:
    """targets: term → where it leads; needs: likewise, phrases as they are said and their gists. Terms are squeezed."""

    def __init__(self, corpus: Corpus, thesaurus: Thesaurus, segmenter: Segmenter) -> None:
        self._corpus, self._segmenter = corpus, segmenter
        self._groups = _groups_of(thesaurus)
        self.canon = Canon([list(filter(None, map(squeezed, group))) for group in thesaurus.synonyms])
        self._extended = lru_cache(maxsize=None)(self._extend)
        self._whole = lru_cache(maxsize=None)(self._find_whole)
        self._itself = lru_cache(maxsize=None)(self._find_itself)
        self._joint = lru_cache(maxsize=None)(self._join)
        self._targets_of = lru_cache(maxsize=None)(self._find_targets)
        self.targets: dict[str, list[Target]] = {
            term: [Target(posting, 1.0, None, term)] for term, posting in corpus.terms.items()
        }
        for part in corpus.parts.keys() - corpus.terms.keys():
            if len(part) > 1:
                self.targets[part] = [Target(corpus.parts[part], PART, Manner.PART, part)]
        for word, group in self._groups.items():
            self.targets.setdefault(word, []).extend(self._synonyms_of(word, group))
        self.needs: dict[str, list[Target]] = {}
        self.choices: dict[Need, tuple[Posting, tuple[Target, ...]]] = {}
        self.said: dict[tuple[str, ...], Alike] = {}
        self.gists: set[str] = set()
        for need in thesaurus.needs:
            self._add_need(need)
        self._leads = {term: self._joined(term) for term in self.targets.keys() | self.needs.keys()}
        for cached in (self._extended, self._whole, self._itself, self._joint, self._targets_of):
            cached.cache_clear()

    def leads(self, term: str, *, alone: bool = False) -> tuple[Posting, tuple[Target, ...]]:
        """Where a term leads, all together and one by one. alone: nothing else is said."""
        return self._joined(term, alone=True) if alone and term in self._corpus.words_of else self._leads[term]

    def __contains__(self, term: str) -> bool:
        return term in self._leads

    def _joined(self, term: str, *, alone: bool = False) -> tuple[Posting, tuple[Target, ...]]:
        targets = (*self.targets.get(term, ()), *self.needs.get(term, ()))
        # In a sentence a word of two characters, as 滴水, is as much a need as a tag.
        if (alone or len(term) > 2) and term in self._corpus.words_of:
            targets = tuple(one if one.manner is None else one.weakened(BESIDE_ITS_OWN) for one in targets)
        return self._all_of(targets)

    def _all_of(self, targets: tuple[Target, ...]) -> tuple[Posting, tuple[Target, ...]]:
        return self._joint(tuple((one.posting, one.quality) for one in targets)), targets

    def _join(self, parts: tuple[tuple[Posting, float], ...]) -> Posting:
        postings = [posting.weakened(quality) if quality < 1 else posting for posting, quality in parts]
        return union(postings, self._corpus.size)

    def spelled(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every term that may be typed in other ways, with its words: not what is only mentioned in introductions."""
        for term in sorted(self.targets.keys() | self.needs.keys()):
            words = self._corpus.words_of.get(term)
            if words or term in self._groups or term in self.needs or term in self._corpus.parts:
                yield term, words or self._segmenter.words(term)

    def is_typed_in_full(self, term: str) -> bool:
        """Phrases and parts of words: nobody types their initials."""
        return term not in self._corpus.words_of and term not in self._groups

    def rarity(self, posting: Posting) -> float:
        """0 for a word of every document's name, 1 for one of a single."""
        most = log(self._corpus.size + 1)
        return (most - log(posting.named + 1)) / (most or 1)

    def _synonyms_of(self, word: str, group: tuple[str, ...]) -> list[Target]:
        others = [other for other in group if other != word]
        found = _targets((self._itself(other), SYNONYM, other) for other in others)
        if found or word in self._corpus.terms:
            return found
        heads = {self._segmenter.words(other)[-1] for other in group}
        return _targets((self._extended(head), HEAD, head) for head in sorted(heads) if len(head) > 1)

    def _add_need(self, need: Need) -> None:
        targets = self._targets_of(need.words)
        if not targets:
            return
        self.said.setdefault(need.words, Alike([one.posting for one in targets])).needs.append(need)
        parts = need.parts() or ((need.phrase,),)
        if len(parts) > 1:
            self.choices[need] = self._all_of(targets)
            return
        for phrase in parts[0]:
            gist = self._gist(phrase)
            self.gists.add(plain(phrase) if " " in plain(phrase) else gist)
            for key in {squeezed(phrase), gist}:
                self.needs.setdefault(key, []).extend(targets)

    def _find_targets(self, wanted: tuple[str, ...]) -> tuple[Target, ...]:
        targets = []
        for place, words in enumerate(wanted):
            posting = self._whole(squeezed(words), ENOUGH)
            if len(posting.documents):
                quality = NEED * NEXT**place * (1 - VAGUE * (1 - self.rarity(posting)))
                targets.append(Target(posting, quality, Manner.NEED, words))
        return tuple(targets)

    def _gist(self, phrase: str) -> str:
        """A phrase without its fillers, to be found in any sentence: 堵了 → 堵. Of 不能用 no 不 is left alone."""
        words = self._segmenter.words(plain(phrase))
        found = content(words)
        # Of 艾灸多久 nothing but 艾灸 would be left, which is no need, but sold.
        short = len(found) < 2 and len(squeezed(phrase).rstrip("了")) > 1
        return squeezed(phrase) if short or found in self._corpus.words_of else found

    def _find_whole(self, text: str, enough: float) -> Posting:
        """Documents with all words of a text, however they stand there; or with enough of them."""
        words = [word for word in self._segmenter.words(text) if word]
        postings = [self._extended(text), self._together(words, enough)]
        return union([one for one in postings if len(one.documents)], self._corpus.size)

    def _find_itself(self, text: str) -> Posting:
        """Likewise, but those of its synonyms count less: what they mean is not all that a synonym of it means."""
        words = [word for word in self._segmenter.words(text) if word]
        found = [self._named(text), self._together(words, 1.0), self._extended(text).weakened(SECOND_HAND)]
        return union([one for one in found if len(one.documents)], self._corpus.size)

    def _together(self, words: list[str], enough: float) -> Posting:
        if len(words) < 2:
            return EMPTY
        postings = [self._extended(word) for word in words]
        if enough >= 1 and not all(len(one.documents) for one in postings):
            return EMPTY
        rarities = [0.3 + self.rarity(posting) for posting in postings]
        worth = np.zeros(self._corpus.size, dtype=np.float32)
        share = np.zeros_like(worth)
        fields = np.zeros(self._corpus.size, dtype=np.int8)
        for posting, rarity in zip(postings, rarities, strict=True):
            worth[posting.documents] += posting.worth * (rarity / sum(rarities))
            share[posting.documents] += rarity / sum(rarities)
            fields[posting.documents] = np.maximum(fields[posting.documents], posting.fields)
        return sparse(np.where(share >= enough - 1e-4, worth * share * APART, 0).astype(np.float32), fields)

    def _extend(self, word: str) -> Posting:
        """A word's documents and, worth less, those of its synonyms and of the words that it is part of."""
        found = [self._named(word)]
        found += [
            self._corpus.terms[other].weakened(MEANT)
            for other in self._groups.get(word, ())
            if other in self._corpus.terms
        ]
        return union([one for one in found if len(one.documents)], self._corpus.size)

    def _named(self, word: str) -> Posting:
        found = [self._corpus.terms[word]] if word in self._corpus.terms else []
        part = self._corpus.parts.get(word)
        if part is not None:
            found.append(part.weakened(PART))
        return union(found, self._corpus.size)


def _targets(candidates: Iterable[tuple[Posting, float, str]]) -> list[Target]:
    return [
        Target(posting, quality, Manner.SYNONYM, word)
        for posting, quality, word in candidates
        if len(posting.documents)
    ]


def _groups_of(thesaurus: Thesaurus) -> dict[str, tuple[str, ...]]:
    """Each word with all that mean the same: a word of several groups belongs to all of them."""
    groups: dict[str, tuple[str, ...]] = {}
    for group in thesaurus.synonyms:
        words = tuple(dict.fromkeys(filter(None, map(squeezed, group))))
        for word in words:
            groups[word] = tuple(dict.fromkeys((*groups.get(word, ()), *words)))
    return groups
