"""The index of a process: built at the first search, and anew beside the old one when the catalogue has changed."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.web.people import make_category, make_service
from web.catalog import finder
from web.catalog.finder import Finder
from web.catalog.models import Service, ServiceVersion


def slugs(found: Finder, query: str) -> list[int]:
    return [hit.service_id for hit in found.search(query)]


@pytest.mark.django_db
def test_it_is_built_once_and_then_only_when_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    built = list[object]()
    build = finder._build

    def counted(stamp: finder.Stamp) -> object:
        built.append(stamp)
        return build(stamp)

    monkeypatch.setattr(finder, "_build", counted)
    found = Finder(look_every_s=0, aside=False)
    service = make_service(name="空调清洗")
    for _ in range(3):
        assert slugs(found, "空调") == [service.pk]
    assert len(built) == 1
    make_category("repair", "维修")
    assert slugs(found, "空调") == [service.pk]
    assert len(built) == 2


@pytest.mark.django_db
def test_it_looks_no_more_often_than_it_should() -> None:
    found = Finder(look_every_s=60, aside=False)
    assert slugs(found, "空调") == []
    make_service(name="空调清洗")
    assert slugs(found, "空调") == []


@pytest.fixture
def slow_build(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Builds wait for the event, but the first."""
    go_on, build, first = threading.Event(), finder._build, list[bool]()

    def slowly(stamp: finder.Stamp) -> object:
        if first:
            assert go_on.wait(20)
        first.append(True)
        return build(stamp)

    monkeypatch.setattr(finder, "_build", slowly)
    yield go_on
    go_on.set()
    while any(thread.name == "finder" for thread in threading.enumerate()):
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_while_it_is_built_anew_searches_go_on_with_the_old_one(slow_build: threading.Event) -> None:
    one = make_service("aircon", name="空调清洗")
    found = Finder(look_every_s=0)
    assert slugs(found, "清洗") == [one.pk]
    other = make_service("sofa", name="沙发清洗")
    for _ in range(5):
        assert slugs(found, "清洗") == [one.pk]
    slow_build.set()
    deadline = time.monotonic() + 20
    while len(slugs(found, "清洗")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert set(slugs(found, "清洗")) == {one.pk, other.pk}


@pytest.mark.django_db
def test_what_cannot_be_built_leaves_the_searches_as_they_were(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = make_service(name="空调清洗")
    found = Finder(look_every_s=0, aside=False)
    assert slugs(found, "空调") == [service.pk]
    with monkeypatch.context() as broken:
        broken.setattr(finder, "_build", lambda stamp: 1 // 0)
        make_category("repair", "维修")
        assert slugs(found, "空调") == [service.pk]
    assert "could not be renewed" in caplog.text
    other = make_service("split", name="空调移机")
    assert set(slugs(found, "空调")) == {service.pk, other.pk}


@pytest.mark.django_db
def test_a_version_that_cannot_be_read_hides_its_service_alone(caplog: pytest.LogCaptureFixture) -> None:
    service = make_service(name="空调清洗")
    other = make_service("split", name="空调移机")
    surprise = ServiceVersion(service=other, number=2, skill="cleaning", content={"surprise": 1})
    surprise.save()
    Service.objects.filter(pk=other.pk).update(published=surprise)
    assert slugs(Finder(), "空调") == [service.pk]
    assert f"service:{other.pk} cannot be read" in caplog.text
