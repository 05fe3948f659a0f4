"""A Django project that has a hub and nothing else: whoever comes may read and publish.

`make hub-standalone` runs it; DATABASE_URL and REDIS_URL say where PostgreSQL and Redis are.
"""

import os

import dj_database_url

SECRET_KEY = "standalone"
INSTALLED_APPS = ["hub", "tests.hub.standalone"]
ROOT_URLCONF = "tests.hub.standalone.urls"
# What clients publish goes through threads: with a pool they share their connections.
DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL", "postgresql://postgres@/hub"))}
DATABASES["default"]["OPTIONS"] = {**DATABASES["default"].get("OPTIONS", {}), "pool": {"min_size": 0, "max_size": 16}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ALLOWED_HOSTS = ["*"]

HUB_REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
HUB_REDIS_PREFIX = "standalone"
HUB_KEYS = ("secret",)
HUB_TOKEN_AUDIENCE = None
HUB_ALLOW_ANONYMOUS = True
