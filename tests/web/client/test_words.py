"""What the client calls things is what the server calls them."""

import re

from config.frontends import CLIENT
from workflows.transitions import PHASE_NAMES


def test_phases_have_the_servers_names() -> None:
    text = (CLIENT.folder / "src/app/phases.ts").read_text(encoding="utf-8")
    assert dict(re.findall(r"^ +(\w+): '([^']*)',$", text, re.MULTILINE)) == {
        phase.value: name for phase, name in PHASE_NAMES.items()
    }
