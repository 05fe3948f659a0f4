"""A workflow task that is lost again and again, as by a release whose workers crash: what a good worker then finds is
not put off for minutes.
"""

import itertools
import time
from datetime import timedelta
from uuid import uuid4

from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest

from tests.faults.town import FaultyTown

TASK_TIMEOUT = timedelta(seconds=1)
LOST = 6
LONGEST_S = 8.0
"""A second, five more from the fourth on, and the time that a busy machine takes. By Temporal's default it would be 11
and 17 s, and go on to ten minutes.
"""


async def test_the_next_attempt_is_never_far(town: FaultyTown) -> None:
    client, queue = await town.temporal(), uuid4().hex
    ask = PollWorkflowTaskQueueRequest(namespace="default", task_queue=TaskQueue(name=queue), identity="dies")
    handle = await client.start_workflow("nobody's", id=queue, task_queue=queue, task_timeout=TASK_TIMEOUT)
    try:
        came = dict[int, float]()
        while len(came) <= LOST:
            task = await client.workflow_service.poll_workflow_task_queue(ask)
            came[task.attempt] = time.monotonic()
    finally:
        await handle.terminate()
    waits = [later - earlier for earlier, later in itertools.pairwise(came.values())]
    assert max(waits) <= LONGEST_S, f"waited {', '.join(f'{wait:.1f}' for wait in waits)} s"
