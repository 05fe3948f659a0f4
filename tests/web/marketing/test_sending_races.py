"""Several processes sweep at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.marketing.wealth import enrich
from tests.web.people import make_customer, make_staff
from web.marketing import services
from web.marketing.models import Sending
from web.marketing.services.sending import Draft, is_quiet
from web.notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


NOON = datetime(2036, 11, 29, 4, tzinfo=UTC)
"""Of a day in Shanghai after everything that is made here."""


def test_nobody_is_told_twice() -> None:
    town, staff = [make_customer() for _ in range(20)], make_staff()
    row = services.put_sending(actor=staff, draft=Draft("优惠", "来看看", {}, per_minute=60))
    services.start_sending(actor=staff, sending_id=row.pk)
    for _ in range(10):
        at_once(4, lambda: services.send_next(now=NOON))
        # As if its time had come again.
        row.refresh_from_db()
        if row.next_at:
            Sending.objects.filter(pk=row.pk).update(next_at=row.starts_at)
    told = list(Message.objects.order_by("pk").values_list("user", flat=True))
    assert sorted(told) == [user.pk for user in town]


def test_nobody_is_reminded_twice() -> None:
    enrich(make_customer(), 100, days=3)
    now = timezone.now()
    awake = now + timedelta(hours=11) if is_quiet(now) else now
    at_once(4, lambda: services.remind(now=awake))
    assert Message.objects.count() == 1
