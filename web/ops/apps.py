from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin import apps as admin
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


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

    def ready(self) -> None:
        """Its checks, of all pages, whichever check comes first."""
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    import_module(settings.ROOT_URLCONF)
    found: Sequence[checks.CheckMessage] = check_admin_app(app_configs, **kwargs)
    return found
