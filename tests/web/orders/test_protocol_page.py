"""docs/protocol.md names every event of an order and every deadline of its card."""

import re
from pathlib import Path

from config.home import CLONE
from web.orders.cards import DEADLINES, OrderCard
from web.orders.events import EVENT_NAMES
from web.orders.models import Alarm
from web.orders.ranking import REASONS

PAGE = (Path(CLONE) / "docs" / "protocol.md").read_text()


def test_every_event_stands_there_with_its_words() -> None:
    listed = dict(re.findall(r"`(\w+)` ([^·\n]+?)(?: ·|\n|$)", PAGE.split("<!-- events:")[1].split("\n\n")[0]))
    assert listed == EVENT_NAMES


def test_every_field_of_the_card_stands_there() -> None:
    card = PAGE.split("`OrderCard`:")[1].split("\n\n")[0]
    for field in (*OrderCard.__annotations__, *DEADLINES, "offer_due"):
        assert re.search(rf"\b{field}\b", card), field


def test_every_exclusion_stands_there_with_its_words() -> None:
    listed = re.findall(
        r"`(\w+)` ([^·\n.]+?)(?: ·|\.|\n)", PAGE.split("<!-- exclusions:")[1].split("`worker_unfit`")[0]
    )
    assert dict(listed) == REASONS


def test_every_kind_of_alarm_stands_there() -> None:
    alarm = PAGE.split("`AlarmCard`:")[1].split("\n\n")[0]
    for kind in Alarm.KINDS:
        assert re.search(rf"\b{kind}\b", alarm), kind
