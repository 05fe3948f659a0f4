import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.hub.notes.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402

from hub.asgi import application as hub_application  # noqa: E402
from tests.hub.notes.stock import StockConsumer  # noqa: E402

routes: list[Any] = [("connection/websocket", hub_application), ("stock", StockConsumer.as_asgi())]
sockets = URLRouter([path(where, what) for where, what in routes])
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": sockets})
