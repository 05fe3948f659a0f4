"""What a process counts of itself, and whether new clients should be sent to it: asked of real processes by HTTP."""

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families as families

import hub
from hub import hints, metrics, views
from hub.models import Topic
from tests.hub.client import opened
from tests.hub.stack import DaphneServer, wait_until
from tests.hub.writing import HeldHints, in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")

TOKEN = "a-token-for-prometheus"
README = (Path(hub.__file__).parent / "README.md").read_text()


def get(server: DaphneServer, path: str, authorization: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers={"Authorization": authorization})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def scraped(server: DaphneServer) -> dict[str, float]:
    """`name`, or `name{label}` with the label's value alone → value."""
    status, text = get(server, "/metrics", f"Bearer {TOKEN}")
    assert status == 200
    samples = [sample for family in families(text) for sample in family.samples if sample.name.startswith("hub_")]
    return {name(sample.name, *sample.labels.values()): sample.value for sample in samples}


def name(metric: str, *labels: str) -> str:
    return metric + "".join(f"{{{label}}}" for label in labels)


async def seen(server: DaphneServer, **expected: float) -> dict[str, float]:
    """The metrics, once these have the values expected."""
    for _ in range(100):
        found = await asyncio.to_thread(scraped, server)
        if all(found.get(metric) == value for metric, value in expected.items()):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError({metric: found.get(metric) for metric in expected})


@pytest.fixture
def counted(serve: Callable[..., DaphneServer]) -> DaphneServer:
    return serve(HUB_METRICS_TOKEN=TOKEN)


def test_only_who_has_the_token_may_read_them(server: DaphneServer, counted: DaphneServer) -> None:
    assert get(counted, "/metrics", f"Bearer {TOKEN}")[0] == 200
    wrong = ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", "Bearer \xe9"]
    assert [get(counted, "/metrics", each)[0] for each in wrong] == [404] * len(wrong)
    # Where none is set, no token is the right one.
    assert [get(server, "/metrics", each)[0] for each in ("", "Bearer ", "Bearer None")] == [404] * 3


async def test_a_server_that_keeps_spaces_makes_no_empty_token_the_right_one() -> None:
    request = RequestFactory().get("/metrics", headers={"Authorization": "Bearer "})
    assert (await views.metrics(request)).status_code == 404


