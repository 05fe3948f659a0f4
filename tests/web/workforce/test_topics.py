"""Who may read `worker:`, `customer:` and `positions:`: asked at every subscribe."""

import pytest

import hub
from tests.web.people import make_customer, make_staff, make_worker
from web.accounts.models import User

pytestmark = pytest.mark.django_db


def may_read(user: User | None, topic: str) -> bool:
    found = hub.topics.find(topic)
    assert found, topic
    return found.may_read(hub.Identity(str(user.pk) if user else ""))


def test_a_worker_reads_his_own_topic_and_nobody_else_does() -> None:
    worker, other = make_worker().user, make_worker().user
    assert may_read(worker, f"worker:{worker.pk}")
    for outsider in (other, make_customer(), make_staff(), None):
        assert not may_read(outsider, f"worker:{worker.pk}")


def test_a_customer_reads_his_own_topic_and_nobody_else_does() -> None:
    customer = make_customer()
    assert may_read(customer, f"customer:{customer.pk}")
    for outsider in (make_customer(), make_worker().user, make_staff(), None):
        assert not may_read(outsider, f"customer:{customer.pk}")


def test_a_citys_positions_are_for_its_staff() -> None:
    assert may_read(make_staff(), "positions:hangzhou")
    assert may_read(make_staff(city="hangzhou"), "positions:hangzhou")
    for outsider in (
        make_staff(city="shanghai"),
        make_staff(is_active=False),
        make_worker().user,
        make_customer(),
        None,
    ):
        assert not may_read(outsider, "positions:hangzhou")


def test_positions_are_latest_values_and_the_others_are_ordered() -> None:
    for topic in ("worker:1", "customer:1"):
        hub.topics.require(topic, hub.ORDERED)
    hub.topics.require("positions:hangzhou", hub.LATEST)
