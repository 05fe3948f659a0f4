"""What staff ask of the hub: the right people only, and nothing without a record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

import hub
from hub import top
from hub.models import Event
from tests.web.people import CITY, make_customer, make_staff, make_worker
from web.accounts import hub_desk, selectors, services
from web.accounts.models import StaffAction, User
from web.errors import DoorbellError

pytestmark = pytest.mark.django_db

WHY = "用户来电：收不到派单"


@pytest.fixture
def operator() -> User:
    return make_staff()


@pytest.fixture
def customer() -> User:
    return make_customer()


def publish(customer: User, *texts: str) -> None:
    with hub.atomic():
        for text in texts:
            hub.publish(f"customer:{customer.pk}", type="test.told", data={"text": text})


def everything(actor: User, customer: User) -> list[Callable[[], Any]]:
    topic = f"customer:{customer.pk}"
    return [
        lambda: hub_desk.processes(actor=actor),
        lambda: hub_desk.live_topics(actor=actor),
        lambda: hub_desk.read_topic(actor=actor, topic=topic, reason=WHY),
        lambda: hub_desk.connections_of(actor=actor, user_id=customer.pk, reason=WHY),
        lambda: hub_desk.disconnect(actor=actor, user_id=customer.pk, reason=WHY),
    ]


def test_who_is_not_in_charge_of_everything_may_nothing(customer: User) -> None:
    outsiders = [customer, make_worker().user, make_staff(city=CITY), make_staff(city="")]
    for outsider in (*outsiders, make_staff(is_active=False)):
        for ask in everything(outsider, customer):
            with pytest.raises(DoorbellError, match="forbidden"):
                ask()
    assert not StaffAction.objects.exists()


def test_reading_a_topic_shows_its_log_and_leaves_a_record(operator: User, customer: User) -> None:
    publish(customer, "一", "二")
    page = hub_desk.read_topic(actor=operator, topic=f"customer:{customer.pk}", reason=WHY, limit=1)
    assert (page.head, [event["publication"]["data"]["data"]["text"] for event in page.events]) == (2, ["二"])
    (kept,) = StaffAction.objects.all()
    assert (kept.actor, kept.action, kept.target, kept.reason) == (operator, "hub_read", page_target(customer), WHY)
    assert kept.action_name == "读取推送记录"


def page_target(customer: User) -> str:
    return f"topic:customer:{customer.pk}"


def test_looking_somebody_up_leaves_a_record(operator: User, customer: User) -> None:
    found, silent = hub_desk.connections_of(actor=operator, user_id=customer.pk, reason=WHY)
    assert found == []
    assert isinstance(silent, list)
    assert StaffAction.objects.get().target == f"user:{customer.pk}"


def test_disconnecting_revokes_and_leaves_a_record(operator: User, customer: User) -> None:
    hub_desk.disconnect(actor=operator, user_id=customer.pk, reason=WHY, login="a-login")
    told = Event.objects.filter(topic="$revocations", subject=str(customer.pk)).latest("offset")
    assert (told.type, told.data) == ("disconnect", {"login": "a-login"})
    assert StaffAction.objects.get().target == f"user:{customer.pk}:a-login"


@pytest.mark.parametrize("reason", ["", "   ", "长" * 201])
def test_without_a_reason_nothing_happens(operator: User, customer: User, reason: str) -> None:
    before = Event.objects.count()
    for ask in (
        lambda: hub_desk.read_topic(actor=operator, topic=f"customer:{customer.pk}", reason=reason),
        lambda: hub_desk.connections_of(actor=operator, user_id=customer.pk, reason=reason),
        lambda: hub_desk.disconnect(actor=operator, user_id=customer.pk, reason=reason),
    ):
        with pytest.raises(DoorbellError, match="invalid_request"):
            ask()
    assert (Event.objects.count(), StaffAction.objects.count()) == (before, 0)


def test_what_does_not_exist_is_not_found_and_leaves_no_record(operator: User) -> None:
    for ask in (
        lambda: hub_desk.read_topic(actor=operator, topic="nothing:7", reason=WHY),
        lambda: hub_desk.read_topic(actor=operator, topic="$revocations", reason=WHY),
        lambda: hub_desk.connections_of(actor=operator, user_id=10**12, reason=WHY),
        lambda: hub_desk.disconnect(actor=operator, user_id=10**12, reason=WHY),
    ):
        with pytest.raises(DoorbellError, match="not_found"):
            ask()
    assert not StaffAction.objects.exists()


def test_processes_and_topics_need_no_record(operator: User) -> None:
    assert isinstance(hub_desk.processes(actor=operator), list)
    assert isinstance(hub_desk.live_topics(actor=operator), tuple)
    assert not StaffAction.objects.exists()


def test_without_redis_the_desk_says_so(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError

    monkeypatch.setattr(top, "read", away)
    with pytest.raises(DoorbellError, match="unavailable"):
        hub_desk.processes(actor=operator)


def test_a_record_can_neither_be_changed_nor_removed(operator: User, customer: User) -> None:
    services.record_staff_action(actor=operator, action="hub_read", target="topic:x", reason=WHY)
    for sql in ("UPDATE accounts_staffaction SET target = ''", "DELETE FROM accounts_staffaction"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_reason_is_kept_encrypted(operator: User) -> None:
    services.record_staff_action(actor=operator, action="hub_read", target="topic:x", reason=WHY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM accounts_staffaction")
        assert WHY not in cursor.fetchone()[0]


def test_everybody_sees_his_own_records_and_who_is_everywhere_all(operator: User, customer: User) -> None:
    local = make_staff(city=CITY)
    for actor in (operator, local):
        services.record_staff_action(actor=actor, action="hub_read", target="topic:x", reason=WHY)
    seen = {who.pk: selectors.staff_actions_visible_to(who).count() for who in (operator, local, customer)}
    assert seen == {operator.pk: 2, local.pk: 1, customer.pk: 0}


def test_only_staff_act_as_staff(customer: User) -> None:
    for actor in (customer, make_staff(is_active=False)):
        with pytest.raises(DoorbellError, match="forbidden"):
            services.record_staff_action(actor=actor, action="hub_read", target="topic:x", reason=WHY)