async def test_sockets_and_what_they_are_given_are_counted(counted: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(counted.url, await issued(7)) as one, opened(counted.url, await issued(8)) as other:
        for client in (one, other):
            await client.do("subscribe", channel=topic)
        await one.do("subscribe", channel=f"position:{number}")
        await published(topic, 1, 2, 3)
        for client in (one, other):
            await client.publications(3)
        found = await seen(counted, hub_deliveries_total=6, hub_connections=2, hub_subscriptions=3, hub_topics=3)
    assert (found["hub_queue_bytes"], found["hub_queue_sockets"]) == (0, 0)
    # A round or more; what they took is some milliseconds, and no clock was misread.
    assert 1 <= found["hub_publish_to_write_seconds_count"] <= 3
    assert 0 < found["hub_publish_to_write_seconds_sum"] < 3
    await seen(counted, hub_connections=0, hub_subscriptions=0, **{name("hub_disconnects_total", "1000"): 2})


async def test_a_client_cannot_close_itself_as_if_we_had(counted: DaphneServer) -> None:
    async with opened(counted.url, await issued(7)) as client:
        await client.socket.close(3008)
    found = await seen(counted, **{name("hub_disconnects_total", "1006"): 1})
    assert name("hub_disconnects_total", "3008") not in found


async def test_a_round_is_as_old_as_its_oldest_event(counted: DaphneServer, number: int) -> None:
    topic = f"open:{number}"

    def slowly() -> None:
        with hub.atomic():
            hub.publish(topic, type='"time":"', subject='","time":"2020', data={"time": "2020"})
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(1)")

    async with opened(counted.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(slowly)
        await client.publication()
        found = await seen(counted, hub_publish_to_write_seconds_count=1)
    assert 1 < found["hub_publish_to_write_seconds_sum"] < 3


async def test_a_gap_is_counted_when_it_is_found_and_when_it_is_healed(
    counted: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"open:{number}"
    async with opened(counted.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await published(topic, 1)
        await client.publication()
        await seen(counted, hub_gaps_found_total=0, hub_gaps_healed_total=0)
        with monkeypatch.context() as patch:
            patch.setattr(hints, "send", HeldHints())
            await published(topic, 2, 3)
        await published(topic, 4)
        await client.publications(3)
        await seen(counted, hub_gaps_found_total=1, hub_gaps_healed_total=1, hub_log_head_lag=0)
        # The last hint lost: found by the comparison of heads.
        with monkeypatch.context() as patch:
            patch.setattr(hints, "send", HeldHints())
            await published(topic, 5)
        await client.publication()
        await seen(counted, hub_gaps_found_total=2, hub_gaps_healed_total=2, hub_places_lost_total=0)


async def test_a_lost_place_is_no_healed_gap(counted: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(counted.url, await issued(7)) as client:
        epoch = (await client.do("subscribe", channel=topic))["epoch"]
        await in_thread(Topic.objects.create, name=topic, epoch=epoch, head=3)
        assert (await client.push())["unsubscribe"]["code"] == 2500
        await seen(counted, hub_places_lost_total=1, hub_gaps_healed_total=0)


async def test_recoveries_are_counted_by_result(counted: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2)
    async with opened(counted.url, await issued(7)) as client:
        for offset in (0, 1, 5):
            await client.ask("subscribe", channel=topic, recover=True, offset=offset, flag=2)
            await client.ask("unsubscribe", channel=topic)
        result = "hub_recoveries_total"
        await seen(counted, **{name(result, "recovered"): 2, name(result, "unrecovered"): 1})


async def test_what_a_slow_socket_did_not_get_is_counted(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_METRICS_TOKEN=TOKEN, HUB_QUEUE_BYTES=100_000), f"open:{number}"

    def large() -> None:
        with hub.atomic():
            for _ in range(20):
                hub.publish(topic, type="test.happened", data={"text": "x" * 60_000})

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        client.socket.transport.pause_reading()
        for _ in range(50):
            await in_thread(large)
            if name("hub_disconnects_total", "3008") in (found := await asyncio.to_thread(scraped, server)):
                break
        client.socket.transport.abort()
    assert found[name("hub_disconnects_total", "3008")] == 1
    assert found[name("hub_drops_total", "slow")] > 0


async def test_values_that_newer_ones_replaced_are_counted(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_METRICS_TOKEN=TOKEN, HUB_WINDOW_BYTES=4096), f"position:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        client.socket.transport.pause_reading()
        replaced = name("hub_drops_total", "replaced")
        for number in range(200):
            await in_thread(hub.publish_latest, topic, key=str(number % 2), data={"text": "x" * 60_000})
            if (found := await asyncio.to_thread(scraped, server)).get(replaced):
                break
        client.socket.transport.abort()
    assert found[replaced] > 0
    assert found["hub_queue_sockets"] == 1
    assert found["hub_queue_bytes"] >= 60_000


@contextmanager
def log_locked() -> Iterator[None]:
    """Nobody reads where the log stands, as when the database hangs."""
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE hub_topic IN ACCESS EXCLUSIVE MODE")
                locked.set()
                done.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_process_is_not_ready_while_it_cannot_read_the_log(counted: DaphneServer) -> None:
    def ready() -> bool:
        status, body = get(counted, "/readyz")
        assert (json.loads(body)["hub"] == "ok") == (status == 200)
        return status == 200

    assert get(counted, "/readyz") == (503, '{"hub": "not started"}')
    with socket.create_connection(("127.0.0.1", counted.port)) as first:
        upgrade = "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        first.sendall(
            f"{upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        wait_until(ready, "the process to be ready")
    with log_locked():
        wait_until(lambda: not ready(), "the loss to be noticed", seconds=6)
        assert "log has not been read" in get(counted, "/readyz")[1]
        assert scraped(counted)["hub_log_silence_seconds"] > 3
    wait_until(ready, "the process to be ready again", seconds=5)


def test_every_metric_has_a_line_in_the_readme() -> None:
    ours = [next(iter(each.describe())).name for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(ours) > 10
    assert [each for each in ours if f"| `{each}" not in README] == []
