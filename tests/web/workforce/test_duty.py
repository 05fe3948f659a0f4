"""The switch 听单/休息: durable, and told once."""

import json
import threading
from typing import Any

import pytest
from django.db import connection

import hub
from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.workforce import services
from web.workforce.models import Worker
from workflows.transitions import Role

pytestmark = pytest.mark.django_db


def events(topic: str) -> list[tuple[str, dict[str, Any]]]:
    """(type, data) of what was published to a topic, read by SQL."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT type, data::text FROM hub_event WHERE topic = %s ORDER BY "offset"', [topic])
        return [(row[0], json.loads(row[1])) for row in cursor.fetchall()]


def test_the_switch_turns_and_stays() -> None:
    worker = make_worker()
    api = Api(worker.user)
    assert body_of(api.get("/worker/duty")) == {"on_duty": False, "since": None}
    turned = body_of(api.put("/worker/duty", {"on_duty": True}))
    assert turned["on_duty"] is True
    assert turned["since"].endswith("Z")
    assert body_of(api.get("/worker/duty")) == turned
    assert body_of(api.put("/worker/duty", {"on_duty": False})) == {"on_duty": False, "since": None}


def test_board_and_worker_are_told_once_however_often_it_is_pressed() -> None:
    worker = make_worker()
    api = Api(worker.user)
    for _ in range(3):
        api.put("/worker/duty", {"on_duty": True})
    card = {
        "id": worker.pk,
        "name": "王师傅",
        "city": "hangzhou",
        "state": "on_duty",
        "reach": "front",
        "rating": "",
        "skills": ["cleaning"],
        "order": None,
    }
    assert events("board:hangzhou") == [("worker.changed", {"worker": card})]
    assert events(f"worker:{worker.pk}") == [("worker.changed", {"worker": card})]


@pytest.mark.django_db(transaction=True)
def test_eight_presses_at_once_are_one_change() -> None:
    worker = make_worker()
    at_once(8, lambda: services.set_duty(worker_id=worker.pk, on_duty=True))
    assert len(events("board:hangzhou")) == 1


@pytest.mark.parametrize("body", [{}, {"on_duty": "true"}, {"on_duty": 1}, {"on_duty": True, "since": None}, []])
def test_what_is_no_switch_is_refused(body: object) -> None:
    assert refusal(Api(make_worker().user).put("/worker/duty", body)) == (422, "invalid_request")


def test_only_workers_have_a_switch() -> None:
    for outsider in (make_customer(), make_staff()):
        assert refusal(Api(outsider).put("/worker/duty", {"on_duty": True})) == (403, "forbidden")
    assert refusal(Api().put("/worker/duty", {"on_duty": True})) == (401, "unauthenticated")


def test_an_account_without_a_profile_has_none_either() -> None:
    account = User.objects.create(role=Role.WORKER)
    assert refusal(Api(account).get("/worker/profile")) == (403, "forbidden")
    assert refusal(Api(account).get("/worker/duty")) == (404, "not_found")


def unanswered(worker: Worker) -> int:
    return Worker.objects.values_list("unanswered", flat=True).get(pk=worker.pk)


def test_three_unanswered_offers_in_a_row_are_a_rest_and_he_is_told() -> None:
    worker = make_worker(on_duty=True)
    before = len(events("board:hangzhou"))
    for _ in range(2):
        services.note_unanswered(worker_id=worker.pk, rest_after=3)
    assert len(events("board:hangzhou")) == before
    services.note_unanswered(worker_id=worker.pk, rest_after=3)
    assert events("board:hangzhou")[-1][1]["worker"]["state"] == "off_duty"
    assert ("worker.rested", {"unanswered": 3}) in events(f"worker:{worker.pk}")
    services.note_unanswered(worker_id=worker.pk, rest_after=3)
    assert len(events("board:hangzhou")) == before + 1


def test_an_answer_and_a_fresh_start_both_forget_what_was_unanswered() -> None:
    worker = make_worker(on_duty=True)
    services.note_unanswered(worker_id=worker.pk, rest_after=3)
    services.note_answered(worker_id=worker.pk)
    assert unanswered(worker) == 0
    for _ in range(3):
        services.note_unanswered(worker_id=worker.pk, rest_after=3)
    services.set_duty(worker_id=worker.pk, on_duty=True)
    assert unanswered(worker) == 0


@pytest.mark.django_db(transaction=True)
def test_a_card_read_before_the_switch_was_turned_is_not_told_after_it() -> None:
    """A departure tells his card, and he turns the switch before that transaction is over: the last card is true."""
    worker = make_worker(on_duty=True)
    read, turned = threading.Event(), threading.Event()

    def tell() -> None:
        with hub.atomic():
            services.publish_worker(worker_id=worker.pk)
            read.set()
            turned.wait(0.5)

    def turn() -> None:
        read.wait(5)
        services.set_duty(worker_id=worker.pk, on_duty=False)
        turned.set()

    acts = iter([tell, turn])
    at_once(2, lambda: next(acts)())
    assert [data["worker"]["state"] for _, data in events("board:hangzhou")][-2:] == ["on_duty", "off_duty"]
