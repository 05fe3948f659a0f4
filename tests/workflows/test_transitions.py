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

WILLING = Facts(
    has_open_offer=True,
    is_assigned=True,
    steps_done=True,
    code_locked=True,
    is_reporter=True,
    unanswered=True,
    consent_suffices=True,
    case_open=True,
    waited_for=True,
    replaceable=True,
    begun=True,
)
TERMINAL = {Phase.COMPLETED, Phase.CANCELLED}

# Written down a second time on purpose: phase -> role -> move -> phase after it, with every guard met.
STORY: dict[Phase, dict[Role, dict[Move, Phase]]] = {
    Phase.AWAITING_PAYMENT: {
        Role.CUSTOMER: {
            Move.CANCEL: Phase.CANCELLED,
            **dict.fromkeys((Move.RESCHEDULE, Move.CHANGE_REQUEST), Phase.AWAITING_PAYMENT),
        },
        Role.SYSTEM: {Move.PAID: Phase.DISPATCHING, Move.PAYMENT_LAPSED: Phase.CANCELLED},
    },
    Phase.DISPATCHING: {
        Role.CUSTOMER: {
            Move.CANCEL: Phase.CANCELLED,
            **dict.fromkeys((Move.RESCHEDULE, Move.CHANGE_ADDRESS, Move.CHANGE_REQUEST), Phase.DISPATCHING),
        },
        Role.WORKER: {Move.ACCEPT: Phase.ACCEPTED, Move.REFUSE: Phase.DISPATCHING},
        Role.STAFF: {Move.ASSIGN: Phase.ACCEPTED, Move.RESCHEDULE: Phase.DISPATCHING},
        Role.SYSTEM: dict.fromkeys(
            (Move.OFFER, Move.OFFER_LAPSED, Move.EXHAUSTED, Move.PAID, Move.PROPOSAL_LAPSED), Phase.DISPATCHING
        ),
    },
    Phase.ACCEPTED: {
        Role.CUSTOMER: {
            Move.CANCEL: Phase.CANCELLED,
            **dict.fromkeys((Move.RESCHEDULE, Move.CHANGE_ADDRESS, Move.CHANGE_REQUEST), Phase.ACCEPTED),
            Move.APPROVE: Phase.ACCEPTED,
            Move.DECLINE: Phase.ACCEPTED,
        },
        Role.WORKER: {
            Move.DEPART: Phase.EN_ROUTE,
            Move.PROPOSE_MOVE: Phase.ACCEPTED,
            Move.WITHDRAW: Phase.ACCEPTED,
        },
        Role.STAFF: {Move.RESCHEDULE: Phase.ACCEPTED},
        Role.SYSTEM: dict.fromkeys((Move.LATE_TO_DEPART, Move.PAID, Move.PROPOSAL_LAPSED), Phase.ACCEPTED),
    },
    Phase.EN_ROUTE: {
        Role.CUSTOMER: {Move.CANCEL: Phase.CANCELLED},
        Role.WORKER: {Move.ARRIVE: Phase.ARRIVED},
        Role.SYSTEM: {Move.LATE_TO_ARRIVE: Phase.EN_ROUTE},
    },
    Phase.ARRIVED: {
        Role.CUSTOMER: {
            Move.CANCEL: Phase.CANCELLED,
            Move.APPROVE: Phase.ARRIVED,
            Move.DECLINE: Phase.ARRIVED,
        },
        Role.WORKER: {
            Move.START: Phase.IN_SERVICE,
            Move.PROPOSE_SUPPLEMENT: Phase.ARRIVED,
            Move.WITHDRAW: Phase.ARRIVED,
        },
        Role.STAFF: {Move.UNLOCK: Phase.ARRIVED},
        Role.SYSTEM: {Move.PAID: Phase.ARRIVED, Move.PROPOSAL_LAPSED: Phase.ARRIVED},
    },
    Phase.IN_SERVICE: {
        Role.CUSTOMER: dict.fromkeys((Move.APPROVE, Move.DECLINE), Phase.IN_SERVICE),
        Role.WORKER: {
            Move.TICK: Phase.IN_SERVICE,
            Move.FINISH: Phase.AWAITING_CONFIRMATION,
            Move.PROPOSE_SUPPLEMENT: Phase.IN_SERVICE,
            Move.WITHDRAW: Phase.IN_SERVICE,
        },
        Role.SYSTEM: dict.fromkeys((Move.PAID, Move.PROPOSAL_LAPSED), Phase.IN_SERVICE),
    },
    Phase.AWAITING_CONFIRMATION: {
        Role.CUSTOMER: {Move.CONFIRM: Phase.COMPLETED},
        Role.SYSTEM: {
            Move.AUTOCONFIRM: Phase.COMPLETED,
            Move.PAID: Phase.AWAITING_CONFIRMATION,
            Move.PROPOSAL_LAPSED: Phase.AWAITING_CONFIRMATION,
        },
    },
    Phase.COMPLETED: {
        Role.CUSTOMER: {Move.CLAIM: Phase.COMPLETED},
        Role.STAFF: {Move.ANSWER_CASE: Phase.COMPLETED},
        Role.SYSTEM: dict.fromkeys((Move.SETTLE, Move.CASE_OVERDUE, Move.CLOSE), Phase.COMPLETED),
    },
    Phase.CANCELLED: {
        Role.SYSTEM: {Move.CLOSE: Phase.CANCELLED},
    },
    # What goes back to the phase before is next told by the row: tests/web/orders/test_exceptions.py.
    Phase.EXCEPTION: {
        Role.CUSTOMER: dict.fromkeys((Move.WITHDRAW_EXCEPTION, Move.CONTINUE), Phase.EXCEPTION),
        Role.WORKER: {Move.WITHDRAW_EXCEPTION: Phase.EXCEPTION},
        Role.STAFF: dict.fromkeys(
            (Move.ANSWER_EXCEPTION, Move.CONTINUE, Move.CONTINUE_WITH_SUPPLEMENT), Phase.EXCEPTION
        )
        | {Move.SEND_SOMEBODY_ELSE: Phase.DISPATCHING}
        | dict.fromkeys((Move.END_EARLY, Move.CANCEL_WITH_REFUND), Phase.CANCELLED),
        Role.SYSTEM: dict.fromkeys(
            (Move.EXCEPTION_UNANSWERED, Move.EXCEPTION_UNSOLVED, Move.EXCEPTION_LAPSED), Phase.EXCEPTION
        ),
    },
}
for _phase in set(Phase) - {Phase.AWAITING_PAYMENT}:
    # Money of whatever was paid may be on its way back.
    _machines = STORY[_phase].get(Role.SYSTEM, {})
    STORY[_phase][Role.SYSTEM] = _machines | dict.fromkeys((Move.PARK, Move.REFUNDED), _phase)

