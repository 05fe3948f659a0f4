from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "web.accounts"
    label = "accounts"
    verbose_name = "账户"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declares who may read which topic."""
        from web.accounts import topics  # noqa: F401
