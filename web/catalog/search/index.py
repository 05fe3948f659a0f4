"""The index: documents and thesaurus in, hits and suggestions out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from web.catalog.search.corpus import Corpus
from web.catalog.search.corrections import Correction
from web.catalog.search.documents import Document, Thesaurus
from web.catalog.search.explaining import reasons_for
from web.catalog.search.hits import Hit, Reason
from web.catalog.search.matching import Matcher
from web.catalog.search.meanings import Match
from web.catalog.search.names import Names, stand_ins
from web.catalog.search.postings import Bools, Floats
from web.catalog.search.query import Query
from web.catalog.search.relatives import Relatives
from web.catalog.search.sayings import Sayings
from web.catalog.search.scoring import explained, weights_of, with_sayings
from web.catalog.search.segmentation import Segmenter, catalogue_words
from web.catalog.search.suggestions import Suggestions, ranks_of
from web.catalog.search.vocabulary import Vocabulary

THRESHOLD = 0.34
"""A document that explains less of a query is no answer …"""

ENOUGH_SAID = 1.5
"""… unless it explains so much of a long sentence: two characters of a word that is neither rare nor common."""

BESIDE_THE_BEST = 0.4
"""A document that explains less than this part of what the best does is left out."""

CONSIDERED = 200
"""Documents whose names are compared with the query; those that explain most, and then those whose names can be most
like it …"""

CONSIDERED_WHILE_TYPING = 40
"""… and while it is being typed, at each stroke."""


NEAR = 0.06
"""A document that is nearer to the best than this comes with it, though it explains little of the query …"""

COMPANY = 0.45
"""… as if it explained such a part of it, and more the nearer it is …"""

MOST_COMPANY = 0.95

CLOSE_TO_THE_BEST = 0.45
"""… and this part of every score is how near to the best a document is."""

FEW = 4
"""Fewer suggestions than these are filled up with what a search finds."""


class Index:
    """Built once, then only read, but for what breaks ties: to change anything else, build another in its place."""

    def __init__(self, documents: Sequence[Document], thesaurus: Thesaurus | None = None) -> None:
        thesaurus = thesaurus or Thesaurus()
        self._documents = sorted(documents, key=lambda document: document.service_id)
        self._segmenter = Segmenter(_own_words(documents))
        corpus = Corpus(self._documents, self._segmenter)
        self._vocabulary = Vocabulary(corpus, thesaurus, self._segmenter)
        self._matcher = Matcher(corpus, self._vocabulary, self._segmenter)
        self._sayings = Sayings(
            self._documents, self._vocabulary.said.values(), self._segmenter, self._vocabulary.canon
        )
        self._suggestions = Suggestions(self._documents, self._segmenter)
        self._names = Names(self._documents, self._segmenter)
        self._relatives = Relatives(self._documents, self._segmenter, self._vocabulary.said.values())
        self._ids = np.array([document.service_id for document in self._documents], dtype=np.int64)
        self.put_orders({document.service_id: document.orders for document in documents})

    def put_orders(self, orders: Mapping[int, int]) -> None:
        """From now on of equal services that one comes first which has more of these, by id."""
        counts = np.array([orders.get(document.service_id, 0) for document in self._documents], dtype=np.int64)
        ranks = ranks_of(counts)
        self._suggestions.put_orders(counts)
        self._ranks, self._rank_of = ranks, ranks.tolist()

    def among(self, ids: Collection[int]) -> Among:
        """Services that may come; ids that are none of its documents are ignored. Good for as many questions as one
        likes.
        """
        inside = np.zeros(len(self._documents), dtype=bool)
        if len(inside):
            wanted = np.fromiter(ids, dtype=np.int64, count=len(ids))
            found = np.searchsorted(self._ids, wanted).clip(max=len(inside) - 1)
            inside[found[self._ids[found] == wanted]] = True
        return Among(inside, self._suggestions.among(inside))

    def search(self, query: str, *, among: Among | None = None, limit: int = 20, explain: bool = False) -> list[Hit]:
        """The best services first; of equal ones that which is ordered more, then the smaller id.

        among: those that may come. Nothing, where nothing is meant.
        """
        read = Query.of(query, self._segmenter)
        if not read.text or limit <= 0:
            return []
        inside = among.documents if among else None
        readings = self._readings(read, inside)
        ranked = self._with_relatives(self._ranked(readings), inside)[:limit]
        return [self._hit(place, score, readings if explain else ()) for place, score in ranked]

    def _readings(self, read: Query, inside: Bools | None, considered: int = CONSIDERED) -> list[_Reading]:
        """As it was typed and, where it has slips, as it was meant."""
        matches, meant = self._matcher.matches(read)
        readings = [_Reading(read, matches, self._found(read, matches, inside, considered))]
        if meant is not None:
            other = Query.of(meant.text, self._segmenter)
            matches, _ = self._matcher.matches(other, correct=False)
            found = self._found(other, matches, inside, considered)
            worth = {place: score * meant.quality for place, score in found.items()}
            readings.append(_Reading(other, matches, worth, meant))
        return readings

    def _found(self, read: Query, matches: list[Match], inside: Bools | None, considered: int) -> dict[int, float]:
        """Places of documents with their scores."""
        weights = weights_of(read, matches, self._vocabulary)
        best = explained(read, matches, len(self._documents))
        share = with_sayings(_weighed(weights, best), self._sayings.likeness(read))
        allowed = self._allowed(read, share, _weighed(np.array(read.weights, dtype=np.float32), best), inside)
        shares = [(place, float(share[place])) for place in allowed[:considered]]
        return dict(self._names.scores(read, stand_ins(read, matches), shares))

    def suggest(self, prefix: str, *, among: Among | None = None, limit: int = 10) -> list[str]:
        """Texts that go on after what was typed; if there are few, names of what a search for it finds."""
        read = Query.of(prefix, self._segmenter)
        if not read.text or limit <= 0:
            return []
        found = self._suggestions.beginning(read, among.texts if among else None, limit)
        if len(found) < FEW:
            readings = self._readings(read, among.documents if among else None, considered=CONSIDERED_WHILE_TYPING)
            found += [self._documents[place].name.strip() for place, _ in self._ranked(readings)[:limit]]
        return list(dict.fromkeys(found))[:limit]

    def _allowed(self, read: Query, share: Floats, said: Floats, inside: Bools | None) -> list[int]:
        """Those that explain most first; of equal ones those whose name can be nearest. said: how much is explained at
        all, in characters of full weight.
        """
        good = (share >= THRESHOLD) | (said >= ENOUGH_SAID)
        if inside is not None:
            good &= inside
        places = np.flatnonzero(good)
        if len(places):
            places = places[share[places] >= BESIDE_THE_BEST * share[places].max()]
        reach = self._names.reach(read, places)
        found: list[int] = places[np.lexsort((self._ranks[places], -reach.round(2), -share[places].round(3)))].tolist()
        return found

    def _with_relatives(self, ranked: list[tuple[int, float]], inside: Bools | None) -> list[tuple[int, float]]:
        """The best remains the best: whoever is shown it is glad to see what is like it."""
        if not ranked:
            return []
        best, most = ranked[0]
        near = self._relatives.nearness(best, inside)
        scores = np.where(near > NEAR, most * (COMPANY + near).clip(max=MOST_COMPANY), 0)
        for place, score in ranked:
            scores[place] = max(scores[place], score)
        scores = (scores * (1 - CLOSE_TO_THE_BEST) + CLOSE_TO_THE_BEST * most * near).round(2)
        scores[best] = most
        found = [(place, float(scores[place])) for place in np.flatnonzero(scores).tolist()]
        return sorted(found, key=lambda one: (one[0] != best, -one[1], self._rank_of[one[0]]))

    def _ranked(self, readings: Sequence[_Reading]) -> list[tuple[int, float]]:
        """Every document with the best of its scores, in hundredths, the best first."""
        best: dict[int, float] = {}
        for read in readings:
            for place, score in read.found.items():
                best[place] = max(best.get(place, 0), round(score, 2))
        return sorted(best.items(), key=lambda one: (-one[1], self._rank_of[one[0]]))

    def _hit(self, place: int, score: float, readings: Sequence[_Reading]) -> Hit:
        """readings: those that its reasons are told of, where they are asked for; the best tells them."""
        reasons: tuple[Reason, ...] = ()
        for read in sorted(readings, key=lambda one: -one.found.get(place, 0))[:1]:
            told = [*read.matches, *self._sayings.reasons(read.query)]
            reasons = reasons_for(read.query, told, place, read.meant)
        return Hit(self._documents[place].service_id, score, reasons)


class Among(NamedTuple):
    """What may come: documents by their place, and what they let be suggested."""

    documents: Bools
    texts: Bools


@dataclass(frozen=True)
class _Reading:
    """A query read in one way. found: the score of each document that answers it. meant: if it is a correction."""

    query: Query
    matches: list[Match]
    found: dict[int, float]
    meant: Correction | None = None


def _weighed(weights: Floats, best: Floats) -> Floats:
    # Not `weights @ best`: handing so little work to threads costs ten times as much on a busy machine.
    found: Floats = np.einsum("p,pd->d", weights, best)
    return found


def _own_words(documents: Sequence[Document]) -> set[str]:
    """Those of the thesaurus are none of them: 洗鞋 is to be 洗 and 鞋, for it stands for 球鞋清洗 too."""
    return catalogue_words({text for one in documents for text in (one.name, *one.tags, *one.categories)})
