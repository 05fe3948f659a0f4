"""The table against the model of it: every attempt of everybody in every state, and tables with a planted fault."""

import random

import pytest

from tests.workflows.model_check import (
    STEPS,
    Key,
    View,
    compared,
    differences,
    key_of,
    life,
    mutants,
    play,
    table_is,
    views,
)
from workflows import transitions
from workflows.transitions import Phase

SHORT = 300


@pytest.fixture(scope="module")
def seen() -> list[View]:
    """Every view of some lives, each once."""
    draw = random.Random(5)
    lives = (life(draw.randbytes(3 * STEPS)) for _ in range(SHORT))
    return list(dict.fromkeys(view for orders in lives for order in orders for view in views(order)))


def test_table_and_model_agree_on_every_attempt() -> None:
    assert play(SHORT)["sequences"] >= SHORT


def test_the_views_are_of_every_phase_and_show_no_fault(seen: list[View]) -> None:
    assert {view.phase for view in seen} == set(Phase)
    assert not [found for view in seen for found in differences(view)]


def test_every_planted_fault_is_found(seen: list[View]) -> None:
    """Wrong tables in memory, several for each row: the comparison finds each."""
    made, missed = 0, []
    for what, was, now, rows in mutants(transitions.TABLE):
        made += 1
        with table_is(rows):
            if not (_found(seen, was) or _found(seen, now)):
                missed.append(what)
    assert made > 1000
    assert not missed, f"{len(missed)} of {made}: {missed}"


def _found(seen: list[View], key: Key) -> bool:
    return any(compared(view, [key[1]]) for view in seen if (view.phase, view.role) == (key[0], key[2]))


def test_each_rule_is_said_once() -> None:
    keys = [key_of(row) for row in transitions.TABLE]
    assert len(keys) == len(set(keys))
