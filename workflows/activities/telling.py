"""A machine's message to an order: signalled, and where the order's actor was never started, started with it."""

from asgiref.sync import sync_to_async
from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from web.orders import selectors
from workflows.messages import OrderNews


@activity.defn
async def tell_order(news: OrderNews) -> None:
    """Signal the order's actor. An order that is through needs no message; one without an actor gets it with its
    message.
    """
    # Here and not above: the client imports the workflows, and these import their activities.
    from workflows import client

    try:
        await client.signal_order(news)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if await sync_to_async(selectors.is_open)(news.order_id):
            await client.start_order_with(news)
