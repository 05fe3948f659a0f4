"""`tell()`: how a workflow of money says its news to the order's."""

from temporalio import workflow

from workflows.gateway import GATEWAY_TIMEOUT
from workflows.messages import OrderNews
from workflows.step import MISSED_AFTER

with workflow.unsafe.imports_passed_through():
    from workflows.activities.telling import tell_order


async def tell(news: OrderNews) -> None:
    """Until the order's actor has it."""
    await workflow.execute_activity(
        tell_order,
        news,
        start_to_close_timeout=GATEWAY_TIMEOUT,
        heartbeat_timeout=MISSED_AFTER,
        summary=f"告知订单 {news.signal}",
    )
