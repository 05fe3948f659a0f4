"""What the page calls things is what everything else calls them."""

import re

import pytest

from config.frontends import BOARD
from web.errors import CODES
from web.ledger.models import Withdrawal
from web.orders.events import EVENT_NAMES
from web.orders.models import AfterSalesCase, Alarm, Proposal, RefundDecision
from web.orders.ranking import REASONS
from web.orders.services.ending import CALL_OFF_REASONS
from web.orders.services.reassigning import TAKE_OFF_REASONS
from workflows.transitions import EXCEPTION_TYPES, PHASE_NAMES

STAFF_REFUSALS = {
    *("not_allowed", "expired", "order_ended", "worker_unfit", "slot_taken", "too_soon", "too_far_ahead", "same_time"),
    *("compensation_too_large", "refund_too_large", "line_unknown", "case_closed", "warranty_over", "not_served_here"),
    *("already_reported", "photo_unknown", "compensation_unpaid", "compensation_paid", "payout_open"),
}
"""What may be answered to what staff do about an order."""


def words(file: str, name: str) -> dict[str, str]:
    """The entries of an exported table of the page."""
    found = re.search(
        rf"export const {name}: [^=]*= \{{\n(.*?)\n\}}", (BOARD.folder / "src" / file).read_text(), re.DOTALL
    )
    assert found, name
    return dict(re.findall(r"^ +(\w+): '([^']*)',$", found[1], re.MULTILINE))


@pytest.mark.parametrize(
    ("file", "name", "ours"),
    [
        ("phases.ts", "PHASE_NAMES", {phase.value: word for phase, word in PHASE_NAMES.items()}),
        ("words.ts", "EXCLUSIONS", REASONS),
        ("alarms.ts", "ALARM_NAMES", Alarm.KINDS),
        ("words.ts", "OWNERS", Alarm.OWNERS),
        ("words.ts", "TAKE_OFF_REASONS", TAKE_OFF_REASONS),
        ("words.ts", "CALL_OFF_REASONS", CALL_OFF_REASONS),
        ("words.ts", "EXCEPTION_TYPES", EXCEPTION_TYPES),
        ("words.ts", "REFUND_REASONS", RefundDecision.REASONS),
        ("words.ts", "BEARERS", dict(RefundDecision.BEARERS)),
        ("words.ts", "WITHDRAWAL_REASONS", Withdrawal.REASONS),
        ("words.ts", "CASE_KINDS", AfterSalesCase.KINDS),
        ("words.ts", "CASE_OUTCOMES", AfterSalesCase.OUTCOMES),
        ("words.ts", "PROPOSAL_KINDS", dict(Proposal.KINDS)),
        ("words.ts", "PROPOSAL_STATES", dict(Proposal.STATES)),
        ("words.ts", "REFUSALS", {code: CODES[code].message for code in STAFF_REFUSALS}),
    ],
)
def test_the_page_has_the_same_words_for_it(file: str, name: str, ours: dict[str, str]) -> None:
    assert words(file, name) == ours


def test_the_page_has_a_word_for_whatever_happens_to_an_order() -> None:
    assert words("words.ts", "EVENT_WORDS").keys() == EVENT_NAMES.keys()


def test_the_page_closes_by_hand_what_the_server_lets_be_closed() -> None:
    # A compensation's alarm goes with its payment: until then the server refuses, so there is no button for it.
    found = re.search(r"CLOSED_BY_HAND.*\(\[(.*?)\]\)", (BOARD.folder / "src/alarms.ts").read_text())
    assert found
    assert set(re.findall(r"'(\w+)'", found[1])) == set(Alarm.LASTING) - {Alarm.COMPENSATION_DUE}
