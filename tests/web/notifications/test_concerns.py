"""The one table between what happens and the message centre."""

from string import Formatter

from web.notifications.concerns import CONCERNS, FIELDS, SILENT
from web.notifications.kinds import KINDS, TEMPLATES
from web.notifications.models import Message
from web.orders.events import EVENT_NAMES


def test_every_event_concerns_somebody_or_is_silent_for_a_reason() -> None:
    missing = EVENT_NAMES.keys() - CONCERNS.keys() - SILENT.keys()
    assert not missing, (
        f"New event types {sorted(missing)}: say in web/notifications/concerns.py who reads what of each, a line in "
        "CONCERNS with a Said(kind, title, body) per Reader (CUSTOMER, WORKER: the assigned one, ASIDE: also_workers), "
        "or a line in SILENT with the reason why nobody needs a message of it."
    )


def test_no_event_is_both_told_and_silent() -> None:
    assert not CONCERNS.keys() & SILENT.keys()
    assert all(SILENT.values())


def test_every_text_is_of_a_known_kind_and_made_of_public_fields() -> None:
    longest = dict.fromkeys(FIELDS, "二" * 20)
    for event, readers in CONCERNS.items():
        assert readers, event
        for said in readers.values():
            assert said.kind in KINDS, (event, said.kind)
            for text, column in ((said.title, "title"), (said.body, "body")):
                named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
                assert named <= FIELDS, (event, named)
                room = getattr(Message._meta.get_field(column), "max_length", 0)
                assert len(text.format_map(longest)) <= room, (event, column)


def test_every_kind_is_told_somebody() -> None:
    assert KINDS.keys() == {said.kind for readers in CONCERNS.values() for said in readers.values()}


def test_whatever_goes_outside_has_a_template() -> None:
    assert all(kind.template in TEMPLATES for kind in KINDS.values() if kind.rules)
    assert {kind.template for kind in KINDS.values()} - {""} == TEMPLATES.keys()
    assert all(len(template) <= 24 for template in TEMPLATES)
