"""The compose file's nginx, for real, before two hub processes: sockets find the one that is left."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub import checker
from tests.hub.client import opened
from tests.hub.database import url as database_url
from tests.hub.stack import ROOT, DaphneServer, Process, free_port
from tests.hub.writing import issued, published

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.skipif(
        shutil.which("nginx") is None or os.geteuid() != 0, reason="no nginx, or none that we may start"
    ),
]
TEMPLATE = ROOT / "config" / "compose" / "nginx.conf.template"
CLIENTS = 6


class Nginx(Process):
    """With the template's configuration; Docker's names stand for these hubs."""

    def __init__(self, folder: Path, hubs: list[DaphneServer]) -> None:
        self.port = free_port()
        servers = " ".join(f"server 127.0.0.1:{hub.port};" for hub in hubs)
        text = TEMPLATE.read_text()
        for ours, here in {
            "${TRUSTED_PROXY}": "192.0.2.1/32",
            "listen 8080": f"listen 127.0.0.1:{self.port}",
            "set $hub hub:8000": "set $hub hub",
            "http {": f"http {{ upstream hub {{ {servers} }}",
        }.items():
            assert ours in text
            text = text.replace(ours, here)
        configuration = folder / f"nginx-{self.port}.conf"
        configuration.write_text(text)
        options = f"daemon off; pid {folder}/nginx-{self.port}.pid; error_log stderr;"
        command = ["nginx", "-c", str(configuration), "-g", options]
        super().__init__(command, log=folder / f"nginx-{self.port}.log")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def hubs(serve: Callable[..., DaphneServer]) -> list[DaphneServer]:
    return [serve(), serve()]


@pytest.fixture
def nginx(folder: Path, hubs: list[DaphneServer]) -> Iterator[Nginx]:
    running = Nginx(folder, hubs)
    running.start()
    yield running
    running.end()


async def test_who_loses_his_hub_finds_the_other_and_misses_nothing(
    nginx: Nginx, hubs: list[DaphneServer], number: int
) -> None:
    topic, token = f"open:{number}", await issued(7)

    async def listens(until: int, received: list[dict[str, Any]], epoch: str = "") -> str:
        """Resumes where it stopped, and goes on to that event or to the end of its hub."""
        async with opened(nginx.url, token) as client:
            body = {"recover": True, "offset": len(received), "epoch": epoch}
            result = await client.do("subscribe", channel=topic, **body)
            assert result["recovered"] is True
            received += result.get("publications", [])
            while len(received) < until:
                received.append(await client.publication())
            return str(result["epoch"])

    received: list[list[dict[str, Any]]] = [[] for _ in range(CLIENTS)]
    await published(topic, *range(5))
    # Round robin: some of them on either.
    epochs = [await listens(5, each) for each in received]
    hubs[0].kill()
    await published(topic, *range(5, 10))
    for each, epoch in zip(received, epochs, strict=True):
        await listens(10, each, epoch)
        assert checker.compare(database_url(), topic, each).clean


async def test_live_sockets_are_on_both_hubs_and_only_those_of_a_dead_one_end(
    nginx: Nginx, hubs: list[DaphneServer], number: int
) -> None:
    topic = f"open:{number}"
    async with opened(nginx.url, await issued(7)) as one, opened(nginx.url, await issued(8)) as other:
        for client in (one, other):
            await client.do("subscribe", channel=topic)
        await published(topic, 1)
        assert [(await client.publication())["offset"] for client in (one, other)] == [1, 1]
        hubs[0].kill()
        await published(topic, 2)
        ended = []
        for client in (one, other):
            try:
                assert (await client.publication())["offset"] == 2
            except TimeoutError:
                ended.append(await client.closed())
        assert ended == [1006]
