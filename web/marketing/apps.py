from django.apps import AppConfig


class MarketingConfig(AppConfig):
    name = "web.marketing"
    label = "marketing"
    verbose_name = "营销"
    default_auto_field = "django.db.models.BigAutoField"
