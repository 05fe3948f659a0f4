"""Who is measured: each a server with its publisher, in its documented configuration."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.bench.hub.competitors import bare_websockets, centrifuge, channels, doorbell
from tests.bench.hub.stage import Served, Site

Serve = Callable[[Site], AbstractContextManager[Served]]

UNCOMPRESSED = "websockets_uncompressed"
CENTRIFUGE = "centrifuge"


def present() -> dict[str, Serve]:
    """By name; a server on the centrifuge library only where CENTRIFUGE_BIN names one."""
    found: dict[str, Serve] = {
        "doorbell": doorbell.serve,
        "channels": channels.serve,
        "websockets": partial(bare_websockets.serve, options={}),
        UNCOMPRESSED: partial(bare_websockets.serve, options={"compression": None}),
    }
    return found | ({CENTRIFUGE: centrifuge.serve} if os.environ.get("CENTRIFUGE_BIN") else {})


@contextmanager
def measured_if_it_can_be(name: str) -> Iterator[None]:
    """Of the server that CENTRIFUGE_BIN names nothing is known: what fails with it is told, and the rest goes on."""
    try:
        yield
    except Exception as error:
        if name != CENTRIFUGE:
            raise
        print(f"{CENTRIFUGE} is not measured: {error!r}", file=sys.stderr)
