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

WILLING = Facts(**{guard.value: True for guard in Guard})
TERMINAL = {Phase.COMPLETED, Phase.CANCELLED}

BACK = "park refunded"
"""Money of whatever was paid may be on its way back."""

# Written down a second time on purpose: phase -> role -> moves, each with every guard met; `>PHASE` where it leads
# elsewhere. What goes back to the phase before an exception is told by the row: tests/web/orders/test_exceptions.py.
STORY_TEXT: dict[str, dict[str, str]] = {
    "AWAITING_PAYMENT": {
        "system": "paid>DISPATCHING payment_lapsed>CANCELLED",
        "customer": "cancel>CANCELLED reschedule change_request",
        "staff": "call_off>CANCELLED",
    },
    "DISPATCHING": {
        "system": f"offer offer_lapsed exhausted paid proposal_lapsed {BACK}",
        "customer": "cancel>CANCELLED reschedule change_request change_address withdraw report_exception>EXCEPTION",
        "worker": "accept>ACCEPTED refuse",
        "staff": "assign>ACCEPTED reschedule call_off>CANCELLED report_exception>EXCEPTION",
    },
    "ACCEPTED": {
        "system": f"late_to_depart did_not_depart>DISPATCHING did_not_arrive paid proposal_lapsed {BACK}",
        "customer": "cancel>CANCELLED reschedule change_request change_address withdraw approve decline "
        "worker_absent>CANCELLED report_exception>EXCEPTION",
        "worker": "depart>EN_ROUTE hand_back>DISPATCHING propose_move withdraw report_exception>EXCEPTION",
        "staff": "reschedule take_off>DISPATCHING call_off>CANCELLED report_exception>EXCEPTION",
    },
    "EN_ROUTE": {
        "system": f"late_to_arrive did_not_arrive {BACK}",
        "customer": "cancel>CANCELLED worker_absent>CANCELLED report_exception>EXCEPTION",
        "worker": "arrive>ARRIVED hand_back>DISPATCHING report_exception>EXCEPTION",
        "staff": "take_off>DISPATCHING call_off>CANCELLED report_exception>EXCEPTION",
    },
    "ARRIVED": {
        "system": f"customer_absent>CANCELLED paid proposal_lapsed {BACK}",
        "customer": "cancel>CANCELLED am_here approve decline report_exception>EXCEPTION",
        "worker": "start>IN_SERVICE report_absent propose_supplement withdraw report_exception>EXCEPTION",
        "staff": "unlock take_off>DISPATCHING call_off>CANCELLED report_exception>EXCEPTION",
    },
    "IN_SERVICE": {
        "system": f"paid proposal_lapsed {BACK}",
        "customer": "approve decline report_exception>EXCEPTION",
        "worker": "tick finish>AWAITING_CONFIRMATION propose_supplement withdraw report_exception>EXCEPTION",
        "staff": "refund call_off>CANCELLED report_exception>EXCEPTION",
    },
    "AWAITING_CONFIRMATION": {
        "system": f"autoconfirm>COMPLETED paid proposal_lapsed {BACK}",
        "customer": "confirm>COMPLETED report_exception>EXCEPTION",
        "worker": "report_exception>EXCEPTION",
        "staff": "refund call_off>CANCELLED report_exception>EXCEPTION",
    },
    "COMPLETED": {
        "system": f"settle release tipped case_overdue close {BACK}",
        "customer": "claim tip",
        "staff": "answer_case refund",
    },
    "EXCEPTION": {
        "system": f"exception_unanswered exception_unsolved exception_lapsed paid proposal_lapsed {BACK}",
        "customer": "report_exception withdraw_exception continue approve decline",
        "worker": "report_exception withdraw_exception propose_supplement withdraw",
        "staff": "report_exception answer_exception continue continue_with_supplement send_somebody_else>DISPATCHING "
        "end_early>CANCELLED cancel_with_refund>CANCELLED reschedule>DISPATCHING",
    },
    "CANCELLED": {"system": f"close {BACK}"},
}


def _told(phase: Phase, moves: str) -> dict[Move, Phase]:
    pairs = [move.partition(">") for move in moves.split()]
    return {Move(move): Phase(after) if after else phase for move, _, after in pairs}


STORY: dict[Phase, dict[Role, dict[Move, Phase]]] = {
    Phase(phase): {Role(role): _told(Phase(phase), moves) for role, moves in roles.items()}
    for phase, roles in STORY_TEXT.items()
}

# The guards of a move, whoever's and wherever; `move/role`, `move@PHASE` where it is made without elsewhere.
GUARDS_TEXT = """
cancel untouched
cancel@AWAITING_PAYMENT
accept has_open_offer
refuse has_open_offer
depart is_assigned time_to_leave hands_free
hand_back is_assigned
arrive is_assigned
start is_assigned
tick is_assigned
finish is_assigned steps_done
unlock code_locked
report_absent is_assigned may_report
am_here waited_for
worker_absent long_late untouched
report_exception/worker is_assigned
answer_exception unanswered
withdraw_exception is_reporter
continue/customer consent_suffices
send_somebody_else replaceable
end_early begun
reschedule@EXCEPTION not_begun
change_address no_proposal goes_anywhere untouched
propose_move is_assigned no_proposal
propose_supplement is_assigned no_proposal
propose_supplement@EXCEPTION is_assigned no_proposal at_the_door
approve has_open_proposal
decline has_open_proposal
withdraw own_proposal
claim claimable
answer_case case_open
tip is_settled
"""
GUARDS = {line.split()[0]: [Guard(guard) for guard in line.split()[1:]] for line in GUARDS_TEXT.split("\n") if line}

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
    named = (f"{rule.move}@{rule.phase}", f"{rule.move}/{rule.role}", rule.move.value)
    expected = next((GUARDS[name] for name in named if name in GUARDS), [])
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
