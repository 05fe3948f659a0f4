"""The ASGI application: HTTP through Django, sockets through the hub."""

import os
from importlib import import_module
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

http_application: Any = get_asgi_application()
OVERRIDE = b"x-http-method-override"
CLIENT_ASSETS = "/app/assets/"
"""Their names have their hashes: they never change."""

from django.conf import settings
from servestatic import ServeStaticASGI

# All that is served here, before anybody asks for it: pages take a second to import. For sockets alone there are none.
import_module(settings.ROOT_URLCONF)

if settings.ENVIRONMENT.serve_static and settings.STATIC_ROOT.is_dir():
    # Around Django, not in MIDDLEWARE: a file costs no request its chain.
    http_application = ServeStaticASGI(
        http_application,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        immutable_file_test=lambda path, url: url.startswith(CLIENT_ASSETS),
    )
    # Beside its document: uni-app asks for them there.
    if (client := settings.STATIC_ROOT / "client").is_dir():
        http_application.add_files(client, prefix="/app/")


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A mini program has no PATCH: a POST that says it is one is."""
    if scope["method"] == "POST" and (OVERRIDE, b"PATCH") in scope["headers"]:
        scope = {**scope, "method": "PATCH"}
    await http_application(scope, receive, send)


async def refuse_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers 403 to a handshake: this process serves HTTP only, or there is nothing at this path."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


def _socket_application() -> Any:
    if settings.SERVE == "http":
        return refuse_socket
    from hub.asgi import application as hub_application

    return hub_application


socket_application = _socket_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """HTTP and WebSocket scopes; Daphne sends no others."""
    if scope["type"] == "websocket":
        await socket_application(scope, receive, send)
    else:
        await http(scope, receive, send)
