"""GET and PATCH /api/worker/profile, and the seed's register_worker."""

from typing import Any

import pytest

from tests.web.people import ALWAYS, CENTRE, SQUARE, Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.workforce import selectors, services
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db
MORNING = {"weekday": 0, "starts_s": 8 * 3600, "ends_s": 12 * 3600}


def ring(*points: list[float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(points)]}


def test_a_worker_sees_himself() -> None:
    worker = make_worker()
    Worker.objects.filter(pk=worker.pk).update(rating_sum=487, rating_count=100)
    profile = body_of(Api(worker.user).get("/worker/profile"))
    assert profile["hours"][0] == {"weekday": 0, "starts_s": 0, "ends_s": 86400}
    del profile["hours"]
    assert profile == {
        "id": worker.pk,
        "name": "王师傅",
        "city": "hangzhou",
        "home_lng": CENTRE[0],
        "home_lat": CENTRE[1],
        "area": SQUARE,
        "skills": ["cleaning"],
        "rating": "4.87",
        "on_duty": False,
        "unanswered": 0,
    }


def test_hours_and_area_are_his_to_change_one_at_a_time() -> None:
    api = Api(make_worker().user)
    assert body_of(api.patch("/worker/profile", {"hours": [MORNING]}))["hours"] == [MORNING]
    square = ring([120, 30], [121, 30], [121, 31], [120, 31], [120, 30])
    changed = body_of(api.patch("/worker/profile", {"area": square}))
    assert (changed["area"], changed["hours"]) == (square, [MORNING])
    assert body_of(api.patch("/worker/profile", {"hours": []}))["hours"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"hours": [MORNING, {**MORNING, "starts_s": 11 * 3600}]},
        {"hours": [{**MORNING, "weekday": 7}]},
        {"hours": [{**MORNING, "ends_s": 8 * 3600}]},
        {"hours": [{**MORNING, "ends_s": 86401}]},
        {"skills": ["massage"]},
        {"city": "shanghai"},
        {"rating": "5.00"},
        {"area": {"type": "Point", "coordinates": [120, 30]}},
        {"area": ring([120, 30], [121, 31], [120, 30])},
        {"area": ring([120, 30], [121, 31], [121, 30], [120, 31], [120, 30])},
        {"area": ring([120, 30], [121, 30], [121, 31], [120, 31])},
        {"area": ring([100, 20], [121, 20], [121, 41], [100, 41], [100, 20])},
        {"area": ring([120, 30], [120, 30], [120, 30], [120, 30])},
        {"area": {**SQUARE, "crs": "WGS84"}},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    api = Api(make_worker().user)
    before = body_of(api.get("/worker/profile"))
    assert refusal(api.patch("/worker/profile", change)) == (422, "invalid_request")
    assert body_of(api.get("/worker/profile")) == before


def test_only_workers_have_a_profile() -> None:
    for outsider in (make_customer(), make_staff()):
        assert refusal(Api(outsider).get("/worker/profile")) == (403, "forbidden")


def test_the_seed_may_run_again_and_leaves_the_switch_alone() -> None:
    first = make_worker(phone="+8613800000001", on_duty=True)
    again = services.register_worker(
        phone="+8613800000001",
        name="王大师傅",
        city="hangzhou",
        home=(120.2, 30.2),
        area=SQUARE,
        skills=["massage"],
        hours=ALWAYS[:5],
    )
    assert again.pk == first.pk
    assert (Worker.objects.count(), User.objects.count()) == (1, 1)
    worker = selectors.workers_in("hangzhou")[0]
    assert worker.on_duty
    assert worker.user.display_name == "王大师傅"
    assert selectors.skills_of(worker) == {"massage"}
    assert selectors.spans_of(worker) == ALWAYS[:5]
    assert (worker.home_lng, worker.home_lat) == (120.2, 30.2)


def test_a_customers_phone_makes_no_worker() -> None:
    customer = make_customer()
    with pytest.raises(ValueError, match=f"user {customer.pk} is no worker"):
        make_worker(phone=customer.phone)
    assert not Worker.objects.exists()


def test_staff_see_their_citys_workers_and_workers_themselves() -> None:
    here, there = make_worker(), make_worker(city="shanghai")
    assert set(selectors.visible_to(make_staff(city="hangzhou"))) == {here}
    assert set(selectors.visible_to(make_staff())) == {here, there}
    assert set(selectors.visible_to(here.user)) == {here}
    assert set(selectors.visible_to(make_customer())) == set()
