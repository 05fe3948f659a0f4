"""Staff set a worker's level: with a trace, told to him, and for what he takes from then on."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.web.orders.story import Story, terms, tomorrow
from tests.web.people import Api, body_of, make_city, make_staff, make_worker, refusal
from web.accounts.models import User
from web.notifications.models import Message
from web.workforce.models import LevelChange, WorkerSkill

pytestmark = pytest.mark.django_db

GOLD = {"level": 5, "note": "季度考核优秀"}


def skill_of(worker: User) -> str:
    return WorkerSkill.objects.filter(worker_id=worker.pk).values_list("skill", flat=True)[0]


def promote(worker: User, *, level: int = 5) -> None:
    body = {"skill": skill_of(worker), "level": level, "note": "季度考核"}
    body_of(Api(make_staff(city="hangzhou")).put(f"/workers/{worker.pk}/levels", body))


def test_it_is_set_once_with_a_trace_and_he_is_told() -> None:
    worker, staff = make_worker().user, make_staff(city="hangzhou")
    path, skill = f"/workers/{worker.pk}/levels", skill_of(worker)
    for _ in range(2):
        shown = body_of(Api(staff).put(path, {"skill": skill, **GOLD}))
    assert shown["levels"] == [{"skill": skill, "level": 5, "name": "金牌"}]
    (change,) = shown["changes"]
    assert (change["before"], change["after"], change["by"]) == (1, 5, staff.display_name)
    assert change["note"] == "季度考核优秀"
    assert body_of(Api(staff).get(path)) == shown
    assert [message.kind for message in Message.objects.filter(user=worker)] == ["level"]


def test_nobody_else_sets_or_reads_it_and_only_of_what_he_was_approved_for() -> None:
    worker, here = make_worker().user, Api(make_staff(city="hangzhou"))
    path, body = f"/workers/{worker.pk}/levels", {"skill": skill_of(worker), **GOLD}
    assert refusal(Api(make_staff(city="shanghai")).put(path, body)) == (404, "not_found")
    assert refusal(Api(worker).put(path, body)) == (403, "forbidden")
    assert refusal(here.put(path, body | {"skill": "unheard-of"})) == (409, "skill_unknown")
    for level in (0, 6):
        assert refusal(here.put(path, body | {"level": level})) == (422, "invalid_request")
    assert not LevelChange.objects.exists()


def test_the_trace_is_append_only() -> None:
    worker = make_worker().user
    promote(worker)
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE workforce_levelchange SET after = 2")


def test_the_commission_follows_it_for_orders_taken_afterwards_alone() -> None:
    make_city()
    terms("commission", by_level={"5": 1_000})
    taken = Story.in_town().accepted()
    worker, customer, service = taken.worker, taken.order.customer, taken.order.service
    asked = Story.placed(customer, service, starts_at=tomorrow(14)).pay().offer()
    promote(worker)
    asked.accept()
    later = Story.placed(customer, service, starts_at=tomorrow(18)).pay().offer().accept()
    assert [story.order.commission_bp for story in (taken, asked, later)] == [2_000, 1_000, 1_000]
    # What he is shown is what he will earn, also of the one that he was asked about before.
    assert [pay_of(story, worker) for story in (taken, asked, later)] == [8_720, 9_810, 9_810]
    promote(worker, level=2)
    assert [story.order.commission_bp for story in (taken, asked, later)] == [2_000, 1_000, 1_000]


def pay_of(story: Story, worker: User) -> int:
    return int(body_of(Api(worker).get(f"/orders/{story.id}"))["pay_fen"])
