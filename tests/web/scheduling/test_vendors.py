"""Who knows the streets is asked as he wants to be asked, and whatever he answers, nothing is raised."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from tests.web.scheduling.days import HOME, north
from tests.web.scheduling.vendors_standin import KEY, SK, Vendors, vendors
from web.scheduling.routing import budget, cell_of, centre_of, configured
from web.scheduling.routing.gcj02 import to_wgs84
from web.scheduling.routing.tencent import Tencent, signature
from web.scheduling.routing.vendors import Answers, ask, whole

HERE, NEAR, FAR = cell_of(HOME), cell_of(north(2)), cell_of(north(5))


@pytest.fixture
def standin() -> Iterator[Vendors]:
    with vendors() as found:
        yield found


@pytest.fixture
def both(standin: Vendors, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Vendors:
    """Tencent and Valhalla are set up, with a day's budget that nobody has used."""
    monkeypatch.setattr(Tencent, "name", f"tencent-{uuid4()}")
    configured._vendors.cache_clear()  # a port may come back
    settings.TENCENT_MAP_KEY, settings.TENCENT_MAP_SK, settings.TENCENT_MAP_API = KEY, SK, standin.address
    settings.VALHALLA_API, settings.ROUTING_TIMEOUT_MS, settings.ROUTING_DAILY_PAIRS = standin.address, 1_000, 100
    return standin


def by(found: Answers) -> set[str]:
    """Who has answered."""
    return {said.by.split("-")[0] for said in found.values() if said}


def test_the_signature_is_the_one_of_the_documents() -> None:
    # https://lbs.qq.com/faq/serverFaq/webServiceKey, its example
    query = {"location": "28.7033487,115.8660847", "key": "5Q5BZ-5EVWJ-SN5F3-K6QBZ-B3FAO-RVBWM"}
    signed = signature("/ws/geocoder/v1", query, "SWvT26ypwq5Nwb5RvS8cLi6NSoH8HlJX")
    assert signed == "90da272bfa19122547298e2b0bcc0e50"


def test_tencent_is_asked_about_the_middles_of_cells_in_gcj02(both: Vendors) -> None:
    found = ask(configured.vendors(), [HERE, NEAR], [FAR])
    [(which, starts, ends)] = both.asked
    assert which == "tencent"
    assert starts == [_lat_lng(HERE), _lat_lng(NEAR)]
    assert ends == [_lat_lng(FAR)]
    assert [said[:2] for said in found.values() if said] == [(1000, 100), (2000, 200)]
    assert by(found) == {"tencent"}


def test_valhalla_is_asked_in_wgs84(both: Vendors, settings: Settings) -> None:
    settings.TENCENT_MAP_KEY = ""
    found = ask(configured.vendors(), [HERE, NEAR], [FAR])
    [(which, _, [end])] = both.asked
    assert which == "valhalla"
    there = to_wgs84(centre_of(FAR))
    assert end == (round(there.lat, 6), round(there.lng, 6))
    assert end != _lat_lng(FAR)
    assert [said[:2] for said in found.values() if said] == [(1000, 100), (2000, 200)]
    assert by(found) == {"valhalla"}


def test_a_wrong_sk_is_noticed_by_the_standin_and_by_us(both: Vendors, settings: Settings) -> None:
    settings.TENCENT_MAP_SK = "another"
    with capture_logs() as logs:
        found = ask(configured.vendors(), [HERE], [FAR])
    assert by(found) == {"valhalla"}
    assert [one["why"] for one in logs] == ["HTTP 200, status 111"]


@pytest.mark.parametrize("trouble", ["121", "503", "page", "short", "slow"])
def test_who_does_not_answer_is_followed_by_the_next(both: Vendors, trouble: str) -> None:
    both.script = [trouble]
    assert by(ask(configured.vendors(), [HERE], [FAR])) == {"valhalla"}
    assert [which for which, _, _ in both.asked] == ["tencent", "valhalla"]


