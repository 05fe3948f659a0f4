"""The page's own reducer (web/board/frontend/src/state.ts), run in node over what the server really says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config.home import CLONE
from config.stack.toolchain import node_environment
from hub import log

FRONTEND_TESTS = CLONE / "tests/web/board_frontend"
Json = dict[str, Any]


class Page:
    """What one page is given: a snapshot, then events; and the fresh snapshots that it has to be equal to."""

    def __init__(self, snapshot: Json) -> None:
        self.snapshot = snapshot
        self.rounds: list[Json] = []
        self._topic: str = snapshot["stream"]["topic"]
        self._offset: int = snapshot["stream"]["offset"]

    def hear(self, fresh: Json) -> list[str]:
        """Take everything that was pushed since, to be compared with `fresh`; the types, in order."""
        logged = log_of(self._topic, after=self._offset)
        events = [{"offset": event.offset, "envelope": json.loads(event.envelope)} for event in logged]
        self._offset = logged[-1].offset if logged else self._offset
        self.rounds.append({"events": events, "fresh": fresh})
        return [event["envelope"]["type"] for event in events]


def log_of(topic: str, *, after: int) -> list[log.LoggedEvent]:
    """Everything that was pushed there after an offset."""
    return log.read({topic: after}, limit=10_000, bytes_max=1 << 30)[topic].events


def compared(*pages: Page) -> list[tuple[Json, Json]]:
    """(a page's state, what a page that opens then has) after each round of each page; the two have to be equal."""
    with tempfile.TemporaryDirectory() as folder:
        stories = Path(folder) / "stories.json"
        told = [{"snapshot": page.snapshot, "rounds": page.rounds} for page in pages]
        stories.write_text(json.dumps(told, ensure_ascii=False))
        replayed = json.loads(_node(str(FRONTEND_TESTS / "replay.mjs"), str(stories)))
    assert [len(rounds) for rounds in replayed] == [len(page.rounds) for page in pages]
    return [(state, one["fresh"]) for rounds in replayed for one in rounds for state in one["pages"]]


def _node(*arguments: str) -> str:
    environment = {**os.environ, **node_environment(print, python=sys.executable)}
    done = subprocess.run(["node", *arguments], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
