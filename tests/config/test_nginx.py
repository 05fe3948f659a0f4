"""config/compose/nginx.conf.template on a real nginx, where there is one: who gets what, who is believed, how many."""

import http.client
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.home import CLONE
from config.stack.ports import HOST, answers, free_port
from config.stack.processes import Processes, wait_until

TEMPLATE = CLONE / "config" / "compose" / "nginx.conf.template"
NOBODY = "192.0.2.1/32"
Front = Callable[..., int]

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or os.geteuid() != 0, reason="no nginx, or none that we may start"
)


class Backend(ThreadingHTTPServer):
    """Answers with what it was asked; at /slow only after `release`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str) -> None:
        self.name = name
        self.release = threading.Event()
        self.waiting = 0
        super().__init__((HOST, 0), Echo)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        backend: Any = self.server
        if self.path == "/slow":
            backend.waiting += 1
            backend.release.wait(30)
        body = json.dumps({"by": backend.name, "path": self.path, **self.headers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def backends() -> Iterator[dict[str, Backend]]:
    named = {name: Backend(name) for name in ("hub", "web")}
    yield named
    for backend in named.values():
        backend.release.set()
        backend.shutdown()
        backend.server_close()


@pytest.fixture
def front(backends: dict[str, Backend], tmp_path: Path) -> Iterator[Front]:
    """Starts nginx with our configuration; its port."""
    processes = Processes(tmp_path)

    def start(*, trusted: str = NOBODY) -> int:
        port = free_port()
        text = TEMPLATE.read_text().replace("${TRUSTED_PROXY}", trusted).replace("listen 8080", f"listen {port}")
        for name, backend in backends.items():
            text = text.replace(f"{name}:8000", f"{HOST}:{backend.server_port}")
        (tmp_path / "nginx.conf").write_text(text)
        options = f"daemon off; pid {tmp_path}/pid; error_log stderr;"
        child = processes.start("nginx", ["nginx", "-c", str(tmp_path / "nginx.conf"), "-g", options])
        wait_until(lambda: answers(f"{HOST}:{port}"), what="nginx", child=child)
        return port

    yield start
    processes.stop_all()


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if answer.status == 200 else {}
    finally:
        connection.close()


def test_sockets_go_to_the_hub_and_everything_else_to_the_web(front: Front) -> None:
    port = front()
    hub = ask(port, "/connection/websocket?a=%20b", Upgrade="websocket", Connection="Upgrade")[1]
    assert (hub["by"], hub["path"], hub["Upgrade"]) == ("hub", "/connection/websocket?a=%20b", "websocket")
    web = ask(port, "/api/services?search=a%20b%2Fc", Host="door.example")[1]
    assert (web["by"], web["path"], web["Host"]) == ("web", "/api/services?search=a%20b%2Fc", "door.example")


@pytest.mark.parametrize("path", ["/api/me", "/connection/websocket"])
def test_what_a_client_says_of_himself_is_not_believed(front: Front, path: str) -> None:
    seen = ask(front(), path, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")[1]
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == (HOST, "http")


@pytest.mark.parametrize("path", ["/api/me", "/connection/websocket"])
def test_what_the_outer_proxy_says_is_passed_on(front: Front, path: str) -> None:
    port = front(trusted=f"{HOST}/32")
    seen = ask(port, path, X_Forwarded_For="203.0.113.9, 198.51.100.7", X_Forwarded_Proto="https")[1]
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == ("198.51.100.7", "https")
    seen = ask(port, path, X_Forwarded_Proto="nonsense")[1]
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == (HOST, "http")


def test_the_web_gets_64_requests_at_once_and_sockets_are_not_counted(
    front: Front, backends: dict[str, Backend]
) -> None:
    port, web = front(), backends["web"]
    codes: list[int] = []
    slow = [threading.Thread(target=lambda: codes.append(ask(port, "/slow")[0])) for _ in range(64)]
    for thread in slow:
        thread.start()
    wait_until(lambda: web.waiting == 64, what="64 requests in flight")
    assert ask(port, "/api/me")[0] == 503
    assert ask(port, "/connection/websocket")[0] == 200
    web.release.set()
    for thread in slow:
        thread.join(30)
    assert codes == [200] * 64
    assert ask(port, "/api/me")[0] == 200
