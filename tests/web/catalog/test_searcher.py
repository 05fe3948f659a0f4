"""The index in a process of its own: what is searched while it is built, replaced, killed, and when its server ends."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from config.stack.embedded import Stack
from tests.web.people import make_city, make_service, make_worker
from web.catalog import finder, services
from web.catalog.finder import Finder
from web.catalog.searcher import Searcher

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 60.0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Searcher]:
    """The processes that finders have started, the last at the end."""
    found = list[Searcher]()

    class Noted(Searcher):
        def __init__(self, *, database: str) -> None:
            super().__init__(database=database)
            found.append(self)

    monkeypatch.setattr(finder, "Searcher", Noted)
    return found


@pytest.fixture
def beside(started: list[Searcher], monkeypatch: pytest.MonkeyPatch) -> Iterator[Finder]:
    """A finder that looks all the time; nothing of it is left."""
    monkeypatch.setattr(finder, "PATIENCE_S", PATIENCE_S)
    found = Finder(look_every_s=0.01)
    yield found
    # Whatever was stopped or killed: a look may be waiting for it.
    for one in started:
        one.close()
    found.close()
    assert not any(is_running(one.pid) for one in started)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def found_by(found: Finder, query: str) -> set[int]:
    return {hit.service_id for hit in found.search(query)}


def test_a_process_answers_as_the_index_does(beside: Finder, started: list[Searcher]) -> None:
    make_city()
    make_worker(skills=["cleaning"])
    service = make_service("aircon", name="空调清洗", tags=("挂机",))
    make_service("sofa", name="沙发清洗")
    here = Finder(aside=False)
    for query in ("ktqx", "空条清洗", "清洗", "zzz", ""):
        assert beside.search(query, city="hangzhou", explain=True) == here.search(query, city="hangzhou", explain=True)
    assert beside.search("空调", city="nowhere") == []
    assert beside.suggest("kongt", city="hangzhou") == here.suggest("kongt", city="hangzhou")
    assert beside.known(["挂机", "飞机"]) == ["挂机"]
    services.put_on_shelf(service=service, cities=())
    until(lambda: service.pk not in found_by(beside, "空调清洗"))
    assert len(started) >= 1


def test_while_it_is_built_anew_searches_go_on_with_the_old_one(beside: Finder, started: list[Searcher]) -> None:
    one = make_service("aircon", name="空调清洗")
    assert found_by(beside, "清洗") == {one.pk}
    before = len(started)
    other = make_service("sofa", name="沙发清洗")
    until(lambda: found_by(beside, "清洗") == {one.pk} and len(started) > before)
    os.kill(started[-1].pid, signal.SIGSTOP)
    for _ in range(20):
        assert found_by(beside, "清洗") == {one.pk}
    os.kill(started[-1].pid, signal.SIGCONT)
    until(lambda: found_by(beside, "清洗") == {one.pk, other.pk})
    until(lambda: [is_running(each.pid) for each in started] == [False] * (len(started) - 1) + [True])


def test_of_many_who_ask_while_it_is_replaced_each_has_his_own_answer(beside: Finder, started: list[Searcher]) -> None:
    names = ["空调清洗", "沙发除螨", "水管疏通", "门锁更换"]
    rows = {name: make_service(f"one-{place}", name=name).pk for place, name in enumerate(names)}
    assert found_by(beside, "空调清洗")

    def ask(name: str) -> list[int]:
        return [next(hit.service_id for hit in beside.search(name)) for _ in range(150)]

    with ThreadPoolExecutor(8) as pool:
        asked = [(name, pool.submit(ask, name)) for name in names * 2]
        make_service("another", name="玻璃幕墙")
        for name, answers in asked:
            assert set(answers.result(PATIENCE_S)) == {rows[name]}
    until(lambda: found_by(beside, "玻璃幕墙") != set())
    assert len(started) > 1


def test_a_process_that_is_killed_is_replaced_and_the_search_answered(beside: Finder, started: list[Searcher]) -> None:
    service = make_service(name="空调清洗")
    assert found_by(beside, "空调") == {service.pk}
    os.kill(started[-1].pid, signal.SIGKILL)
    assert found_by(beside, "空调") == {service.pk}
    assert len(started) > 1


def test_a_build_that_is_killed_leaves_the_searches_as_they_were_and_is_tried_again(
    beside: Finder, started: list[Searcher], caplog: pytest.LogCaptureFixture
) -> None:
    one = make_service("aircon", name="空调清洗")
    assert found_by(beside, "清洗") == {one.pk}
    other = make_service("sofa", name="沙发清洗")
    before = len(started)
    until(lambda: found_by(beside, "清洗") == {one.pk} and len(started) > before)
    os.kill(started[-1].pid, signal.SIGKILL)
    assert one.pk in found_by(beside, "清洗")
    until(lambda: found_by(beside, "清洗") == {one.pk, other.pk})
    assert "could not be renewed" in caplog.text
    assert len(started) > before + 1


def test_a_server_has_its_index_before_anybody_asks_and_it_ends_with_the_server(stack: Stack) -> None:
    make_city()
    make_worker(skills=["cleaning"])
    make_service("aircon", name="空调清洗")
    endings = {"web-1": signal.SIGTERM, "web-2": signal.SIGKILL}
    addresses = [stack.start_server(name, wait=False) for name in endings]
    for name, address, how in zip(endings, addresses, endings.values(), strict=True):
        stack.wait_for_server(name, address)
        lives_and_ends(stack.processes[name].process, address, how)


def lives_and_ends(server: "subprocess.Popen[bytes]", address: str, how: signal.Signals) -> None:
    until(lambda: len(searchers_of(server.pid)) == 1)
    (searcher,) = searchers_of(server.pid)

    def found() -> bool:
        answer = httpx.get(f"{address}/api/search", params={"q": "kongtiao", "city": "hangzhou"}, timeout=PATIENCE_S)
        # On a busy machine it may still be built.
        assert answer.status_code in (200, 503)
        return [hit["service"]["name"] for hit in answer.json().get("hits", ())] == ["空调清洗"]

    until(found)
    assert searchers_of(server.pid) == [searcher]
    os.kill(server.pid, how)
    server.wait(PATIENCE_S)
    until(lambda: not is_running(searcher))


def searchers_of(pid: int) -> list[int]:
    tasks = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for task in tasks for child in task.split()]
    return [child for child in children if b"web.catalog.searcher" in Path(f"/proc/{child}/cmdline").read_bytes()]
