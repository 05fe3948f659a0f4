import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.hub.standalone.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402

from hub.routing import websocket_urlpatterns  # noqa: E402
from tests.hub.standalone.stock import StockConsumer  # noqa: E402

sockets = URLRouter([*websocket_urlpatterns, path("stock", StockConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": sockets})
