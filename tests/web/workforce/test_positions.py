"""Where a worker is: the newest counts, whoever rests is left alone, and nothing of it is in an ordered topic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

import hub
from hub.rpc import RpcRefused
from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, make_service, make_staff, make_worker, refusal, sold
from web.orders.models import Order
from web.workforce import services
from web.workforce.models import Worker, WorkerPosition
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db
Sent = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """(topic, key, data) of every latest value on its way to Redis."""
    caught: Sent = []

    def publish_latest(topic: str, *, key: str, data: dict[str, Any]) -> None:
        caught.append((topic, key, data))

    monkeypatch.setattr(hub, "publish_latest", publish_latest)
    return caught


def at(seconds: int, **change: object) -> dict[str, Any]:
    """A position of so many seconds ago, as a phone sends it."""
    moment = (timezone.now() - timedelta(seconds=seconds)).isoformat()
    return {"lng": 120.15, "lat": 30.27, "accuracy_m": 12.5, "at": moment} | change


def post(worker: Worker, *positions: dict[str, Any]) -> bool:
    answer = body_of(Api(worker.user).post("/worker/positions", {"positions": positions}))
    return bool(answer["newest_kept"])


def travel(worker: Worker, *, phase: Phase = Phase.EN_ROUTE) -> Order:
    """An order that this worker is on, in `phase`."""
    service = make_service()
    return Order.objects.create(
        customer=make_customer(),
        worker=worker.user,
        service=service,
        service_version=sold(service),
        city=worker.city,
        phase=phase.value,
        starts_at=timezone.now(),
        duration_s=3600,
        lng=120.2,
        lat=30.2,
        total_fen=1,
        policies={},
    )


def test_of_a_batch_the_newest_is_kept(sent: Sent) -> None:
    worker = make_worker(on_duty=True)
    assert post(worker, at(30, lng=120.1), at(10, lng=120.2), at(20, lng=120.3))
    assert WorkerPosition.objects.get(worker=worker).lng == 120.2
    assert [(topic, key, data["lng"]) for topic, key, data in sent] == [("positions:hangzhou", str(worker.pk), 120.2)]


def test_a_late_batch_overtakes_nothing(sent: Sent) -> None:
    worker = make_worker(on_duty=True)
    assert post(worker, at(10, lng=120.2))
    assert not post(worker, at(60, lng=120.1), at(11, lng=120.3))
    assert WorkerPosition.objects.get(worker=worker).lng == 120.2
    assert len(sent) == 1


def test_a_phone_whose_clock_runs_ahead_does_not_outlive_its_later_positions() -> None:
    worker = make_worker(on_duty=True)
    assert post(worker, at(-300, lng=120.1))
    assert WorkerPosition.objects.get(worker=worker).at <= timezone.now()
    assert post(worker, at(-301, lng=120.2))
    assert WorkerPosition.objects.get(worker=worker).lng == 120.2


def test_who_rests_is_left_alone(sent: Sent) -> None:
    worker = make_worker(on_duty=False)
    assert not post(worker, at(1))
    assert not WorkerPosition.objects.exists()
    assert sent == []


def test_on_the_way_the_customer_sees_him_and_only_then(sent: Sent) -> None:
    worker = make_worker(on_duty=False)
    order = travel(worker)
    assert post(worker, at(20))
    assert [topic for topic, _, _ in sent] == ["positions:hangzhou", f"position:{order.pk}"]
    Order.objects.filter(pk=order.pk).update(phase=Phase.ARRIVED.value)
    assert post(worker, at(10))
    assert [topic for topic, _, _ in sent[2:]] == ["positions:hangzhou"]


def test_nothing_of_it_stands_in_the_log() -> None:
    worker = make_worker(on_duty=True)
    post(worker, at(1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hub_event WHERE topic LIKE 'position%%'", [])
        assert cursor.fetchone()[0] == 0


@pytest.mark.django_db(transaction=True)
def test_eight_batches_at_once_leave_the_newest() -> None:
    worker = make_worker(on_duty=True)
    ages = iter(range(80, 0, -10))
    assert at_once(8, lambda: post(worker, at(age := next(ages), lng=120 + age / 1000)))
    assert WorkerPosition.objects.get(worker=worker).lng == pytest.approx(120.01)


@pytest.mark.parametrize(
    "positions",
    [
        [],
        "somewhere",
        [at(1, lng="120")],
        [at(1, lng=0)],
        [at(1, at="yesterday")],
        [at(1, at="2026-11-23T10:00:00")],
        [at(1, at=1_700_000_000)],
        [at(1, speed=3)],
        [at(1)] * 201,
    ],
)
def test_what_is_no_position_is_refused(positions: object) -> None:
    worker = make_worker(on_duty=True)
    answer = Api(worker.user).post("/worker/positions", {"positions": positions})
    assert refusal(answer) == (422, "invalid_request")


def test_only_workers_are_somewhere() -> None:
    for outsider in (make_customer(), make_staff()):
        assert refusal(Api(outsider).post("/worker/positions", {"positions": [at(1)]})) == (403, "forbidden")


def rpc(user_id: str, data: object) -> dict[str, Any]:
    method = hub.rpc.find("position")
    assert method
    return dict(method(hub.Identity(user_id), data))


def test_the_socket_takes_the_same(sent: Sent) -> None:
    worker = make_worker(on_duty=True)
    assert rpc(str(worker.pk), {"positions": [at(1)]}) == {"newest_kept": True}
    assert [topic for topic, _, _ in sent] == ["positions:hangzhou"]


@pytest.mark.parametrize("data", [None, [], {}, {"positions": [{"lng": 1}]}, "text"])
def test_the_socket_refuses_what_does_not_fit(data: object) -> None:
    with pytest.raises(RpcRefused) as refused:
        rpc(str(make_worker(on_duty=True).pk), data)
    assert refused.value.code == 422


@pytest.mark.parametrize("user_id", ["", "0", "nobody", "²"])
def test_the_socket_refuses_who_is_no_worker(user_id: str) -> None:
    for identity in (user_id, str(make_customer().pk)):
        with pytest.raises(RpcRefused) as refused:
            rpc(identity, {"positions": [at(1)]})
        assert refused.value.code == 403


def test_a_position_is_shown_to_about_a_metre(sent: Sent) -> None:
    worker = make_worker(on_duty=True)
    moment = datetime(2026, 11, 23, 4, 5, 6, 789_000, tzinfo=UTC)
    seen = services.Seen(lng=120.123456789, lat=30.1, accuracy_m=5, at=moment)
    services.record_positions(worker=worker, positions=[seen])
    assert sent[0][2] == {
        "worker_id": worker.pk,
        "lng": 120.12346,
        "lat": 30.1,
        "accuracy_m": 5,
        "at": "2026-11-23T04:05:06.789Z",
    }
