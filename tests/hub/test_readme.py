"""Every setting and every code is in the README."""

import re
from dataclasses import fields
from pathlib import Path

import hub
from hub.conf import HubSettings
from hub.protocol import Close, Refusal, Unsubscribe

README = (Path(hub.__file__).parent / "README.md").read_text()


def test_every_setting_is_in_the_table() -> None:
    missing = [field.name for field in fields(HubSettings) if f"| `HUB_{field.name.upper()}` |" not in README]
    assert missing == []


def test_the_codes_that_are_sent_are_those_of_the_tables() -> None:
    listed = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", README, re.MULTILINE)
    sent = {int(code) for code, when in listed if not when.startswith("never")}
    assert sent == {each.value[0] for group in (Close, Refusal, Unsubscribe) for each in group}
