"""The pages of orders, and of the terms that they are bought under."""

from web.orders.admin import orders, policies

__all__ = ["orders", "policies"]
