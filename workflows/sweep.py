"""The sweep as a scheduled workflow: every five seconds, one at a time."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.activities.sweeping import sweep
    from workflows.messages import SweepReport

EVERY = timedelta(seconds=5)


@workflow.defn(name="sweep")
class SweepWorkflow:
    """One sweep. It fails quietly: the next one comes in five seconds."""

    @workflow.run
    async def run(self) -> SweepReport:
        """Returns what was found."""
        return await workflow.execute_activity(
            sweep,
            start_to_close_timeout=timedelta(seconds=90),
            # The next sweep waits for this one: without a pulse, a killed process would stop them for a minute.
            heartbeat_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
