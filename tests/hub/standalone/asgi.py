import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.hub.standalone.settings")
django.setup()

from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

from hub.asgi import application as hub_application  # noqa: E402

application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": hub_application})
