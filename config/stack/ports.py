"""TCP ports on this machine's loopback, and who answers there."""

import http.client
import random
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

HOST = "127.0.0.1"


CHOSEN_FROM = range(20_000, 32_000)
"""Below what the kernel gives to connections that go out: one of those may take a port between look and use."""


def free_port() -> int:
    """A port that nobody listens on at this moment. Chosen by chance: others look for one at the same time."""
    for port in random.sample(CHOSEN_FROM, len(CHOSEN_FROM)):
        if is_free(port):
            return port
    raise OSError(f"no port between {CHOSEN_FROM.start} and {CHOSEN_FROM.stop} is free")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wanted_port(port: int, *, for_what: str, say: Callable[[str], None]) -> int:
    """`port`, or when it is taken, the next free one after it, and says so."""
    if is_free(port):
        return port
    other = next((candidate for candidate in range(port + 1, port + 100) if is_free(candidate)), None) or free_port()
    say(f"port {port} is taken: {for_what} gets {other}")
    return other


def answers(address: str) -> bool:
    """Somebody accepts connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=0.5):
            return True
    except OSError:
        return False


def http_get(url: str, *, timeout_s: float) -> tuple[int, bytes]:
    """Status and body. Directly: urllib would ask the proxy that `http_proxy` names, which knows no loopback of ours.

    Raises OSError or http.client.HTTPException.
    """
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or HOST, address.port, timeout=timeout_s)
    try:
        connection.request("GET", address.path or "/")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
