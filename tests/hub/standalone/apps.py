from django.apps import AppConfig


class StandaloneConfig(AppConfig):
    name = "tests.hub.standalone"
    label = "standalone"

    def ready(self) -> None:
        from tests.hub.standalone import topics

        topics.register()
