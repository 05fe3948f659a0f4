"""Money's activities. Calls to a gateway are regular ones, never local: they leave the machine and may take their
time.
"""

from temporalio import activity

from web.errors import DoorbellError
from web.orders import selectors as orders
from web.orders.services import alarm_stuck_money
from web.payments import selectors, services
from web.payments.gateways import Contradiction, gateway_for, payment_number, refund_number
from workflows.messages import PaymentNews


@activity.defn(no_thread_cancel_exception=True)
def open_at_gateway(payment_id: int) -> str:
    """Open the trade at the gateway; returns its number there."""
    payment = selectors.payment(payment_id)
    return gateway_for(payment.channel).open(out_number=payment_number(payment_id), amount_fen=payment.amount_fen)


@activity.defn(no_thread_cancel_exception=True)
def close_at_gateway(payment_id: int) -> int | None:
    """Close an unpaid trade. Where the customer had paid first: the id of the inbox's row that says what, because the
    gateway's own message may be lost. Raises Contradiction where the gateway says now that he has not.
    """
    payment = selectors.payment(payment_id)
    if not gateway_for(payment.channel).close(out_number=payment_number(payment_id)):
        return services.ask_gateway(payment_id=payment_id).pk
    if payment.needs_ops:
        alarm_stuck_money(order_id=services.unpark_payment(payment_id=payment_id))
    return None


@activity.defn(no_thread_cancel_exception=True)
def park_payment(payment_id: int) -> None:
    """Show people that its gateway does not say whether it was paid."""
    alarm_stuck_money(order_id=services.park_payment(payment_id=payment_id))


@activity.defn(no_thread_cancel_exception=True)
def record_payment(message_id: int) -> PaymentNews:
    """Book what the gateway said; what cannot be booked, people see."""
    order_id = selectors.order_of(message_id)
    quiet_s = orders.policies_of(orders.order_now(order_id)).payment.refund_quiet_s
    try:
        recorded = services.record_payment(message_id=message_id)
        news = PaymentNews(order_id=order_id, refund_id=recorded.refund_id, refund_quiet_s=quiet_s)
        if recorded.purpose == services.TIP:
            news.signal = "tip_arrived"
    except DoorbellError as error:
        news = PaymentNews(order_id=order_id, code=error.code)
    alarm_stuck_money(order_id=order_id)
    return news


@activity.defn(no_thread_cancel_exception=True)
def send_refund(refund_id: int) -> str:
    """Ask the gateway to give the money back; returns its number of the refund.

    What it answers is not believed before it says the same when asked. Raises Contradiction when it does not.
    """
    refund = selectors.refund(refund_id)
    gateway, number = gateway_for(refund.payment.channel), refund_number(refund_id)
    gateway.refund(
        out_number=payment_number(refund.payment.pk),
        out_refund_number=number,
        total_fen=refund.payment.amount_fen,
        refund_fen=refund.amount_fen,
    )
    given = gateway.query_refund(out_refund_number=number)
    if given is None or given.amount_fen != refund.amount_fen:
        raise Contradiction(f"refund {refund_id}")
    return given.number


@activity.defn(no_thread_cancel_exception=True)
def park_refund(refund_id: int) -> int:
    """Mark a refund that keeps failing, and show it to people; returns the order's id."""
    order_id = services.park_refund(refund_id=refund_id)
    alarm_stuck_money(order_id=order_id)
    return order_id


@activity.defn(no_thread_cancel_exception=True)
def record_refund(refund_id: int, gateway_no: str) -> int:
    """Book the refund, and let people know that it needs them no more; returns the order's id."""
    order_id = services.record_refund(refund_id=refund_id, gateway_no=gateway_no)
    alarm_stuck_money(order_id=order_id)
    return order_id
