from django.apps import AppConfig
from django.contrib.admin import apps as admin


class OpsConfig(AppConfig):
    """The back office: what its pages have in common. The pages themselves are each app's `admin.py`."""

    name = "web.ops"
    label = "ops"
    verbose_name = "运营后台"


class BackOffice(admin.AdminConfig):
    """Django's admin, with our site in place of its own."""

    default = False
    default_site = "web.ops.site.OpsSite"