for phase, role, move, after in (
    *(
        (phase, Role.STAFF, Move.TAKE_OFF, Phase.DISPATCHING)
        for phase in (Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED)
    ),
    *((phase, Role.STAFF, Move.CALL_OFF, Phase.CANCELLED) for phase in set(Phase) - TERMINAL - {Phase.EXCEPTION}),
):
    STORY[phase].setdefault(role, {})[move] = after
STORY[Phase.ACCEPTED][Role.WORKER][Move.HAND_BACK] = Phase.DISPATCHING
STORY[Phase.EN_ROUTE][Role.WORKER][Move.HAND_BACK] = Phase.DISPATCHING
STORY[Phase.ACCEPTED][Role.SYSTEM][Move.DID_NOT_DEPART] = Phase.DISPATCHING
for phase, role in itertools.product(Phase, (Role.CUSTOMER, Role.WORKER, Role.STAFF)):
    # From payment to confirmation anybody who is there may say that something is wrong, also while another thing is.
    if phase not in {Phase.AWAITING_PAYMENT, *TERMINAL} and (phase, role) != (Phase.DISPATCHING, Role.WORKER):
        STORY[phase].setdefault(role, {})[Move.REPORT_EXCEPTION] = Phase.EXCEPTION
for phase in (Phase.ACCEPTED, Phase.EN_ROUTE):
    STORY[phase][Role.SYSTEM][Move.DID_NOT_ARRIVE] = phase
    STORY[phase][Role.CUSTOMER][Move.WORKER_ABSENT] = Phase.CANCELLED
STORY[Phase.ARRIVED][Role.WORKER][Move.REPORT_ABSENT] = Phase.ARRIVED
STORY[Phase.ARRIVED][Role.CUSTOMER][Move.AM_HERE] = Phase.ARRIVED
STORY[Phase.ARRIVED][Role.SYSTEM] = {Move.CUSTOMER_ABSENT: Phase.CANCELLED}

