"""/healthz touches nothing; /readyz fails within 5 s of losing a part, names it, and recovers."""

import http.client
import json
import os
import signal
import socket
import time
from contextlib import closing

import psycopg
import pytest

from config.stack.embedded import Stack
from config.stack.ports import http_get
from config.stack.processes import wait_until

PARTS = {"postgres": "postgresql", "redis": "redis", "temporal": "temporal"}


@pytest.fixture(scope="module")
def address(own: Stack) -> str:
    return own.start_server("web-1", environment={"DOORBELL_DATABASE_POOL": "4"})


def readiness(address: str) -> tuple[int, dict[str, str]]:
    status, body = http_get(f"{address}/readyz", timeout_s=6)
    return status, json.loads(body)["parts"]


def broken(address: str) -> list[str]:
    status, parts = readiness(address)
    wrong = [name for name, state in parts.items() if state != "ok"]
    assert (status == 503) == bool(wrong)
    return wrong


def alive(address: str) -> bool:
    return http_get(f"{address}/healthz", timeout_s=2) == (200, b"ok")


def test_everything_is_ready_at_first(address: str) -> None:
    wait_until(lambda: readiness(address)[0] == 200, what="readiness")


@pytest.mark.parametrize("service", PARTS)
def test_a_killed_service_is_named_within_five_seconds_and_recovers(own: Stack, address: str, service: str) -> None:
    wait_until(lambda: not broken(address), what="readiness before")
    own.processes.kill(service)
    lost = time.monotonic()
    wait_until(lambda: PARTS[service] in broken(address), what="the loss", timeout_s=5)
    assert time.monotonic() - lost < 5
    assert alive(address)
    own.processes.start_again(service)
    wait_until(lambda: not broken(address), what="readiness again")


@pytest.mark.parametrize("service", PARTS)
def test_a_service_that_hangs_is_named_as_well(own: Stack, address: str, service: str) -> None:
    wait_until(lambda: not broken(address), what="readiness before")
    group = os.getpgid(own.processes[service].process.pid)
    os.killpg(group, signal.SIGSTOP)
    try:
        lost = time.monotonic()
        wait_until(lambda: PARTS[service] in broken(address), what="the loss", timeout_s=5)
        assert time.monotonic() - lost < 5
        assert alive(address)
    finally:
        os.killpg(group, signal.SIGCONT)
    wait_until(lambda: not broken(address), what="readiness again")


def test_missing_migrations_are_named_with_their_app(own: Stack, address: str) -> None:
    wait_until(lambda: not broken(address), what="readiness before")
    with psycopg.connect(own.environment["DATABASE_URL"], autocommit=True) as connection:
        row = ("hub", connection.execute("SELECT max(name) FROM django_migrations WHERE app = 'hub'").fetchone()[0])  # type: ignore[index]
        connection.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", row)
        try:
            status, parts = readiness(address)
            assert (status, parts["migrations"]) == (503, "behind in hub")
        finally:
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", row)


def test_the_answer_shows_no_address_and_no_error_text(own: Stack, address: str) -> None:
    own.processes.kill("redis")
    try:
        assert str(own.home) not in json.dumps(readiness(address)[1])
    finally:
        own.processes.start_again("redis")


def test_a_hub_process_answers_its_health_and_no_api(own: Stack) -> None:
    address = own.start_server("hub-1", environment={"DOORBELL_SERVE": "hub"})
    assert alive(address)
    assert http_get(f"{address}/api/docs", timeout_s=5)[0] == 404
    assert http_get(f"{address}/metrics", timeout_s=5)[0] == 404
    own.processes.stop("hub-1")


def test_a_process_that_sends_its_sockets_away_is_not_ready(own: Stack) -> None:
    environment = {"DOORBELL_SERVE": "hub", "DOORBELL_METRICS_TOKEN": "for-prometheus"}
    address = own.start_server("hub-2", environment=environment)
    host, port = address.removeprefix("http://").split(":")
    wait_until(lambda: not broken(address), what="readiness")
    # As a load balancer asks: on a connection that it keeps. The socket is one that has to be sent away.
    with (
        closing(http.client.HTTPConnection(host, int(port), timeout=5)) as kept,
        socket.create_connection((host, int(port))) as person,
    ):

        def asked(path: str) -> bytes:
            kept.request("GET", path, headers={"Authorization": "Bearer for-prometheus"})
            return kept.getresponse().read()

        def hub_state() -> str:
            return str(json.loads(asked("/readyz"))["parts"]["hub"])

        person.sendall(
            b"GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b" 101 " in person.recv(100)
        assert hub_state() == "ok"
        assert b"\nhub_connections 1.0\n" in asked("/metrics")
        own.processes["hub-2"].ask_to_stop()
        wait_until(lambda: hub_state() == "draining", what="the drain", timeout_s=3)
    own.processes.stop("hub-2")