@pytest.mark.parametrize("trouble", ["503", "page", "short", "slow"])
def test_nobody_answers_and_nothing_is_raised(both: Vendors, trouble: str) -> None:
    both.script = [trouble, trouble]
    assert ask(configured.vendors(), [HERE], [FAR]) == {}


def test_nobody_is_there_and_nothing_is_raised(both: Vendors, settings: Settings) -> None:
    settings.TENCENT_MAP_API = settings.VALHALLA_API = "http://127.0.0.1:1"
    assert ask(configured.vendors(), [HERE], [FAR]) == {}
    settings.TENCENT_MAP_API = settings.VALHALLA_API = "no address at all"
    assert ask(configured.vendors(), [HERE], [FAR]) == {}
    assert both.asked == []


def test_who_failed_is_left_alone_for_a_while(both: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    both.script = ["503"]
    ask(configured.vendors(), [HERE], [FAR])
    ask(configured.vendors(), [NEAR], [FAR])
    assert [which for which, _, _ in both.asked] == ["tencent", "valhalla", "valhalla"]
    monkeypatch.setattr("web.scheduling.routing.vendors.REST_S", 0)
    for one in configured.vendors():
        one.rests_until = 0
    ask(configured.vendors(), [NEAR], [FAR])
    assert both.asked[-1][0] == "tencent"


def test_where_one_knows_no_road_the_next_is_asked(both: Vendors) -> None:
    both.without_road = {_lat_lng(FAR)}
    found = ask(configured.vendors(), [HERE], [FAR, NEAR])
    whose = {end: said.by.split("-")[0] for (_, end), said in found.items() if said}
    assert whose == {NEAR: "tencent", FAR: "valhalla"}


def test_a_way_that_nobody_knows_is_answered_and_unknown(both: Vendors) -> None:
    there = to_wgs84(centre_of(FAR))
    both.without_road = {_lat_lng(FAR), (round(there.lat, 6), round(there.lng, 6))}
    assert ask(configured.vendors(), [HERE], [FAR]) == {(HERE, FAR): None}


def test_a_day_has_a_budget_of_pairs(both: Vendors, settings: Settings) -> None:
    settings.ROUTING_DAILY_PAIRS = 3
    assert by(ask(configured.vendors(), [HERE, NEAR], [FAR])) == {"tencent"}
    assert by(ask(configured.vendors(), [HERE, NEAR], [FAR])) == {"valhalla"}  # two more would be four
    assert by(ask(configured.vendors(), [NEAR], [FAR])) == {"tencent"}
    assert by(ask(configured.vendors(), [NEAR], [FAR])) == {"valhalla"}


def test_without_redis_nothing_that_costs_is_asked(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": away}
    assert budget.take("tencent", 1, of=10) is False


def test_nothing_of_a_place_and_no_key_is_logged(both: Vendors, caplog: pytest.LogCaptureFixture) -> None:
    both.script = ["121", "503"]
    with caplog.at_level("INFO"), capture_logs() as logs:
        ask(configured.vendors(), [HERE], [FAR])
    written = caplog.text + str(logs)
    assert "did not answer" in written
    for secret in (KEY, SK, "30.2", "120.1", "127.0.0.1", str(HERE), str(FAR)):
        assert secret not in written


def test_ways_within_one_cell_are_not_asked_about(both: Vendors) -> None:
    assert ask(configured.vendors(), [HERE], [HERE]) == {}
    assert both.asked == []


@pytest.mark.parametrize("amount", [-1, 1e9, float("nan"), float("inf")])
def test_no_way_is_endless(amount: float) -> None:
    with pytest.raises(ValueError, match="no way is so long"):
        whole(amount)


def _lat_lng(cell: int) -> tuple[float, float]:
    middle = centre_of(cell)
    return round(middle.lat, 6), round(middle.lng, 6)
