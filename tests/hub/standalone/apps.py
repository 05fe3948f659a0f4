from typing import Any

from django.apps import AppConfig

import hub


def anybody(identity: hub.Identity, name: str) -> bool:
    return True


class StandaloneConfig(AppConfig):
    name = "tests.hub.standalone"
    label = "standalone"

    def ready(self) -> None:
        open_to_all: dict[str, Any] = {
            "kind": hub.ORDERED,
            "may_read": anybody,
            "may_publish": anybody,
            "history": True,
            "presence": True,
            "join_leave": True,
            "keep_s": 300,
        }
        hub.topics.register(pattern="smallhistory:{name:rest}", keep_events=2, **open_to_all)
        hub.topics.register(pattern="{name:rest}", keep_events=100, **open_to_all)
