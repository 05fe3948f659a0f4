"""Every address of the HTTP side."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

if settings.SERVE != "http":
    from hub import views

    urlpatterns.append(path("metrics", views.metrics))

# A hub process answers sockets, its health and its metrics, nothing else.
if settings.SERVE != "hub":
    from web.api import api
    from web.photos.views import picture

    # Not permanent: browsers would remember it.
    to_the_board = RedirectView.as_view(pattern_name="board:home")
    urlpatterns += [
        path("", to_the_board),
        path("board", to_the_board),
        path("api/", api.urls),
        path("app", RedirectView.as_view(url="/app/")),
        path("app/", include("web.client.urls")),
        path("board/", include("web.board.urls")),
        path("ops", RedirectView.as_view(url="/ops/")),
        path("ops/", include("web.ops.urls")),
        re_path(r"^media/pictures/(?P<folder>[0-9a-f]{2})/(?P<file>[0-9a-f]{32}-[0-9]{3}\.webp)$", picture),
    ]
