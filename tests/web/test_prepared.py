"""Statements built once answer as Django's own do, with whatever they are asked."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.web.orders.story import Story, tomorrow
from tests.web.people import make_customer
from web.accounts.models import User
from web.ledger.models import Account, Journal
from web.orders.models import Order
from web.prepared import insert, insert_once, prepared

pytestmark = pytest.mark.django_db


@prepared
def _placed_by(customer_id: int, city: str, since: datetime) -> QuerySet[Order, tuple[int, str]]:
    his = Order.objects.filter(customer_id=customer_id, city=city, placed_at__gt=since, ended_at=None)
    return his.order_by("-pk").values_list("pk", "phase")


@prepared
def _whole(order_id: int) -> QuerySet[Order]:
    return Order.objects.filter(pk=order_id).annotate(customer_role=F("customer__role"))


@prepared
def _twice(user_id: int) -> QuerySet[User, int]:
    return User.objects.filter(Q(pk=user_id) | Q(orders__customer_id=user_id)).distinct().values_list("pk", flat=True)


def test_it_answers_what_it_is_asked_and_not_what_it_was_asked_before() -> None:
    story = Story.in_town()
    other = Story.placed(make_customer(), story.order.service, starts_at=tomorrow(15))
    ago = timezone.now() - timedelta(hours=1)
    for one in (story, other, story):
        order = one.order
        assert _placed_by(order.customer_id, order.city, ago) == [(order.pk, "AWAITING_PAYMENT")]
        assert _placed_by(order.customer_id, order.city, timezone.now()) == []
        assert _placed_by(order.customer_id, "nowhere", ago) == []


def test_a_row_is_the_row_with_its_personal_data_closed_until_somebody_asks() -> None:
    story = Story.in_town()
    (found,) = _whole(story.id)
    order = story.order
    assert vars(found)["customer_role"] == "customer"
    columns = [field.attname for field in Order._meta.concrete_fields]
    assert vars(found)["contact_phone"] != order.contact_phone
    assert {name: getattr(found, name) for name in columns} == {name: getattr(order, name) for name in columns}
    assert not found._state.adding


def test_an_argument_may_be_used_twice() -> None:
    customer = make_customer()
    assert _twice(customer.pk) == [customer.pk]


def test_it_is_built_once() -> None:
    built = 0

    @prepared
    def counted(order_id: int) -> QuerySet[Order, int]:
        nonlocal built
        built += 1
        return Order.objects.filter(pk=order_id).values_list("pk", flat=True)

    assert (counted(-1), counted(-2), built) == ([], [], 1)


def test_a_user_of_whom_the_name_was_read_is_asked_for_the_rest_when_it_is_wanted() -> None:
    customer = make_customer()
    called = User.called(customer.pk, "王小姐")
    with CaptureQueriesContext(connection) as asked:
        assert (called.pk, called.display_name) == (customer.pk, "王小姐")
    assert len(asked) == 0
    assert called.role == "customer"


def test_rows_are_inserted_with_their_keys_in_order() -> None:
    accounts = [Account(kind=Account.CASH, channel=f"channel-{number}") for number in range(3)]
    insert(accounts)
    for account in accounts:
        assert Account.objects.get(channel=account.channel).pk == account.pk


def test_a_row_that_is_known_is_not_inserted_again() -> None:
    first, second = (Journal(key="a", kind="payment", order_id=number) for number in (1, 2))
    assert (insert_once(first), insert_once(second)) == (True, False)
    assert Journal.objects.get() == first
    assert not Journal.objects.filter(order_id=2).exists()
