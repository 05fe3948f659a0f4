"""Holding the table of `workflows/transitions.py` against its model (`order_moves.py`), and tables that are wrong."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflows.order_model import PEOPLE, OrderState, Refused, Who, facts_of
from tests.workflows.order_moves import Order
from workflows import transitions
from workflows.transitions import Facts, Move, Phase, Role, Rule

Key = tuple[Phase, Move, Role]
ASIDE = (Phase.EXCEPTION, Phase.CANCELLED)
STORY = {phase: place for place, phase in enumerate(phase for phase in Phase if phase not in ASIDE)}
STEPS = 60
HAPPENS, LEADS_ON, ENDS = 50, 130, 250
"""Of 256 draws: below the first the world moves, below the second the order, and from the third on it ends."""


def present(order: OrderState) -> list[Who]:
    """Who there is: nobody has an order that looks for somebody."""
    absent = {"asked": not order.asked, "holder": not order.has_worker}
    return [who for who in PEOPLE if not absent.get(who)]


@cache
def expected(order: Order, who: Who) -> dict[Move, Phase]:
    """What `who` may do by the model, and where it usually leads (luck 0; the rest is the row's to know)."""
    found = {}
    for move in Move:
        try:
            found[move] = order.attempt(who, move, 0).phase
        except Refused:
            continue
    return found


class View(NamedTuple):
    """A state as one of its people sees it: what the table is asked, and the model's answer."""

    phase: Phase
    before: Phase | None
    role: Role
    facts: Facts
    ours: frozenset[tuple[Move, Phase]]


def views(order: Order) -> list[View]:
    """The state as each of those who are there sees it."""
    return [
        View(order.phase, order.before, PEOPLE[who], facts_of(order, who), frozenset(expected(order, who).items()))
        for who in present(order)
    ]


def by_table(view: View, moves: Iterable[Move]) -> dict[Move, Phase]:
    """Which of the moves the table allows, and where each leads."""
    found = {}
    for move in moves:
        try:
            rule = transitions.rule_for(view.phase, move, view.role, view.facts)
        except transitions.IllegalMove:
            continue
        found[move] = view.before if rule.back and view.before else transitions.next_phase(rule)
    return found


def compared(view: View, moves: Sequence[Move] = tuple(Move)) -> list[str]:
    """Every attempt in which table and model differ; none, normally."""
    told, ours = by_table(view, moves), dict(view.ours)
    differ = []
    for move in moves:
        theirs, mine = told.get(move), ours.get(move)
        if theirs is mine or _others_remain(move, mine):
            continue
        differ.append(f"{view.role} {move} in {view.phase}: table {theirs}, model {mine}; {view.facts}")
    return differ


def _others_remain(move: Move, mine: Phase | None) -> bool:
    """A report is withdrawn and another one's stays: the table, which says `back`, cannot know it."""
    return move is Move.WITHDRAW_EXCEPTION and mine is Phase.EXCEPTION


@cache
def differences(view: View) -> list[str]:
    """Of one view: every move, by `rule_for` and by `allowed_moves`."""
    listed = transitions.allowed_moves(view.phase, view.role, view.facts)
    found = compared(view)
    return found if set(listed) == set(by_table(view, Move)) else [*found, f"rule_for is not allowed_moves: {view}"]


@cache
def choices(order: Order) -> tuple[list[tuple[Who, Move]], list[tuple[Who, Move]], list[tuple[Who, Move]]]:
    """What can happen next: what leads on, what ends it, anything else. Never empty all three."""
    on: list[tuple[Who, Move]] = []
    over: list[tuple[Who, Move]] = []
    other: list[tuple[Who, Move]] = []
    for who in present(order):
        for move, phase in expected(order, who).items():
            ends = move is Move.CLOSE or (phase is Phase.CANCELLED and order.phase is not phase)
            leads_on = phase in STORY and order.phase in STORY and STORY[phase] > STORY[order.phase]
            (over if ends else on if leads_on else other).append((who, move))
    return on, over, other


def beginning(luck: int) -> Order:
    """Mostly an order that somebody places; or a return visit, free or to be paid; or one that lost its worker in the
    middle of his work.
    """
    match luck % 8:
        case 0:
            return Order(Phase.DISPATCHING, rework=True)
        case 1:
            return Order(rework=True)
        case 2:
            return Order(Phase.DISPATCHING, worked=True)
        case _:
            return Order()


def life(draws: bytes) -> Iterator[Order]:
    """The states of an order that lives by these draws, three bytes a step: what kind of step, which one, what luck."""
    order = beginning(draws[-1])
    yield order
    for kind, which, luck in zip(draws[::3], draws[1::3], draws[2::3], strict=False):
        on, over, other = choices(order)
        if kind < HAPPENS:
            order = order.happen(luck)
        else:
            open_to = (on if kind < LEADS_ON else over if kind >= ENDS else other) or other or over
            who, move = open_to[which % len(open_to)]
            order = order.attempt(who, move, luck)
        if order.closed:
            return
        yield order


def play(sequences: int) -> dict[str, int]:
    """So many lives, held against the table in every state. Raises AssertionError with the shortest that differs."""
    told = {"sequences": 0, "attempts": 0, "states": 0}

    @settings(max_examples=sequences, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(min_size=30, max_size=3 * STEPS))
    def lives(draws: bytes) -> None:
        told["sequences"] += 1
        for order in life(draws):
            told["states"] += 1
            told["attempts"] += len(Move) * len(present(order))
            assert not [found for view in views(order) for found in differences(view)]

    lives()
    return told


@contextmanager
def table_is(rows: Iterable[Rule]) -> Iterator[None]:
    """`rule_for` and `allowed_moves` read these rows instead of the table."""
    rows = tuple(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transitions, "TABLE", rows)
        patch.setattr(transitions, "_BY_KEY", {key_of(row): row for row in rows})
        yield


def key_of(row: Rule) -> Key:
    """What a row is found by."""
    return row.phase, row.move, row.role


def mutants(rows: Sequence[Rule]) -> Iterator[tuple[str, Key, Key, list[Rule]]]:
    """Wrong tables: what is wrong, the key it was and is at, the rows. Several for each row, and rows added."""
    held = {key_of(row): row for row in rows}
    phases, roles = [*Phase, Phase.AWAITING_PAYMENT], [*Role, Role.CUSTOMER]
    after, other = dict(pairwise(phases)), dict(pairwise(roles))
    for key, row in held.items():
        rest = [one for one in held.values() if one is not row]
        yield f"removed {key}", key, key, rest
        goes = transitions.next_phase(row)
        elsewhere = after[goes] if after[goes] is not row.phase else after[row.phase]
        yield f"{key} leads to {elsewhere}", key, key, [*rest, replace(row, next=elsewhere, back=False)]
        if row.back or goes is not row.phase:
            yield f"{key} leads nowhere", key, key, [*rest, replace(row, next=None, back=False)]
        for guard in row.guards:
            fewer = tuple(one for one in row.guards if one is not guard)
            yield f"{key} without {guard}", key, key, [*rest, replace(row, guards=fewer)]
        swapped = replace(row, role=other[row.role])
        if key_of(swapped) not in held:
            yield f"{key} is {swapped.role}'s", key, key_of(swapped), [*rest, swapped]
    for phase in Phase:
        for number, move in enumerate(Move):
            role = list(Role)[number % len(Role)]
            if (phase, move, role) not in held:
                row = Rule(phase, move, role, after[phase])
                yield f"added {key_of(row)}", key_of(row), key_of(row), [*held.values(), row]
