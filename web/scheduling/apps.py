from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "web.scheduling"
    label = "scheduling"
    verbose_name = "排期"
    default_auto_field = "django.db.models.BigAutoField"
