"""The order's table of moves, against a second telling of it, and under random walks."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web.orders.services.commands import VALID_FOR_S
from web.orders.services.steps import MOVES
from workflows.summaries import WAITS_FOR
from workflows.transitions import (
    PHASE_NAMES,
    TABLE,
    Facts,
    Guard,
    IllegalMove,
    Move,
    Phase,
    Role,
    Rule,
    allowed_moves,
    next_phase,
    rule_for,
)

WILLING = Facts(has_open_offer=True, is_assigned=True, steps_done=True, code_locked=True, is_settled=True)
TERMINAL = {Phase.COMPLETED, Phase.CANCELLED}

# Written down a second time on purpose: phase -> role -> move -> phase after it, with every guard met.
STORY: dict[Phase, dict[Role, dict[Move, Phase]]] = {
    Phase.AWAITING_PAYMENT: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.SYSTEM: {Move.PAID: Phase.DISPATCHING, Move.PAYMENT_LAPSED: Phase.CANCELLED},
    },
    Phase.DISPATCHING: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.WORKER: {Move.ACCEPT: Phase.ACCEPTED, Move.REFUSE: Phase.DISPATCHING},
        Role.STAFF: {Move.ASSIGN: Phase.ACCEPTED},
        Role.SYSTEM: dict.fromkeys((Move.OFFER, Move.OFFER_LAPSED, Move.EXHAUSTED), Phase.DISPATCHING),
    },
    Phase.ACCEPTED: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.WORKER: {Move.DEPART: Phase.EN_ROUTE},
        Role.SYSTEM: {Move.LATE_TO_DEPART: Phase.ACCEPTED},
    },
    Phase.EN_ROUTE: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.WORKER: {Move.ARRIVE: Phase.ARRIVED},
        Role.SYSTEM: {Move.LATE_TO_ARRIVE: Phase.EN_ROUTE},
    },
    Phase.ARRIVED: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.WORKER: {Move.START: Phase.IN_SERVICE},
        Role.STAFF: {Move.UNLOCK: Phase.ARRIVED},
    },
    Phase.IN_SERVICE: {
        Role.WORKER: {Move.TICK: Phase.IN_SERVICE, Move.FINISH: Phase.AWAITING_CONFIRMATION},
        Role.STAFF: {Move.REFUND: Phase.IN_SERVICE},
    },
    Phase.AWAITING_CONFIRMATION: {
        Role.CUSTOMER: {Move.CONFIRM: Phase.COMPLETED},
        Role.STAFF: {Move.REFUND: Phase.AWAITING_CONFIRMATION},
        Role.SYSTEM: {Move.AUTOCONFIRM: Phase.COMPLETED},
    },
    Phase.COMPLETED: {
        Role.CUSTOMER: {Move.TIP: Phase.COMPLETED},
        Role.STAFF: {Move.REFUND: Phase.COMPLETED},
        Role.SYSTEM: dict.fromkeys((Move.SETTLE, Move.TIPPED, Move.RELEASE, Move.CLOSE), Phase.COMPLETED),
    },
    Phase.CANCELLED: {
        Role.SYSTEM: {Move.CLOSE: Phase.CANCELLED},
    },
    Phase.EXCEPTION: {},
}
for _phase in set(Phase) - {Phase.AWAITING_PAYMENT}:
    # Money of whatever was paid may be on its way back.
    _machines = STORY[_phase].get(Role.SYSTEM, {})
    STORY[_phase][Role.SYSTEM] = _machines | dict.fromkeys((Move.PARK, Move.REFUNDED), _phase)

GUARDS = {
    (Phase.DISPATCHING, Move.ACCEPT): [Guard.HAS_OPEN_OFFER],
    (Phase.DISPATCHING, Move.REFUSE): [Guard.HAS_OPEN_OFFER],
    (Phase.ACCEPTED, Move.DEPART): [Guard.IS_ASSIGNED, Guard.TIME_TO_LEAVE, Guard.HANDS_FREE],
    (Phase.EN_ROUTE, Move.ARRIVE): [Guard.IS_ASSIGNED],
    (Phase.ARRIVED, Move.START): [Guard.IS_ASSIGNED],
    (Phase.ARRIVED, Move.UNLOCK): [Guard.CODE_LOCKED],
    (Phase.IN_SERVICE, Move.TICK): [Guard.IS_ASSIGNED],
    (Phase.COMPLETED, Move.TIP): [Guard.IS_SETTLED],
    (Phase.IN_SERVICE, Move.FINISH): [Guard.IS_ASSIGNED, Guard.STEPS_DONE],
}

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
any_facts = st.builds(Facts, **{guard.value: st.booleans() for guard in Guard})
any_attempt = st.tuples(st.sampled_from(Move), st.sampled_from(Role), any_facts)


@pytest.mark.parametrize(("phase", "role"), [*itertools.product(Phase, Role)])
def test_each_role_may_do_in_each_phase_what_the_story_says_and_nothing_else(phase: Phase, role: Role) -> None:
    story = STORY[phase].get(role, {})
    for move in Move:
        if move in story:
            assert next_phase(rule_for(phase, move, role, WILLING)) is story[move]
        else:
            with pytest.raises(IllegalMove) as refused:
                rule_for(phase, move, role, WILLING)
            assert set(refused.value.expected) == set(story)
    assert set(allowed_moves(phase, role, WILLING)) == set(story)


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.phase}-{rule.move}")
def test_a_guarded_move_is_refused_by_naming_the_fact_that_is_missing(rule: Rule) -> None:
    assert list(rule.guards) == GUARDS.get((rule.phase, rule.move), [])
    for guard in rule.guards:
        facts = Facts(**{other.value: other is not guard for other in Guard})
        with pytest.raises(IllegalMove, match=guard.value) as refused:
            rule_for(rule.phase, rule.move, rule.role, facts)
        assert refused.value.missing is guard
        assert rule.move not in allowed_moves(rule.phase, rule.role, facts)


@unhurried
@given(st.lists(any_attempt, max_size=60))
def test_no_walk_leaves_the_story_or_comes_back_from_an_end(attempts: list[tuple[Move, Role, Facts]]) -> None:
    phase, been = Phase.AWAITING_PAYMENT, [Phase.AWAITING_PAYMENT]
    for move, role, facts in attempts:
        try:
            phase = next_phase(rule_for(phase, move, role, facts))
        except IllegalMove:
            continue
        been.append(phase)
    assert Phase.EXCEPTION not in been
    for before, after in itertools.pairwise(been):
        assert after in {next for moves in STORY[before].values() for next in moves.values()}
        assert after is before or before not in TERMINAL


@unhurried
@given(st.sampled_from(Phase), st.sampled_from(Role), any_facts)
def test_what_is_offered_as_allowed_is_exactly_what_is_then_let_through(phase: Phase, role: Role, facts: Facts) -> None:
    let_through = []
    for move in Move:
        try:
            rule_for(phase, move, role, facts)
        except IllegalMove:
            continue
        let_through.append(move)
    assert sorted(allowed_moves(phase, role, facts)) == sorted(let_through)


def test_every_phase_but_the_exception_can_be_reached_and_every_end_is_one() -> None:
    reached, open_ = {Phase.AWAITING_PAYMENT}, [Phase.AWAITING_PAYMENT]
    while open_:
        phase = open_.pop()
        fresh = {next_phase(rule) for rule in TABLE if rule.phase is phase} - reached
        reached |= fresh
        open_ += fresh
    assert reached == set(Phase) - {Phase.EXCEPTION}
    assert {p for p in reached if all(next_phase(rule) is p for rule in TABLE if rule.phase is p)} == TERMINAL


def test_no_phase_move_and_role_stand_twice() -> None:
    keys = [(rule.phase, rule.move, rule.role) for rule in TABLE]
    assert len(keys) == len(set(keys))


def test_every_phase_has_a_name_and_every_move_has_its_service_and_every_command_its_time() -> None:
    assert set(PHASE_NAMES) == set(WAITS_FOR) == set(Phase)
    assert set(MOVES) == {rule.move for rule in TABLE} == set(Move)
    assert set(VALID_FOR_S) == {rule.move for rule in TABLE if rule.role is not Role.SYSTEM}
