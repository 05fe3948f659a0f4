"""An activity that fails for a minute is told of: by time, and once a minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from workflows.activities.interceptor import PlainFailures, Told


class Failing(ActivityInboundInterceptor):
    """An activity that never succeeds."""

    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        raise RuntimeError("13800138000 is in the database's text")


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "at_s", {})


async def told(*, since_s: float, attempt: int = 9, workflow: str = "order:7") -> list[dict[str, Any]]:
    """What is logged about an attempt of an activity that was first asked for so long ago."""
    environment = ActivityEnvironment()
    scheduled = datetime.now(UTC) - timedelta(seconds=since_s)
    environment.info = replace(environment.info, scheduled_time=scheduled, attempt=attempt, workflow_id=workflow)

    async def attempted() -> None:
        input = ExecuteActivityInput(fn=lambda: None, args=(), executor=None, headers={})
        await PlainFailures().intercept_activity(Failing()).execute_activity(input)

    with (
        capture_logs() as lines,
        pytest.raises(ApplicationError, match=r"builtins\.RuntimeError"),
    ):
        await environment.run(attempted)
    return [dict(line) for line in lines if line["event"] == "an activity is stuck"]


@pytest.mark.parametrize(("since_s", "times"), [(1, 0), (58, 0), (61, 1), (3600, 1)])
async def test_it_is_stuck_after_a_minute_however_few_its_attempts(since_s: float, times: int) -> None:
    assert len(await told(since_s=since_s, attempt=2)) == times


async def test_many_attempts_of_a_short_time_are_not_stuck() -> None:
    assert await told(since_s=10, attempt=30) == []


async def test_it_is_told_once_a_minute() -> None:
    counts = []
    for _ in range(65):
        counts.append(len(await told(since_s=61)))
        # Two seconds later.
        Told.at_s = {key: at_s - 2 for key, at_s in Told.at_s.items()}
    assert sum(counts) == 3


async def test_each_order_is_told_of() -> None:
    assert [len(await told(since_s=61, workflow=f"order:{n}")) for n in (1, 2, 1)] == [1, 1, 0]


async def test_the_line_says_which_and_since_when() -> None:
    (line,) = await told(since_s=90)
    assert (line["workflow"], line["attempt"], line["since_s"], line["log_level"]) == ("order:7", 9, 90, "error")
