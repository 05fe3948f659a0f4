"""What is measured: each part takes the site and the sizes, and answers keys of the result."""

from collections.abc import Callable
from typing import Any

from tests.bench.hub.parts import growth, http_beside_push, many_topics, memory, publish, recovery, saturation
from tests.bench.hub.stage import Site, Sizes

PARTS: dict[str, Callable[[Site, Sizes], dict[str, Any]]] = {
    "saturation": saturation.run,
    "many_topics": many_topics.run,
    "publish": publish.run,
    "memory": memory.run,
    "http": http_beside_push.run,
    "recovery": recovery.run,
    "growth": growth.run,
}
