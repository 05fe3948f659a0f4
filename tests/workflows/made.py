"""What a history has done: which lines of the order's table, and which activities."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workflows.transitions import TABLE, Role, Rule

Line = tuple[str, str, str]
"""(phase before, move, role)."""

ACCEPTED = "workflowExecutionUpdateAcceptedEventAttributes"
SCHEDULED = "activityTaskScheduledEventAttributes"
COMPLETED = "activityTaskCompletedEventAttributes"
MARKER = "markerRecordedEventAttributes"
LOCAL_ACTIVITY = "core_local_activity"
STEP = "take_step"

HOW = (
    "have a fate of tests/workflows/fates_everywhere.py (or fates.py) do it, and record that: "
    "python -m tests.workflows.record NAME"
)
"""What to do about something that no recorded history has."""


def title(rule: Rule) -> str:
    """A line of the table, as a test names it."""
    return f"{rule.phase} {rule.move} by {rule.role}"


def unmade(made: Iterable[Line], table: Iterable[Rule] = TABLE) -> list[str]:
    """The lines of the table that nobody made."""
    known = set(made)
    return [title(rule) for rule in table if (rule.phase, rule.move, rule.role) not in known]


def recorded_events(path: Path) -> list[dict[str, Any]]:
    """Of a file of tests/workflows/histories."""
    events: list[dict[str, Any]] = json.loads(path.read_text())["history"]["events"]
    return events


def lines_of(events: Iterable[Mapping[str, Any]]) -> list[Line]:
    """What the steps of one run of an order's actor did, from its events as JSON. Refusals did nothing."""
    lines, phase = list[Line](), ""
    roles, regular = defaultdict[str, list[str]](list), dict[str, str]()
    for event in events:
        result, move = None, ""
        if accepted := event.get(ACCEPTED):
            message = _first(accepted["acceptedRequest"]["input"]["args"])
            roles[message["move"]].append(message["role"])
        elif (scheduled := event.get(SCHEDULED)) and scheduled["activityType"]["name"] == STEP:
            regular[event["eventId"]] = _first(scheduled["input"])["move"]
        elif completed := event.get(COMPLETED):
            move, result = regular.get(completed["scheduledEventId"], ""), _first(completed["result"])
        elif (marker := event.get(MARKER)) and "result" in marker["details"]:
            result = _first(marker["details"]["result"])
            if _first(marker["details"]["data"])["activity_type"] == STEP:
                move = _decoded(event["userMetadata"]["summary"])
        if move and isinstance(result, dict) and not result["conflict"]:
            role = roles[move].pop(0) if roles[move] else Role.SYSTEM.value
            if result["outcome"]["done"]:
                lines.append((phase, move, role))
        phase = _phase_of(result) or phase
    return lines


def activities_of(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names of the activities that a run called, local and regular."""
    names = set[str]()
    for event in events:
        if scheduled := event.get(SCHEDULED):
            names.add(scheduled["activityType"]["name"])
        elif (marker := event.get(MARKER)) and marker["markerName"] == LOCAL_ACTIVITY:
            names.add(_first(marker["details"]["data"])["activity_type"])
    return names


def _phase_of(result: Any) -> str:
    """What a step, or the reading of the row, says."""
    view = result.get("view", result) if isinstance(result, dict) else {}
    return str(view.get("phase", ""))


def _first(payloads: Mapping[str, Any]) -> Any:
    return _decoded(payloads["payloads"][0])


def _decoded(payload: Mapping[str, str]) -> Any:
    return json.loads(base64.b64decode(payload["data"]))
