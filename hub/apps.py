"""What Django knows the hub by. Guarantees nothing, and starts nothing."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    label = "hub"
