"""The message centre's rounds as a scheduled workflow: every three seconds, one at a time."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.activities.sending import send_messages
    from workflows.messages import SendReport

EVERY = timedelta(seconds=3)


@workflow.defn(name="send")
class SendWorkflow:
    """One round. It fails quietly: the rows say what is left, and the next one comes in three seconds."""

    @workflow.run
    async def run(self) -> SendReport:
        """Returns what was found."""
        return await workflow.execute_activity(
            send_messages,
            start_to_close_timeout=timedelta(seconds=60),
            heartbeat_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
