from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "web.payments"
    label = "payments"
    verbose_name = "支付"
    default_auto_field = "django.db.models.BigAutoField"
