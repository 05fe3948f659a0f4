"""HTTP and the hub in processes of their own, as docker-compose runs them: what one causes, the other pushes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from config.home import CLONE
from config.stack.embedded import Stack
from config.stack.ports import http_get
from config.stack.processes import wait_until
from tests.hub.client import opened
from tests.world.people import Person
from web.accounts.phones import mobile

SOCKETS = "/connection/websocket"
WORKERS = json.loads((CLONE / "web/demo/data/workers.json").read_text(encoding="utf-8"))["workers"]


@pytest.fixture(scope="module")
def addresses(own: Stack) -> Iterator[dict[str, str]]:
    """Of one process that serves HTTP only, and one that serves sockets only."""
    own.manage("seed_demo")
    started = {kind: own.start_server(f"{kind}-only", environment={"DOORBELL_SERVE": kind}) for kind in ("http", "hub")}
    yield started
    own.processes.stop("http-only", "hub-only")


async def test_a_change_at_the_one_is_heard_at_the_other(addresses: dict[str, str]) -> None:
    worker = Person(addresses["http"])
    await worker.sign_in(mobile(WORKERS[0]["phone"]))
    token = (await worker.post("/api/hub/token", key=None))["token"]
    async with opened(addresses["hub"].replace("http", "ws", 1) + SOCKETS, token) as socket:
        await socket.do("subscribe", channel=f"worker:{worker.id}")
        await worker.put("/api/worker/duty", {"on_duty": True})
        envelope = (await socket.publication())["data"]
        assert (envelope["type"], envelope["data"]["worker"]["state"]) == ("worker.changed", "on_duty")
        # A sign-out at the one closes the sockets at the other.
        await worker.http.post("/api/auth/logout", json={})
        assert await socket.closed() == 3503
    await worker.close()


async def test_the_one_for_http_refuses_sockets(addresses: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(addresses["http"].replace("http", "ws", 1) + SOCKETS, proxy=None):
            pass
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/api/docs", "/api/me", "/board/", "/board/login", "/"])
def test_the_one_for_sockets_has_no_api_and_no_page(addresses: dict[str, str], path: str) -> None:
    assert http_get(addresses["hub"] + path, timeout_s=5)[0] == 404


@pytest.mark.parametrize(
    ("kind", "module", "has_pages"),
    [("http", "config.asgi", True), ("hub", "config.asgi", False), ("all", "workflows.worker", False)],
)
def test_only_who_serves_http_imports_the_pages_of_the_back_office(kind: str, module: str, has_pages: bool) -> None:
    program = f"import {module}, sys; print('web.ops.urls' in sys.modules, 'web.catalog.admin' in sys.modules)"
    environment = os.environ | {"DOORBELL_SERVE": kind}
    done = subprocess.run([sys.executable, "-c", program], cwd=CLONE, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == [str(has_pages)] * 2, done.stderr[-2_000:]


@pytest.mark.parametrize("kind", ["http", "hub"])
def test_both_answer_for_their_health(addresses: dict[str, str], kind: str) -> None:
    assert http_get(addresses[kind] + "/healthz", timeout_s=5) == (200, b"ok")
    # On a busy machine a part may not answer within its two seconds at first.
    wait_until(lambda: http_get(addresses[kind] + "/readyz", timeout_s=6)[0] == 200, what="readiness")
