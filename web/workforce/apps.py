from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "web.workforce"
    label = "workforce"
    verbose_name = "服务人员"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declares who may read which topic."""
        from web.workforce import topics  # noqa: F401
