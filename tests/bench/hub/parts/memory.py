"""What an idle connection costs the server's process: how its resident memory grows, in KiB for each."""

import re
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.hub.audience import seated
from tests.bench.hub.competitors import doorbell, measured_if_it_can_be, present
from tests.bench.hub.stage import Site, Sizes

# The first ones pay for what all share.
FIRST = 50


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    """Ours are subscribed to one topic each, stock Channels' to one group."""
    topics = [f"open:idle-{number}" for number in range(sizes.idle)]
    found = {}
    for name, serve in (present() | {"doorbell": partial(doorbell.serve, topics=topics)}).items():
        with (
            measured_if_it_can_be(name),
            serve(site) as served,
            seated(served.entrance, served.control, FIRST),
        ):
            before = _resident_kib(served.pids["server"])
            with seated(served.entrance, served.control, sizes.idle):
                time.sleep(sizes.settles_s)
                found[name] = round((_resident_kib(served.pids["server"]) - before) / sizes.idle, 1)
    return {"memory_kib_per_connection": found, "memory_connections": sizes.idle}


def _resident_kib(pid: int) -> int:
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0])
