"""A story that was changed without `workflow.patched`: what the replay test is there to catch."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.messages import OrderState
    from workflows.order import OrderWorkflow


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
