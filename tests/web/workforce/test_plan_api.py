"""GET and PATCH /api/worker/plan: a worker's own plan, and the orders that a change of it would break."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.orders.story import Story, tomorrow
from tests.web.people import CENTRE, Api, body_of, make_customer, make_service, make_staff, make_worker, refusal
from web.times import SHANGHAI, iso, midnight
from web.workforce import planning
from web.workforce.models import DateOverride, Holiday, Leave, Worker

pytestmark = pytest.mark.django_db

MORNING = {"weekday": 0, "starts_s": 28_800, "ends_s": 43_200}
TEA = {"weekday": 0, "starts_s": 36_000, "ends_s": 36_900}


def today() -> Any:
    return timezone.now().astimezone(SHANGHAI).date()


@pytest.fixture
def worker() -> Worker:
    return make_worker(on_duty=True)


@pytest.fixture
def api(worker: Worker) -> Api:
    return Api(worker.user)


def accepted(worker: Worker, **booking: Any) -> Story:
    """An order that he has accepted."""
    return Story.placed(make_customer(), make_service(), **booking).pay().offer().accept()


def days_off(starts_at: datetime) -> dict[str, Any]:
    """The whole day of that visit as a leave."""
    day = midnight(starts_at.astimezone(SHANGHAI).date())
    return {"kind": "personal", "starts_at": day.isoformat(), "ends_at": (day + timedelta(days=1)).isoformat()}


def test_a_plan_of_nothing_but_a_week(api: Api) -> None:
    plan = body_of(api.get("/worker/plan"))
    assert plan.pop("hours")[0] == {"weekday": 0, "starts_s": 0, "ends_s": 86_400}
    assert plan == {
        "breaks": [],
        "overrides": [],
        "leaves": [],
        "home": {"lng": CENTRE[0], "lat": CENTRE[1]},
        "bases": [],
        "caps": {"max_day": None, "max_week": None},
        "holidays": [],
    }


def test_each_part_is_replaced_as_a_whole_and_the_others_stay(api: Api) -> None:
    soon = (today() + timedelta(days=3)).isoformat()
    leave = {"kind": "sick", "starts_at": f"{soon}T01:00:00Z", "ends_at": f"{soon}T03:00:00Z"}
    parts: dict[str, Any] = {
        "hours": [MORNING],
        "breaks": [TEA],
        "overrides": [{"date": soon, "hours": [{"starts_s": 0, "ends_s": 3600}]}],
        "leaves": [leave],
        "bases": [{"name": "老家", "lng": 120.2, "lat": 30.2, "weekdays": [5, 6]}],
        "home": {"lng": 120.3, "lat": 30.3},
        "caps": {"max_day": 4, "max_week": None},
    }
    for part, value in parts.items():
        changed = body_of(api.patch("/worker/plan", {part: value}))
        assert changed[part] == value
    plan = body_of(api.get("/worker/plan"))
    assert {part: plan[part] for part in parts} == parts
    emptied = body_of(api.patch("/worker/plan", {"overrides": [], "leaves": [], "bases": [], "breaks": []}))
    assert [emptied[part] for part in ("overrides", "leaves", "bases", "breaks")] == [[], [], [], []]
    assert emptied["caps"] == parts["caps"]


def test_holidays_ahead_are_shown(api: Api) -> None:
    planning.put_holiday(day=today() - timedelta(days=1), name="昨日", kind=Holiday.OFF)
    planning.put_holiday(day=today() + timedelta(days=20), name="元旦", kind=Holiday.OFF)
    shown = body_of(api.get("/worker/plan"))["holidays"]
    assert shown == [{"date": (today() + timedelta(days=20)).isoformat(), "name": "元旦", "kind": "off"}]


@pytest.mark.parametrize(
    "change",
    [
        {"breaks": [TEA, TEA]},
        {"hours": [MORNING, TEA]},
        {"overrides": [{"date": "2031-02-29", "hours": []}]},
        {"overrides": [{"date": "20310228", "hours": []}]},
        {"overrides": [{"date": "2031-02-28", "hours": []}] * 2},
        {"overrides": [{"date": "2031-02-28", "hours": [{"starts_s": 10, "ends_s": 10}]}]},
        {
            "overrides": [
                {"date": "2031-02-28", "hours": [{"starts_s": 0, "ends_s": 20}, {"starts_s": 10, "ends_s": 30}]}
            ]
        },
        {"leaves": [{"kind": "holiday", "starts_at": "2031-01-01T00:00:00Z", "ends_at": "2031-01-02T00:00:00Z"}]},
        {"leaves": [{"kind": "sick", "starts_at": "2031-01-02T00:00:00Z", "ends_at": "2031-01-01T00:00:00Z"}]},
        {"leaves": [{"kind": "sick", "starts_at": "2031-01-01T00:00:00", "ends_at": "2031-01-02T00:00:00"}]},
        {"bases": [{"lng": 120.2, "lat": 30.2, "weekdays": []}]},
        {"bases": [{"lng": 120.2, "lat": 30.2, "weekdays": [1, 1]}]},
        {"bases": [{"lng": 120.2, "lat": 30.2, "weekdays": [1]}, {"lng": 120.3, "lat": 30.2, "weekdays": [1]}]},
        {"bases": [{"lng": 20.2, "lat": 30.2, "weekdays": [1]}]},
        {"caps": {"max_day": 0, "max_week": None}},
        {"caps": {"max_day": 3}},
        {"worker_id": 1},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(api: Api, change: dict[str, Any]) -> None:
    before = body_of(api.get("/worker/plan"))
    assert refusal(api.patch("/worker/plan", change)) == (422, "invalid_request")
    assert body_of(api.get("/worker/plan")) == before


def test_a_break_lies_in_the_hours_it_comes_with(api: Api) -> None:
    body_of(api.patch("/worker/plan", {"hours": [MORNING]}))
    late = TEA | {"ends_s": 43_201}
    for outside in (late, TEA | {"weekday": 1}):
        assert refusal(api.patch("/worker/plan", {"breaks": [outside]})) == (422, "break_outside_hours")
    longer = MORNING | {"ends_s": 43_201}
    assert body_of(api.patch("/worker/plan", {"hours": [longer], "breaks": [late]}))["breaks"] == [late]


def test_only_workers_have_a_plan() -> None:
    make_worker()
    for outsider in (make_customer(), make_staff()):
        assert refusal(Api(outsider).get("/worker/plan")) == (403, "forbidden")
        assert refusal(Api(outsider).patch("/worker/plan", {"hours": []})) == (403, "forbidden")
    assert refusal(Api().get("/worker/plan")) == (401, "unauthenticated")


def test_one_workers_plan_is_not_anothers(api: Api) -> None:
    other = Api(make_worker().user)
    soon = (today() + timedelta(days=3)).isoformat()
    body_of(
        api.patch("/worker/plan", {"overrides": [{"date": soon, "hours": []}], "caps": {"max_day": 1, "max_week": 1}})
    )
    assert body_of(other.get("/worker/plan"))["overrides"] == []
    assert body_of(other.get("/worker/plan"))["caps"] == {"max_day": None, "max_week": None}


def test_what_is_over_stays_history(worker: Worker, api: Api) -> None:
    # Whole seconds are written without their fraction.
    yesterday, now = today() - timedelta(days=1), timezone.now().replace(microsecond=5_000)
    DateOverride.objects.create(worker=worker, date=yesterday, spans=[[0, 60]])
    Leave.objects.create(worker=worker, kind="sick", starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    running = {"kind": "annual", "starts_at": iso(now - timedelta(hours=1)), "ends_at": iso(now + timedelta(hours=1))}
    past = {"kind": "annual", "starts_at": iso(now - timedelta(hours=9)), "ends_at": iso(now - timedelta(hours=8))}
    change = {"leaves": [running, past], "overrides": [{"date": yesterday.isoformat(), "hours": []}]}
    changed = body_of(api.patch("/worker/plan", change))
    assert (changed["leaves"], changed["overrides"]) == ([running], [])
    assert body_of(api.patch("/worker/plan", {"leaves": [], "overrides": []}))["leaves"] == []
    assert worker.overrides.get().spans == [[0, 60]]
    assert worker.leaves.get().kind == "sick"


def test_a_leave_on_the_day_of_an_order_lists_it_and_changes_nothing(worker: Worker, api: Api) -> None:
    story = accepted(worker)
    answer = api.patch("/worker/plan", {"leaves": [days_off(story.order.starts_at)]})
    assert refusal(answer) == (409, "plan_breaks_orders")
    order = story.order
    ends_at = order.starts_at + timedelta(seconds=order.duration_s)
    listed = {"order_id": order.pk, "starts_at": iso(order.starts_at), "ends_at": iso(ends_at)}
    assert json.loads(answer.content)["details"] == {"orders": [listed]}
    assert body_of(api.get("/worker/plan"))["leaves"] == []


def test_he_may_keep_them_all_the_same(worker: Worker, api: Api) -> None:
    story = accepted(worker)
    leave = days_off(story.order.starts_at)
    assert len(body_of(api.patch("/worker/plan", {"leaves": [leave], "keep": True}))["leaves"]) == 1
    assert story.order.worker_id == worker.pk
    # What does not fit already is broken by no further change.
    body_of(api.patch("/worker/plan", {"leaves": [leave], "overrides": []}))


@pytest.mark.parametrize("change", [{"hours": []}, {"hours": [MORNING]}])
def test_the_profiles_hours_ask_too(worker: Worker, api: Api, change: dict[str, Any]) -> None:
    story = accepted(worker, starts_at=tomorrow(15))
    assert refusal(api.patch("/worker/profile", change)) == (409, "plan_breaks_orders")
    assert len(body_of(api.get("/worker/profile"))["hours"]) == 7
    assert body_of(api.patch("/worker/profile", change | {"keep": True}))["hours"] == change["hours"]
    assert story.order.worker_id == worker.pk


def test_a_cap_breaks_the_last_of_too_many(worker: Worker, api: Api) -> None:
    customer, service = make_customer(), make_service()
    for hour in (2, 6, 10):
        last = Story.placed(customer, service, starts_at=tomorrow(hour)).pay().offer().accept()
    answer = api.patch("/worker/plan", {"caps": {"max_day": 2, "max_week": None}})
    assert refusal(answer) == (409, "plan_breaks_orders")
    assert [one["order_id"] for one in json.loads(answer.content)["details"]["orders"]] == [last.order.pk]
    body_of(api.patch("/worker/plan", {"caps": {"max_day": 3, "max_week": None}}))


def test_an_order_that_he_has_not_accepted_is_nobodys_promise(worker: Worker, api: Api) -> None:
    story = Story.placed(make_customer(), make_service()).pay()
    body_of(api.patch("/worker/plan", {"leaves": [days_off(story.order.starts_at)]}))


def test_a_change_that_leaves_the_order_alone_is_not_asked_about(worker: Worker, api: Api) -> None:
    story = accepted(worker)
    body_of(api.patch("/worker/plan", {"leaves": [days_off(story.order.starts_at + timedelta(days=1))]}))
    body_of(api.patch("/worker/plan", {"home": {"lng": 120.3, "lat": 30.3}}))
