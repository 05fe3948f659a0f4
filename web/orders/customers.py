"""Reading what a customer has ordered: what campaigns, coupons and points ask of him."""

from web.orders.models import Order


def has_paid(customer_id: int) -> bool:
    """Whether he ever paid for an order, whatever became of it; what was free does not count."""
    return Order.objects.filter(customer_id=customer_id, paid_at__isnull=False, payment_due__isnull=False).exists()
