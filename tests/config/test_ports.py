"""A taken port is named, and another one is picked."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.stack import embedded, ports


def test_a_taken_port_is_named_with_its_replacement() -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        told: list[str] = []
        other = ports.wanted_port(port, for_what="the web server", say=told.append)
    assert other != port
    assert told == [f"port {port} is taken: the web server gets {other}"]


def test_a_free_port_is_taken_without_a_word() -> None:
    port, told = ports.free_port(), list[str]()
    assert ports.wanted_port(port, for_what="anything", say=told.append) == port
    assert told == []


def test_a_proxy_of_the_environment_is_not_asked_for_our_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{ports.HOST}:{ports.free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Well(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode())

    with HTTPServer((ports.HOST, 0), Well) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://{ports.HOST}:{server.server_port}"
        assert ports.http_get(f"{address}/readyz", timeout_s=5) == (200, b"/readyz")
        assert embedded._healthy(address)
        server.shutdown()


def test_an_address_nobody_listens_on_does_not_answer() -> None:
    assert not ports.answers(f"{ports.HOST}:{ports.free_port()}")
