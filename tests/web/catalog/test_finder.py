"""The index: built at the first search, and anew when the catalogue has changed. test_searcher.py has it beside us."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError

from tests.web.catalog.shop import ordered
from tests.web.people import make_category, make_customer, make_service
from web.catalog import indexing, selectors, services
from web.catalog.finder import Finder
from web.catalog.models import CatalogueChange, Service, ServiceVersion
from web.catalog.services import stamping


def found_by(found: Finder, query: str) -> list[int]:
    return [hit.service_id for hit in found.search(query)]


@pytest.mark.django_db
def test_it_is_built_once_and_then_only_when_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    built = list[object]()
    build = indexing.build

    def counted() -> object:
        built.append(True)
        return build()

    monkeypatch.setattr(indexing, "build", counted)
    found = Finder(look_every_s=0, aside=False)
    service = make_service(name="空调清洗")
    for _ in range(3):
        assert found_by(found, "空调") == [service.pk]
    assert len(built) == 1
    make_category("repair", "维修")
    assert found_by(found, "空调") == [service.pk]
    assert len(built) == 2


@pytest.mark.django_db
def test_of_equal_services_that_comes_first_which_was_ordered_more_until_the_last_full_hour() -> None:
    one, other = (make_service(slug, name="空调清洗") for slug in ("one", "other"))
    with time_machine.travel(datetime(2031, 5, 14, 8, 10, tzinfo=UTC), tick=False) as clock:
        old = Finder(look_every_s=0, aside=False)
        assert found_by(old, "空调") == [one.pk, other.pk]
        ordered(make_customer(), "one", at=datetime.now(UTC) - timedelta(days=29))
        for days in (31, 32):
            ordered(make_customer(), "other", at=datetime.now(UTC) - timedelta(days=days))
        clock.shift(timedelta(minutes=49))
        # Nor does one that is started within the hour know of another order than those of before.
        for seconds in (0, 60):
            ordered(make_customer(), "other", at=datetime.now(UTC) - timedelta(seconds=seconds))
        assert found_by(Finder(aside=False), "空调") == found_by(old, "空调") == [one.pk, other.pk]
        clock.shift(timedelta(minutes=2))
        assert found_by(Finder(aside=False), "空调") == found_by(old, "空调") == [other.pk, one.pk]


@pytest.mark.django_db
def test_it_looks_no_more_often_than_it_should() -> None:
    found = Finder(look_every_s=60, aside=False)
    assert found_by(found, "空调") == []
    make_service(name="空调清洗")
    assert found_by(found, "空调") == []


@pytest.mark.django_db
def test_what_cannot_be_built_leaves_the_searches_as_they_were(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = make_service(name="空调清洗")
    found = Finder(look_every_s=0, aside=False)
    assert found_by(found, "空调") == [service.pk]
    with monkeypatch.context() as broken:
        broken.setattr(indexing, "build", lambda: 1 // 0)
        make_category("repair", "维修")
        assert found_by(found, "空调") == [service.pk]
    assert "could not be renewed" in caplog.text
    other = make_service("split", name="空调移机")
    assert set(found_by(found, "空调")) == {service.pk, other.pk}


@pytest.mark.django_db
def test_orders_that_cannot_be_counted_hide_no_service(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def slow(hour: datetime) -> dict[int, int]:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(indexing, "ordered_until", slow)
    found = Finder(look_every_s=0, aside=False)
    services = [make_service(name="空调清洗").pk]
    assert found_by(found, "空调") == services
    services.append(make_service("split", name="空调移机").pk)
    assert set(found_by(found, "空调")) == set(services)
    assert "orders could not be counted" in caplog.text


@pytest.mark.django_db
def test_a_version_that_cannot_be_read_hides_its_service_alone(caplog: pytest.LogCaptureFixture) -> None:
    service = make_service(name="空调清洗")
    other = make_service("split", name="空调移机")
    surprise = ServiceVersion(service=other, number=2, skill="cleaning", content={"surprise": 1})
    surprise.save()
    Service.objects.filter(pk=other.pk).update(published=surprise)
    assert found_by(Finder(aside=False), "空调") == [service.pk]
    assert f"service:{other.pk} cannot be read" in caplog.text


@pytest.mark.django_db
def test_old_changes_go_and_no_index_is_built_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "RECENT", 3)
    monkeypatch.setattr(stamping, "CHANGES_PRUNED_AT_ONCE", 2)
    last = [CatalogueChange.objects.create().pk for _ in range(6)]
    before = selectors.stamp()
    assert [services.prune_changes() for _ in range(3)] == [2, 1, 0]
    assert list(CatalogueChange.objects.order_by("pk").values_list("pk", flat=True)) == last[3:]
    assert selectors.stamp() == before
    stamping.stamp()
    assert selectors.stamp() != before


@pytest.mark.django_db
def test_a_change_is_seen_that_was_committed_after_a_later_one() -> None:
    first, second = CatalogueChange.objects.create(), CatalogueChange.objects.create()
    first.delete()
    before = selectors.stamp()
    CatalogueChange.objects.create(pk=second.pk - 1)
    assert selectors.stamp() != before
