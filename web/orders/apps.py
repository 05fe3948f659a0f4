from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "web.orders"
    label = "orders"
    verbose_name = "订单"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the hub about the order's topics."""
        from web.orders import topics

        topics.register()
