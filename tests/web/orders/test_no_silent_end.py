"""No silent end: every alarm has an owner, a deadline and words; every place where something gives up tells somebody.

GIVES_UP lists the machine's moves by which something is given up: what each raises, and the events that people read. A
new one has to be sorted in, or into KEEPS: the table of rules says which there are. ELSEWHERE lists what gives up
outside of that table, each with the test that shows who is told.
"""

import ast
import re
from datetime import timedelta

import pytest
from django.utils import timezone

import hub
from config.home import CLONE
from tests.web.orders.story import Story
from web.notifications.concerns import CONCERNS
from web.orders.events import EVENT_NAMES
from web.orders.models import Alarm
from web.orders.services import escalate_alarms, withdrawals
from web.orders.services.alarms import raise_alarm
from workflows.transitions import TABLE, Move, Role

A, M = Alarm, Move
TELLING = re.compile(r"told|[Aa]larm|Message|lines")
"""What an assertion about somebody's being told names: what he heard, an alarm, a message, a line of the log."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")

GIVES_UP: dict[Move, tuple[set[str], set[str]]] = {
    # What it raises, and the events that people read of it.
    M.PAYMENT_LAPSED: (set(), {"payment_lapsed"}),
    M.OFFER_LAPSED: (set(), {"lapsed"}),
    M.EXHAUSTED: ({A.NOBODY_ACCEPTS, A.BY_HAND}, {"exhausted", "by_hand"}),
    M.LATE_TO_DEPART: ({A.LATE_TO_DEPART}, {"late_to_depart"}),
    M.DID_NOT_DEPART: ({A.NOT_DEPARTED}, {"not_departed", "not_departed.replaced"}),
    M.LATE_TO_ARRIVE: ({A.LATE_TO_ARRIVE}, {"late_to_arrive"}),
    M.DID_NOT_ARRIVE: ({A.NOT_ARRIVED, A.COMPENSATION_DUE}, {"not_arrived"}),
    M.CUSTOMER_ABSENT: ({A.ABSENCE}, {"cancelled"}),
    M.PARK: ({A.NEEDS_OPS}, {"refund_parked"}),
    M.CASE_OVERDUE: ({A.CASE_OVERDUE}, set()),
    M.EXCEPTION_UNANSWERED: ({A.EXCEPTION_UNANSWERED}, set()),
    M.EXCEPTION_UNSOLVED: ({A.EXCEPTION_UNSOLVED}, {"exception_unsolved"}),
    M.EXCEPTION_LAPSED: (set(), {"exception_continued", "somebody_else_sent"}),
    M.PROPOSAL_LAPSED: (set(), {"proposal_lapsed"}),
}
KEEPS = {
    # The machine keeps a promise, or nobody was promised anything.
    *(M.PAID, M.OFFER, M.AUTOCONFIRM, M.SETTLE, M.TIPPED, M.RELEASE, M.REFUNDED, M.CLOSE),
}
ASKED_FOR = {A.START_CODE_LOCKED, A.CASE_OPEN, A.EXCEPTION_OPEN, A.EXCEPTION_SAFETY}
"""What a person's own command raises."""

LOOKED_FOR = {A.WORKER_SILENT, A.START_NEAR, A.NOT_STARTED, A.OVERRUN, A.CHANNEL_BROKEN, *withdrawals.KINDS}
"""What no move says: the sweep looks for it."""

