from django.apps import AppConfig


class PhotosConfig(AppConfig):
    name = "web.photos"
    label = "photos"
    verbose_name = "照片"
    default_auto_field = "django.db.models.BigAutoField"
