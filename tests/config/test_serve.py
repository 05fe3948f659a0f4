"""The server process: it runs its hooks when its loop runs, and on SIGTERM lets requests finish."""

import http.client
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack.ports import HOST, answers, free_port
from config.stack.processes import Child, Processes, wait_until

PROGRAM = """
from config.serve import DoorbellServer
import asyncio, sys, threading

tries = []

async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await asyncio.sleep(60)
    if scope["path"] == "/never":
        print("never ends", flush=True)
        await asyncio.to_thread(threading.Event().wait)
    if scope["path"] == "/slow":
        print("slow begins", flush=True)
        await asyncio.sleep(1)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})

async def connect():
    tries.append(1)
    if len(tries) == 1:
        raise ConnectionError("planted")
    print("connected at try", len(tries), "on a running loop", asyncio.get_running_loop().is_running(), flush=True)

async def drain():
    print("draining", flush=True)

import config.serve
config.serve.RETRY_S, config.serve.REQUESTS_GRACE_S, config.serve.END_S = 0.05, 2, 3
server = DoorbellServer(
    application=application, endpoints=[f"tcp:port={sys.argv[1]}:interface=127.0.0.1"],
    on_start=[connect], on_drain=drain, verbosity=0,
)
server.run()
print("ended", flush=True)
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    supervisor = Processes(tmp_path)
    yield supervisor
    supervisor.stop_all()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(processes: Processes, port: int) -> Child:
    child = processes.start("server", [sys.executable, "-c", PROGRAM, str(port)], environment={"PYTHONPATH": "."})
    wait_until(lambda: answers(f"{HOST}:{port}"), what="the server", child=child)
    return child


def said(child: Child, text: str) -> None:
    wait_until(lambda: text in child.log.read_text(), what=text, child=child)


def test_a_hook_is_tried_again_until_it_succeeds(server: Child) -> None:
    said(server, "connected at try 2 on a running loop True")


def test_a_request_in_flight_is_answered_before_the_end(server: Child, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/slow")
    said(server, "slow begins")
    server.ask_to_stop()
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"done")
    connection.close()
    assert server.process.wait(10) == 0
    assert "draining" in server.log.read_text()


def test_a_kept_alive_connection_between_requests_does_not_hold_the_end(server: Child, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"done"
    server.ask_to_stop()
    assert server.process.wait(4) == 0
    connection.close()


def test_nobody_new_is_let_in_while_it_drains(server: Child, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/slow")
    said(server, "slow begins")
    server.ask_to_stop()
    said(server, "draining")
    wait_until(lambda: not answers(f"{HOST}:{port}"), what="the closed door", timeout_s=1)
    assert connection.getresponse().read() == b"done"
    connection.close()


def test_it_ends_though_a_thread_never_does(server: Child, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", "/never")
    said(server, "never ends")
    server.ask_to_stop()
    assert server.process.wait(30) == 1
    connection.close()
