"""Money's activities. Calls to a gateway are regular ones, never local: they leave the machine and may take their
time.
"""

from temporalio import activity

from web.errors import DoorbellError
from web.payments import selectors, services
from web.payments.gateways import gateway_for, payment_number, refund_number
from workflows.messages import PaymentNews


@activity.defn(no_thread_cancel_exception=True)
def open_at_gateway(payment_id: int) -> str:
    """Open the trade at the gateway; returns its number there."""
    payment = selectors.payment(payment_id)
    return gateway_for(payment.channel).open(out_number=payment_number(payment_id), amount_fen=payment.amount_fen)


@activity.defn(no_thread_cancel_exception=True)
def close_at_gateway(payment_id: int) -> bool:
    """Close an unpaid trade. False when the customer had paid first: its message is on the way."""
    payment = selectors.payment(payment_id)
    return gateway_for(payment.channel).close(out_number=payment_number(payment_id))


@activity.defn(no_thread_cancel_exception=True)
def record_payment(message_id: int) -> PaymentNews:
    """Book what the gateway said."""
    try:
        recorded = services.record_payment(message_id=message_id)
    except DoorbellError as error:
        return PaymentNews(order_id=0, code=error.code)
    return PaymentNews(order_id=recorded.order_id, refund_id=recorded.refund_id)


@activity.defn(no_thread_cancel_exception=True)
def send_refund(refund_id: int) -> str:
    """Ask the gateway to give the money back; returns its number of the refund."""
    refund = selectors.refund(refund_id)
    gateway = gateway_for(refund.payment.channel)
    return gateway.refund(out_number=refund_number(refund_id), amount_fen=refund.amount_fen)


@activity.defn(no_thread_cancel_exception=True)
def park_refund(refund_id: int) -> int:
    """Mark a refund that keeps failing; returns the order's id."""
    return services.park_refund(refund_id=refund_id)


@activity.defn(no_thread_cancel_exception=True)
def record_refund(refund_id: int, gateway_no: str) -> int:
    """Book the refund; returns the order's id."""
    return services.record_refund(refund_id=refund_id, gateway_no=gateway_no)
