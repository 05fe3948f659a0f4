from django.apps import AppConfig


class NotesConfig(AppConfig):
    name = "tests.hub.notes"
    label = "notes"

    def ready(self) -> None:
        from tests.hub.notes import topics

        topics.register()
