"""Sets of things that exclude each other, the most promising in front: pure.

What a set brings is known only once it is tried, for its members take from each other; how much at most, is known
before. Whoever tries the sets in this order may stop as soon as the next one cannot be better than what he has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True)
class Rival:
    """worth: it brings no more than that. A set has one of a group ("": of none), and one that is_new of all."""

    id: int
    worth: int
    group: str = ""
    is_new: bool = False

    def excludes(self, other: "Rival") -> bool:
        """Whether they are never in one set."""
        return (self.is_new and other.is_new) or (self.group != "" and self.group == other.group)


@dataclass(frozen=True)
class _Place:
    """Where one of these, or none, stands. most, most_new: what this place and those behind it bring at most, where
    the one that is_new stands before them, and where it may be among them.
    """

    rivals: Sequence[Rival]
    most: int
    most_new: int

    def bound(self, *, has_new: bool) -> int:
        return self.most if has_new else self.most_new


_BEHIND_ALL = _Place((), 0, 0)
NOBODY = float("inf")
"""Stands at a place where none does: behind all of equal worth."""


def best_first(rivals: Iterable[Rival]) -> Iterator[tuple[int, frozenset[int]]]:
    """(what it brings at most, ids) of each set, of equal ones that of the lower ids in front. Whoever excludes nobody
    is in all of them.
    """
    everybody = sorted(rivals, key=lambda one: one.id)
    free = [one for one in everybody if not any(one.excludes(other) for other in everybody if other is not one)]
    worth, ids = sum(one.worth for one in free), frozenset(one.id for one in free)
    places = _places([one for one in everybody if one not in free])
    # Of equal bounds the one that is decided farther, then the lower ids.
    waiting = [(-places[0].most_new, 0, tuple[float, ...](), 0, False)]
    while waiting:
        bound, _, chosen, brought, has_new = heappop(waiting)
        place, behind = places[len(chosen)], places[len(chosen) + 1 :]
        if not behind:
            yield worth - bound, ids | {int(one) for one in chosen if one != NOBODY}
            continue
        nobody = (NOBODY, brought, has_new)
        fitting = [one for one in place.rivals if not (one.is_new and has_new)]
        for id, sum_, new in (nobody, *((one.id, brought + one.worth, has_new or one.is_new) for one in fitting)):
            heappush(waiting, (-sum_ - behind[0].bound(has_new=new), -len(chosen) - 1, (*chosen, id), sum_, new))


def _places(rivals: Iterable[Rival]) -> list[_Place]:
    """One a group, and one for those of none, who are all is_new; and one behind them, where nobody stands."""
    groups: dict[str, list[Rival]] = {}
    for one in rivals:
        groups.setdefault(one.group, []).append(one)
    places = [_BEHIND_ALL]
    for _, members in sorted(groups.items(), reverse=True):
        behind = places[0]
        old = max((one.worth for one in members if not one.is_new), default=0)
        new = max((one.worth for one in members if one.is_new), default=0)
        most, most_new = behind.most + old, max(behind.most_new + old, behind.most + new)
        places.insert(0, _Place(members, most, most_new))
    return places
