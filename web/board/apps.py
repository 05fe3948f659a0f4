from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "web.board"
    label = "board"
    verbose_name = "调度看板"
    default_auto_field = "django.db.models.BigAutoField"
