from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin


class OpsConfig(AppConfig):
    """The back office: what its pages have in common. The pages themselves are each app's `admin.py`."""

    name = "web.ops"
    label = "ops"
    verbose_name = "运营后台"

    def ready(self) -> None:
        """Columns are called in Chinese wherever Django shows them. No migration sees it: those keep what a field was
        given, and this is what it shows.
        """
        from web.ops.labels import LABELS

        for model in apps.get_models():
            if model.__module__.startswith("web."):
                for field in model._meta.fields:
                    field.verbose_name = LABELS.get(field.name, field.verbose_name)


class BackOffice(admin.SimpleAdminConfig):
    """Django's admin, with our site in place of its own. Its pages are found by `web.ops.urls`."""

    default = False
    default_site = "web.ops.site.OpsSite"
