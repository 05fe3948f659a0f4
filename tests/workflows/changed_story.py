"""A story that was changed: under `workflow.patched`, as a deployment does it; the one after that, when no run of the
old story is left; and without it, as it stays, which before those two the replay test is there to catch.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.messages import OrderState
    from workflows.order import OrderWorkflow

PATCH = "reads twice"


@workflow.defn(name="order")
class OrderThatReadsTwice(OrderWorkflow):
    """Reads the row once more before it waits for the worker to set out."""

    @workflow.init
    def __init__(self, start: OrderState) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: OrderState) -> str:
        """As before."""
        return await super().run(start)

    async def _accepted(self) -> None:
        await self._read_row()
        await super()._accepted()


@workflow.defn(name="order")
class OrderThatReadsTwiceFromNowOn(OrderWorkflow):
    """The same change under a patch: who ran before it goes on as he was."""

    @workflow.init
    def __init__(self, start: OrderState) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: OrderState) -> str:
        """As before."""
        return await super().run(start)

    async def _accepted(self) -> None:
        if workflow.patched(PATCH):
            await self._read_row()
        await super()._accepted()


@workflow.defn(name="order")
class OrderThatHasAlwaysReadTwice(OrderWorkflow):
    """The patch is on its way out: every run has it."""

    @workflow.init
    def __init__(self, start: OrderState) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: OrderState) -> str:
        """As before."""
        return await super().run(start)

    async def _accepted(self) -> None:
        workflow.deprecate_patch(PATCH)
        await self._read_row()
        await super()._accepted()


STORIES: dict[str, type[OrderWorkflow]] = {
    "patched": OrderThatReadsTwiceFromNowOn,
    "deprecated": OrderThatHasAlwaysReadTwice,
    "plain": OrderThatReadsTwice,
}
"""By the name that a worker process of the tests is given (tests/faults/trapped_worker.py)."""
