"""What the page calls things is what everything else calls them."""

import re

import pytest

from config.bootstrap import FRONTEND
from web.errors import CODES
from web.orders.events import EVENT_NAMES
from web.orders.models import Alarm
from web.orders.ranking import REASONS
from workflows.transitions import PHASE_NAMES


def words(file: str, name: str) -> dict[str, str]:
    """The entries of an exported table of the page."""
    found = re.search(rf"export const {name}: [^=]*= \{{\n(.*?)\n\}}", (FRONTEND / "src" / file).read_text(), re.DOTALL)
    assert found, name
    return dict(re.findall(r"^ +(\w+): '([^']*)',$", found[1], re.MULTILINE))


@pytest.mark.parametrize(
    ("file", "name", "ours"),
    [
        ("phases.ts", "PHASE_NAMES", {phase.value: word for phase, word in PHASE_NAMES.items()}),
        ("phases.ts", "EXCLUSIONS", REASONS),
        ("alarms.ts", "ALARM_NAMES", dict(Alarm.KINDS)),
    ],
)
def test_the_page_has_the_same_words_for_it(file: str, name: str, ours: dict[str, str]) -> None:
    assert words(file, name) == ours


@pytest.mark.parametrize(("name", "known"), [("EVENT_WORDS", EVENT_NAMES), ("REFUSALS", CODES)])
def test_the_page_has_words_only_for_what_there_is(name: str, known: dict[str, object]) -> None:
    theirs = words("phases.ts", name)
    assert theirs
    assert set(theirs) <= set(known)
