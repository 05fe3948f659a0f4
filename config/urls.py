"""Every address of the HTTP side."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

# A hub process answers sockets and its health, nothing else.
if settings.SERVE != "hub":
    from web.api import api

    urlpatterns += [
        path("api/", api.urls),
        path("board/", include("web.board.urls")),
    ]
