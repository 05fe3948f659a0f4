"""Why a document was found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from web.catalog.search.corrections import Correction
from web.catalog.search.documents import Field
from web.catalog.search.hits import Manner, Reason
from web.catalog.search.meanings import Match, Target
from web.catalog.search.query import Query

LONGER = 0.02
"""A character more tells so much more: of matches that are almost as good, the longest is told."""


@dataclass(frozen=True)
class _Found:
    """A target of a match in the document: value as it counts there."""

    match: Match
    target: Target
    field: Field
    value: float


def reasons_for(query: Query, matches: Sequence[Match], document: int, meant: Correction | None) -> tuple[Reason, ...]:
    """The few matches that the document's score comes from, as the query reads. Of fillers nothing is told.

    meant: the correction that the query is, for what was typed is told.
    """
    found = list(_found(_counting(query, matches, document), document))
    found.sort(key=lambda one: (-one.value - LONGER * len(one.match.positions), one.target.word))
    untold = set(query.said or range(len(query.text)))
    reasons: list[tuple[int, Reason]] = []
    for one in found:
        if untold.intersection(one.match.positions):
            untold.difference_update(one.match.positions)
            reasons.append((one.match.positions[0], _reason(query, one, meant)))
    return tuple(reason for _, reason in sorted(reasons, key=lambda one: one[0]))


def _found(matches: Sequence[Match], document: int) -> Iterator[_Found]:
    for match in matches:
        for target in match.targets:
            at = target.posting.at(document)
            if at is not None:
                yield _Found(match, target, at[0], match.quality * target.quality * at[1])


def _reason(query: Query, one: _Found, meant: Correction | None) -> Reason:
    positions, manner = one.match.positions, one.target.manner or one.match.manner
    matched = meant.typed(positions) if meant else "".join(query.text[place] for place in positions)
    if meant and manner == Manner.EXACT:
        manner = meant.manner(positions) or manner
    return Reason(one.field.label, matched, one.target.word, manner, round(one.match.quality * one.target.quality, 2))


def _counting(query: Query, matches: Sequence[Match], document: int) -> list[Match]:
    """Without weak matches among letters that the document does not explain all: see `scoring.explained`."""
    here = [match for match in matches if match.posting.at(document) is not None]
    there = {place for match in here for place in match.positions}
    unexplained = {
        place for start, end in query.letters if not there.issuperset(range(start, end)) for place in range(start, end)
    }
    return [match for match in here if not (match.weak and unexplained.intersection(match.positions))]
