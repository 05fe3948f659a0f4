from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "web.catalog"
    label = "catalog"
    verbose_name = "服务目录"
    default_auto_field = "django.db.models.BigAutoField"
