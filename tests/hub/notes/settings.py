"""The smallest Django project that has a hub. It imports nothing of Doorbell: the hub is a reusable app.

DATABASE_URL (postgresql://user@/name?host=/socket/folder) and REDIS_URL say where the services are.
"""

import json
import os

import dj_database_url

SECRET_KEY = "notes"
INSTALLED_APPS = ["hub", "tests.hub.notes"]
DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL", "postgresql://postgres@/hub"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.hub.notes.urls"

HUB_REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
HUB_REDIS_PREFIX = os.environ.get("REDIS_PREFIX", "hub")
HUB_KEYS = ("a-key-of-thirty-two-bytes-for-tests", "an-older-key-of-thirty-two-bytes-too")
HUB_SOURCE = "/notes"
# Tests start servers with other settings: a JSON object.
globals().update(json.loads(os.environ.get("NOTES_SETTINGS", "{}")))

# Only for the comparison with stock Channels; the hub makes its own layer.
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [HUB_REDIS_URL]}},
}
