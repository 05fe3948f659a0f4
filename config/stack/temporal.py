"""The embedded Temporal: the CLI's dev server, a child of ours. For demo and tests, not for production."""

import json
from dataclasses import dataclass
from pathlib import Path

from config.stack.ports import HOST, answers
from config.stack.processes import Child, Processes, wait_until

NAME = "temporal"
SEARCH_ATTRIBUTES = {"phase": "Keyword", "city": "Keyword", "needs_ops": "Bool"}
DYNAMIC_CONFIG: dict[str, int | str] = {
    # The default of 10 Updates in flight on one order makes 抢单 crawl: 500 grabs took 16.8 s instead of 0.4 s.
    "history.maxInFlightUpdates": 1000,
    # A task that was lost more than three times waits longer each time, ten minutes at most: so long an order stood
    # still after workers that had crashed again and again were well.
    "history.workflowTaskRetryMaxInterval": "5s",
}
"""Also what a server of one's own needs: config/compose/temporal-dynamic.yaml has the same."""


@dataclass(frozen=True)
class EmbeddedTemporal:
    address: str
    ui: str | None
    child: Child

    def wait(self) -> None:
        # The port opens when the namespace and the search attributes are there.
        wait_until(lambda: answers(self.address), what="Temporal", child=self.child, timeout_s=60)


def start(
    processes: Processes, home: Path, *, binary: Path, port: int, ui_port: int | None, ephemeral: bool
) -> EmbeddedTemporal:
    """Start the dev server without waiting for it; `ui_port` None leaves its page away."""
    folder = home / NAME
    folder.mkdir(parents=True, exist_ok=True)
    # Without WAL an Update with a local activity took 18 ms instead of 12.
    pragmas = {"journal_mode": "WAL", "synchronous": "OFF" if ephemeral else "NORMAL"}
    command = [str(binary), "server", "start-dev", "--ip", HOST, "--port", str(port)]
    command += ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
    command += ["--db-filename", str(folder / "temporal.db"), "--log-level", "warn"]
    for name, value in pragmas.items():
        command += ["--sqlite-pragma", f"{name}={value}"]
    for name, limit in DYNAMIC_CONFIG.items():
        command += ["--dynamic-config-value", f"{name}={json.dumps(limit)}"]
    for name, value in SEARCH_ATTRIBUTES.items():
        command += ["--search-attribute", f"{name}={value}"]
    child = processes.start(NAME, command, grace_s=10)
    return EmbeddedTemporal(f"{HOST}:{port}", f"http://{HOST}:{ui_port}" if ui_port else None, child)
