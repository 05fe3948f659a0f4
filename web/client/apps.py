from django.apps import AppConfig


class ClientConfig(AppConfig):
    name = "web.client"
    label = "client"
    verbose_name = "用户端与服务人员端"
    default_auto_field = "django.db.models.BigAutoField"
