"""The notes project with HTTP beside its hub, and for stock Channels."""

from tests.hub.notes.settings import *  # noqa: F403
from tests.hub.notes.settings import CHANNEL_LAYERS, DATABASES, HUB_REDIS_URL

# Each request has a thread of its own.
DATABASES["default"]["OPTIONS"] = {**DATABASES["default"].get("OPTIONS", {}), "pool": {"min_size": 2, "max_size": 10}}
ROOT_URLCONF = "tests.bench.hub.project.urls"
ALLOWED_HOSTS = ["*"]
# redis-py (8.1) gives up after 5 s by itself, which is as long as the layer waits for a message: as documented, an idle
# consumer would be ended by it.
CHANNEL_LAYERS["default"]["CONFIG"] = {"hosts": [{"address": HUB_REDIS_URL, "socket_timeout": None}]}
