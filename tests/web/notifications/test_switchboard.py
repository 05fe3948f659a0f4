"""Each kind × each channel through the switchboard: as it stands by default, and as the operator's rows say."""

from datetime import timedelta
from itertools import product

import pytest
import time_machine
from django.utils import timezone

from tests.web.notifications.outbox import round_of_sending, ways
from tests.web.people import make_customer
from web.accounts.models import User
from web.notifications import services
from web.notifications.kinds import KINDS, Channel
from web.notifications.models import ChannelRule, Delivery, Message

pytestmark = pytest.mark.django_db

THREE = {"worker_found", "worker_departed", "service_finished"}
"""接单, 出发, 完成: what a customer is asked for after paying."""


def told_of_everything(user: User) -> dict[str, Message]:
    """A message of each kind, to somebody whom WeChat was allowed nothing."""
    until = timezone.now() + timedelta(days=2)
    rows = [Message(user=user, kind=kind, title=kind, body="x", useful_until=until) for kind in KINDS]
    return {message.kind: message for message in Message.objects.bulk_create(rows)}


@pytest.mark.parametrize(("wechat", "sms"), list(product([True, False], repeat=2)))
def test_every_kind_goes_first_by_the_first_channel_that_is_on(wechat: bool, sms: bool) -> None:
    on = {Channel.WECHAT: wechat, Channel.SMS: sms}
    ChannelRule.objects.bulk_create(
        ChannelRule(kind=kind, channel=one, on=on[one]) for kind in KINDS for one in Channel
    )
    told_of_everything(make_customer())
    services.plan_deliveries()
    first = next((str(one) for one in Channel if on[one]), None)
    planned = dict(Delivery.objects.values_list("message__kind", "channel"))
    assert planned == ({} if first is None else dict.fromkeys(KINDS, first))


def test_every_kind_goes_by_what_it_says_itself_where_the_operator_says_nothing() -> None:
    told_of_everything(make_customer())
    services.plan_deliveries()
    said = {name: next(one for one in Channel if one in kind.rules) for name, kind in KINDS.items() if kind.rules}
    assert dict(Delivery.objects.values_list("message__kind", "channel")) == said


@time_machine.travel("2026-12-01T04:00:00Z")  # by day in Shanghai: what is not critical waits for the morning
def test_at_no_sends_left_the_critical_three_go_by_sms_and_everything_is_in_the_app(settings: object) -> None:
    settings.SMS, settings.WECHAT_APPID, settings.WECHAT_SECRET = "sandbox", "wx", "secret"  # type: ignore[attr-defined]
    user = make_customer()
    told = told_of_everything(user)
    round_of_sending()
    by_sms = {kind for kind, message in told.items() if ways(message).get("sms") == ("sent", "")}
    customers = {kind for kind in by_sms if not kind.startswith(("job_", "offer_"))}
    # 上门联系 too: whoever does not open is charged for it. And 补偿: who does not confirm it, does not get it.
    assert customers == THREE | {"door_unanswered", "compensation"}
    assert not Delivery.objects.filter(channel="wechat", state__in=["sent", "delivered", "failed", "unknown"]).exists()
    assert Message.objects.filter(user=user, read_at=None).count() == len(KINDS)