GUARDS = {
    (Phase.DISPATCHING, Move.ACCEPT): [Guard.HAS_OPEN_OFFER],
    (Phase.DISPATCHING, Move.REFUSE): [Guard.HAS_OPEN_OFFER],
    (Phase.ACCEPTED, Move.DEPART): [Guard.IS_ASSIGNED, Guard.TIME_TO_LEAVE, Guard.HANDS_FREE],
    (Phase.ACCEPTED, Move.WORKER_ABSENT): [Guard.LONG_LATE],
    (Phase.EN_ROUTE, Move.WORKER_ABSENT): [Guard.LONG_LATE],
    (Phase.ARRIVED, Move.REPORT_ABSENT): [Guard.IS_ASSIGNED, Guard.MAY_REPORT],
    (Phase.ARRIVED, Move.AM_HERE): [Guard.WAITED_FOR],
    (Phase.ACCEPTED, Move.HAND_BACK): [Guard.IS_ASSIGNED],
    (Phase.EN_ROUTE, Move.HAND_BACK): [Guard.IS_ASSIGNED],
    (Phase.EN_ROUTE, Move.ARRIVE): [Guard.IS_ASSIGNED],
    (Phase.ARRIVED, Move.START): [Guard.IS_ASSIGNED],
    (Phase.ARRIVED, Move.UNLOCK): [Guard.CODE_LOCKED],
    (Phase.IN_SERVICE, Move.TICK): [Guard.IS_ASSIGNED],
    (Phase.COMPLETED, Move.TIP): [Guard.IS_SETTLED],
    (Phase.IN_SERVICE, Move.FINISH): [Guard.IS_ASSIGNED, Guard.STEPS_DONE],
    (Phase.EXCEPTION, Move.ANSWER_EXCEPTION): [Guard.UNANSWERED],
    (Phase.EXCEPTION, Move.SEND_SOMEBODY_ELSE): [Guard.REPLACEABLE],
    (Phase.EXCEPTION, Move.END_EARLY): [Guard.BEGUN],
    (Phase.EXCEPTION, Move.WITHDRAW_EXCEPTION): [Guard.IS_REPORTER],
    (Phase.COMPLETED, Move.CLAIM): [Guard.CLAIMABLE],
    (Phase.COMPLETED, Move.ANSWER_CASE): [Guard.CASE_OPEN],
}
OF_A_ROLE = {
    (Move.REPORT_EXCEPTION, Role.WORKER): [Guard.IS_ASSIGNED],
    (Move.CONTINUE, Role.CUSTOMER): [Guard.CONSENT_SUFFICES],
}
"""Guards of moves that others make without."""

GUARDS |= {(phase, Move.CHANGE_ADDRESS): [Guard.NO_PROPOSAL] for phase in (Phase.DISPATCHING, Phase.ACCEPTED)}
GUARDS |= {(Phase.ACCEPTED, Move.PROPOSE_MOVE): [Guard.IS_ASSIGNED, Guard.NO_PROPOSAL]}
GUARDS |= {
    (phase, Move.PROPOSE_SUPPLEMENT): [Guard.IS_ASSIGNED, Guard.NO_PROPOSAL]
    for phase in (Phase.ARRIVED, Phase.IN_SERVICE, Phase.EXCEPTION)
}
for phase in (Phase.ACCEPTED, Phase.ARRIVED, Phase.IN_SERVICE, Phase.EXCEPTION):
    GUARDS |= {(phase, move): [Guard.HAS_OPEN_PROPOSAL] for move in (Move.APPROVE, Move.DECLINE)}
    GUARDS |= {(phase, Move.WITHDRAW): [Guard.OWN_PROPOSAL]}

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


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.phase}-{rule.move}-{rule.role}")
def test_a_guarded_move_is_refused_by_naming_the_fact_that_is_missing(rule: Rule) -> None:
    expected = GUARDS.get((rule.phase, rule.move)) or OF_A_ROLE.get((rule.move, rule.role), [])
    assert list(rule.guards) == expected
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


def test_every_phase_can_be_reached_and_every_end_is_one() -> None:
    reached, open_ = {Phase.AWAITING_PAYMENT}, [Phase.AWAITING_PAYMENT]
    while open_:
        phase = open_.pop()
        fresh = {next_phase(rule) for rule in TABLE if rule.phase is phase} - reached
        reached |= fresh
        open_ += fresh
    assert reached == set(Phase)
    stays = {p for p in reached if all(next_phase(rule) is p and not rule.back for rule in TABLE if rule.phase is p)}
    assert stays == TERMINAL


def test_only_an_exception_leads_back() -> None:
    assert {rule.phase for rule in TABLE if rule.back} == {Phase.EXCEPTION}
    assert {rule.move for rule in TABLE if rule.back} == {
        *(Move.WITHDRAW_EXCEPTION, Move.CONTINUE, Move.CONTINUE_WITH_SUPPLEMENT, Move.EXCEPTION_LAPSED)
    }


def test_no_phase_move_and_role_stand_twice() -> None:
    keys = [(rule.phase, rule.move, rule.role) for rule in TABLE]
    assert len(keys) == len(set(keys))


def test_every_phase_has_a_name_and_every_move_has_its_service_and_every_command_its_time() -> None:
    assert set(PHASE_NAMES) == set(WAITS_FOR) == set(Phase)
    assert set(MOVES) == {rule.move for rule in TABLE} == set(Move)
    assert set(VALID_FOR_S) == {rule.move for rule in TABLE if rule.role is not Role.SYSTEM}
