"""Stock Channels as its documentation has it: `group_send` through channels_redis' layer to an
AsyncWebsocketConsumer on Daphne (tests/hub/notes/stock.py)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.hub.audience import Entrance
from tests.bench.hub.pace import Control, Pace, event
from tests.bench.hub.project import ENVIRONMENT
from tests.bench.hub.stage import Served, Site, pid_of, publisher
from tests.hub.stack import DaphneServer

# Saturated, not drowned: of more than 100 messages that wait the layer drops some.
WINDOW = 10


@contextmanager
def serve(site: Site) -> Iterator[Served]:
    control, server = Control(), DaphneServer(site.folder, name="channels", env=ENVIRONMENT)
    server.start()
    url = server.url.replace("/connection/websocket", "/stock")
    try:
        with publisher(publish, control) as pid:
            yield Served(Entrance(url, ("event",)), control, {"server": pid_of(server), "publisher": pid})
    finally:
        server.end()


def publish(control: Control) -> None:
    import django

    django.setup()
    from channels.layers import get_channel_layer

    async def run() -> None:
        layer, pace = get_channel_layer(), Pace(control, window=WINDOW)
        while True:
            if pace.due():
                await layer.group_send("bench", {"type": "bench.event", "text": event()})
            else:
                await asyncio.sleep(pace.pause_s)

    asyncio.run(run())
