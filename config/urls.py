"""Every address of the HTTP side."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

# A hub process answers sockets and its health, nothing else.
if settings.SERVE != "hub":
    if find_spec("web.api"):
        from web.api import api

        urlpatterns.append(path("api/", api.urls))
    if find_spec("web.board.urls"):
        urlpatterns.append(path("board/", include("web.board.urls")))
