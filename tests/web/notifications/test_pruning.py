"""Old messages go, with what became of them; what is not decided on stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.notifications.outbox import later, round_of_sending, tell
from tests.web.people import make_customer
from web.notifications import services
from web.notifications.channels import Report
from web.notifications.kinds import Channel
from web.notifications.models import Consent, Delivery, Message, Receipt

pytestmark = pytest.mark.django_db

YEAR = 365 * 86_400.0


def prune() -> int:
    return services.prune_messages(before=timezone.now() - timedelta(days=180))


def test_an_old_message_goes_with_its_deliveries_receipts_and_spent_consents() -> None:
    customer = make_customer()
    old, fresh = tell(customer), tell(customer)
    round_of_sending()
    later(old, seconds=YEAR)
    services.keep_receipts(channel=Channel.SMS, reports=[Report("1", arrived=True), Report("2", arrived=True)])
    services.give_consents(user_id=customer.pk, templates=["accepted", "departed", "finished"], key="tap")
    long_ago = timezone.now() - timedelta(days=365)
    Receipt.objects.filter(provider_id="1").update(at=long_ago)
    Consent.objects.filter(template="accepted").update(used_at=long_ago)
    Consent.objects.filter(template="departed").update(given_at=long_ago)
    assert (prune(), prune()) == (1, 0)
    assert list(Message.objects.all()) == [fresh]
    assert set(Delivery.objects.values_list("message", flat=True)) == {fresh.pk}
    assert Receipt.objects.get().provider_id == "2"
    assert set(Consent.objects.values_list("template", flat=True)) == {"departed", "finished"}, "unspent stays"


def test_the_outbox_stays_however_old() -> None:
    message = tell(make_customer())
    later(message, seconds=YEAR)
    assert (prune(), Message.objects.count()) == (0, 1)
