"""Several rounds at the same moment, as two worker processes have them: one send, one consent, one plan."""

from queue import SimpleQueue

import pytest

from tests.web.crowd import at_once
from tests.web.notifications.outbox import put_template, tell, ways
from tests.web.notifications.wechat_standin import WeChat
from tests.web.people import make_customer
from web.accounts.models import User
from web.notifications import selectors, services
from web.notifications.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(standin: WeChat) -> User:
    """WeChat would take a second message; we hold one consent."""
    customer = make_customer()
    standin.templates[put_template("accepted")] = {"thing1", "time2"}
    standin.allows("openid-1", "TEMPLATE-accepted", times=9)
    services.put_wechat_account(user_id=customer.pk, openid="openid-1")
    services.give_consents(user_id=customer.pk, templates=["accepted"], key="tap")
    return customer


def test_of_many_who_try_one_delivery_one_sends_it(standin: WeChat, customer: User) -> None:
    tell(customer)
    services.plan_deliveries()
    delivery = Delivery.objects.get()
    states = at_once(6, lambda: services.deliver(delivery_id=delivery.pk))
    assert sorted(states) == ["", "", "", "", "", "sent"]
    assert standin.tries == 1


def test_of_two_messages_and_one_consent_one_is_sent_by_wechat(standin: WeChat, customer: User) -> None:
    messages = [tell(customer) for _ in range(4)]
    services.plan_deliveries()
    waiting: SimpleQueue[int] = SimpleQueue()
    for delivery in Delivery.objects.all():
        waiting.put(delivery.pk)
    at_once(4, lambda: services.deliver(delivery_id=waiting.get()))
    assert sorted(ways(message)["wechat"][1] for message in messages) == ["", *["no_consent"] * 3]
    assert (len(standin.sent), selectors.sends_left(user_id=customer.pk, template="accepted")) == (1, 0)


def test_many_planners_plan_each_message_once(customer: User) -> None:
    for _ in range(10):
        tell(customer)
    assert sum(at_once(4, services.plan_deliveries)) == 10
    assert Delivery.objects.count() == 10


def test_one_tap_that_is_reported_by_many_counts_once(customer: User) -> None:
    at_once(5, lambda: services.give_consents(user_id=customer.pk, templates=["accepted", "departed"], key="tap-2"))
    assert selectors.sends_left(user_id=customer.pk, template="accepted") == 2
    assert selectors.sends_left(user_id=customer.pk, template="departed") == 1
