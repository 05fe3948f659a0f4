"""A trial is worked out by a workflow: once, and by the sweep's help where whoever asked was cut off."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from temporalio import workflow
from temporalio.exceptions import ActivityError

from tests.web.people import make_staff
from tests.world.town import Town, in_database
from tests.world.waiting import until
from web.marketing.models import WhatIfRun
from web.marketing.services.what_ifs import ask_what_if
from web.marketing.what_if import PricingTrial
from workflows.activities import what_ifs
from workflows.messages import REPORT_QUEUE, what_if_workflow_id
from workflows.what_if import WhatIfWorkflow

pytestmark = pytest.mark.django_db


async def test_a_trial_that_nobody_started_is_worked_out_all_the_same(town: Town) -> None:
    run_id = await in_database(asked)
    await until(lambda: in_database(is_done, run_id), within_s=town.patience_s)
    assert (await in_database(row, run_id)).result == {
        "orders": 0,
        "changed": 0,
        "customers_change_fen": 0,
        "platform_change_fen": 0,
        "workers_change_fen": 0,
        "left_out": 0,
    }
    client = await town.temporal()
    described = await client.get_workflow_handle(what_if_workflow_id(run_id)).describe()
    assert (described.task_queue, described.workflow_type) == (REPORT_QUEUE, "what-if")


async def test_one_that_fails_for_good_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = list[tuple[Any, int]]()

    async def execute(work: Any, run_id: int, **_: Any) -> None:
        asked_for.append((work, run_id))
        if work is what_ifs.replay_month:
            raise ActivityError(
                "no",
                scheduled_event_id=1,
                started_event_id=2,
                identity="",
                activity_type="replay_month",
                activity_id="1",
                retry_state=None,
            )

    monkeypatch.setattr(workflow, "execute_activity", execute)
    await WhatIfWorkflow().run(7)
    assert asked_for == [(what_ifs.replay_month, 7), (what_ifs.give_up, 7)]


def asked() -> int:
    """So long ago that the sweep takes it for forgotten."""
    run = ask_what_if(actor=make_staff(), trial=PricingTrial.model_validate({"terms": {}}))
    WhatIfRun.objects.filter(pk=run.pk).update(asked_at=timezone.now() - timedelta(minutes=1))
    return run.pk


def is_done(run_id: int) -> bool:
    return WhatIfRun.objects.filter(pk=run_id, done_at__isnull=False).exists()


def row(run_id: int) -> WhatIfRun:
    return WhatIfRun.objects.get(pk=run_id)
