"""How well documents answer a query: how much of it they explain, weighed by how much each character says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from web.catalog.search.hits import Manner
from web.catalog.search.meanings import Match
from web.catalog.search.postings import Floats
from web.catalog.search.query import Query
from web.catalog.search.vocabulary import Vocabulary

UNKNOWN = 0.75
"""What a character counts that leads nowhere, beside 0.5 of the most common and 1.5 of the rarest word."""

NEEDED = 0.6
"""How rare what is said of a need is: it leads to many services, but says much."""

LIKE = 0.9
"""So much of a query explains at most that it is like what is said of a document."""

CLEARLY = 0.35
"""How much more it explains if the likeness is great: hardly, for of a long sentence little is like anything."""

LEAST_LIKE = 0.1
"""A query that is like nothing more than this is like nothing …"""

SURELY_LIKE = 0.2
"""… and from this on it is."""

CERTAIN = 0.7
"""Matches of this quality say how rare a character's word is."""


def weights_of(query: Query, matches: Sequence[Match], vocabulary: Vocabulary) -> Floats:
    """For each position its share of the whole: 清洗 says less than 空调. Sums to 1.

    Of several words that cover a position the most common counts: a whole name is rare, the words in it need not be.
    """
    commonest: dict[int, int] = {}
    rarity: dict[int, float] = {}
    for match in matches:
        if match.manner == Manner.NEED:
            rarity.update({place: NEEDED for place in match.positions if place not in rarity})
        elif match.quality >= CERTAIN and len(match.positions) > 1:
            for place in match.positions:
                if match.posting.named >= commonest.get(place, 0):
                    commonest[place] = match.posting.named
                    rarity[place] = vocabulary.rarity(match.posting)
    weights = [
        weight * (0.5 + rarity[place] if place in rarity else UNKNOWN) for place, weight in enumerate(query.weights)
    ]
    return np.array(weights, dtype=np.float32) / np.float32(sum(weights))


def with_sayings(share: Floats, likeness: Floats) -> Floats:
    """What is said of a document may explain of the query what its words do not."""
    best = float(likeness.max(initial=0))
    if best <= LEAST_LIKE:
        return share
    sure = min(1.0, (best - LEAST_LIKE) / (SURELY_LIKE - LEAST_LIKE))
    return 1 - (1 - share) * (1 - likeness * np.float32(LIKE * sure * best**CLEARLY / best))


def explained(query: Query, matches: Sequence[Match], size: int) -> Floats:
    """By position and document: the quality of the best match there, 0 where there is none."""
    strong = np.zeros((len(query.text), size), dtype=np.float32)
    for match in matches:
        if not match.weak:
            _raise(strong, match)
    if not any(match.weak for match in matches):
        return strong
    both = strong.copy()
    for match in matches:
        if match.weak:
            _raise(both, match)
    for start, end in query.letters:
        complete = (both[start:end] > 0).all(axis=0)
        strong[start:end, complete] = both[start:end, complete]
    return strong


def _raise(best: Floats, match: Match) -> None:
    values = match.posting.worth * np.float32(match.quality)
    # As numpy wants to have them, once and not twice for each position.
    documents = match.posting.documents.astype(np.intp)
    for place in match.positions:
        row = best[place]
        row[documents] = np.maximum(row[documents], values)