ELSEWHERE = {
    "a command that nobody decided in time": "tests/web/orders/test_command_rows.py::"
    "test_the_sweep_closes_those_whose_time_is_over_and_tells_their_owners",
    "money with a wrong amount": "tests/web/payments/test_stuck_money.py::"
    "test_another_amount_is_shown_until_the_right_one_is_booked",
    "money that came too late": "tests/web/payments/test_returned_money.py::"
    "test_late_money_is_told_when_it_goes_and_when_it_is_back",
    "late money that its gateway does not take back": "tests/web/payments/test_returned_money.py::"
    "test_late_money_that_its_gateway_does_not_take_back_is_told_once",
    "a payout that does not move, or failed": "tests/web/ledger/test_withdrawals.py::"
    "test_whatever_becomes_of_it_he_has_a_message",
    "a message that goes by no channel": "tests/web/orders/test_broken_channels.py::"
    "test_it_is_the_managers_has_a_deadline_and_is_raised_once",
    "a step that cannot be written": "tests/workflows/test_stuck.py::"
    "test_it_is_stuck_after_a_minute_however_few_its_attempts",
    "a worker who does not answer": "tests/web/orders/test_offer_channels.py::"
    "test_three_left_unanswered_are_a_rest_and_he_is_told",
    "row and actor of another mind": "tests/workflows/test_sweeping.py::"
    "test_an_actor_that_runs_on_after_its_orders_end_is_reported",
}


def test_every_move_of_the_machine_is_sorted() -> None:
    machines = {rule.move for rule in TABLE if rule.role is Role.SYSTEM}
    missing = machines - GIVES_UP.keys() - KEEPS
    assert not missing, f"{sorted(missing)}: does it give something up? Then say in GIVES_UP what it raises or tells"
    assert not GIVES_UP.keys() & KEEPS


@pytest.mark.parametrize("move", GIVES_UP)
def test_what_gives_up_raises_an_alarm_or_tells_somebody_concerned(move: Move) -> None:
    alarms, events = GIVES_UP[move]
    assert alarms <= A.KINDS.keys()
    assert {event.partition(".")[0] for event in events} <= EVENT_NAMES.keys()
    assert alarms or events
    assert all(CONCERNS.get(event) for event in events), "silent, and somebody should read it"


def test_every_kind_of_alarm_is_somebodys_and_is_raised_somewhere() -> None:
    raised = set().union(*(alarms for alarms, _ in GIVES_UP.values())) | ASKED_FOR | LOOKED_FOR
    assert raised == A.KINDS.keys(), "a kind that nothing raises, or one that stands in no list here"
    services = "".join(path.read_text() for path in (CLONE / "web/orders/services").glob("*.py"))
    # Clearing is no raising.
    code = re.sub(
        r"clear_alarms\([^)]*\)|\*\((?:Alarm\.\w+,? ?)+\)|^\w+ = \(Alarm.*$", "", services, flags=re.MULTILINE
    )
    kinds = {value: name for name, value in vars(Alarm).items() if isinstance(value, str) and value in A.KINDS}
    assert {kind for kind, name in kinds.items() if re.search(rf"\bAlarm\.{name}\b", code)} == A.KINDS.keys()


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_gives_up_elsewhere_has_a_test_that_says_who_is_told(what: str) -> None:
    file, _, name = ELSEWHERE[what].partition("::")
    tests = (one for one in ast.parse((CLONE / file).read_text()).body if getattr(one, "name", "") == name)
    asserted = [ast.unparse(one) for test in tests for one in ast.walk(test) if isinstance(one, ast.Assert)]
    assert any(TELLING.search(one) for one in asserted), f"{what}: a test that asserts that somebody is told"


@pytest.mark.django_db
def test_each_kind_has_an_owner_a_deadline_and_words_and_none_is_left_lying() -> None:
    order = Story.in_town().accepted().order
    with hub.atomic():
        for kind in A.KINDS:
            assert raise_alarm(order, kind=kind)
    for alarm in order.alarms.all():
        assert alarm.owner in A.OWNERS, alarm.kind
        assert alarm.due_at is not None, alarm.kind
        assert alarm.raised_at < alarm.due_at <= alarm.raised_at + timedelta(hours=2), alarm.kind
        for words in (A.KINDS[alarm.kind], A.NEXT_STEPS[alarm.kind], A.OWNERS[alarm.owner]):
            assert CHINESE.search(words), alarm.kind
    order.alarms.update(due_at=timezone.now() - timedelta(seconds=1))
    assert escalate_alarms() == len(A.KINDS)
    assert set(order.alarms.values_list("owner", flat=True)) == {A.MANAGER}
    assert not order.alarms.exclude(taken_by=None).exists()
