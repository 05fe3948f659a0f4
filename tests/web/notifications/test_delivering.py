"""A message's way outside: subscription message, then SMS; never twice, never lost."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from tests.web.notifications.outbox import later, put_template, round_of_sending, tell, ways
from tests.web.notifications.wechat_standin import WeChat
from tests.web.orders.story import Story
from tests.web.people import make_city, make_customer, make_worker
from web.accounts import sms
from web.accounts.models import User
from web.notifications import selectors, services, switchboard
from web.notifications.concerns import Reader
from web.notifications.kinds import NIGHT, Channel, Rule
from web.notifications.models import ChannelRule, Consent, Delivery, Message, OptOut
from web.notifications.services import delivering
from web.times import SHANGHAI
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db


class Phone(sms.SandboxSms):
    """An SMS vendor that remembers."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def send_notice(self, *, phone: str, text: str, **_: object) -> str:
        self.texts.append((phone, text))
        return ""


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    phone = Phone()
    monkeypatch.setattr(sms, "backend", lambda: phone)
    return phone


def reachable(standin: WeChat, user: User, template: str, *, consents: int = 1) -> User:
    """Somebody who uses the mini program and has tapped 允许 so many times."""
    openid = f"openid-{user.pk}"
    services.put_wechat_account(user_id=user.pk, openid=openid)
    if template not in {name for name, in_use in standin.templates.items() if in_use}:
        standin.templates.setdefault(f"TEMPLATE-{template}", {"thing1", "time2"})
    for number in range(consents):
        services.give_consents(user_id=user.pk, templates=[template], key=f"tap-{number}")
    standin.allows(openid, f"TEMPLATE-{template}", times=consents)
    return user


@pytest.fixture
def customer(standin: WeChat) -> User:
    """With one consent to 接单通知."""
    put_template("accepted")
    return reachable(standin, make_customer(), "accepted")


def left(user: User) -> int:
    return selectors.sends_left(user_id=user.pk, template="accepted")


def test_what_he_consented_to_is_sent_once_and_spends_the_consent(standin: WeChat, customer: User) -> None:
    message = tell(customer)
    assert round_of_sending() == ["sent"]
    assert round_of_sending() == []
    assert ways(message) == {"wechat": ("sent", "")}
    assert [sent["data"]["time2"]["value"] for sent in standin.sent] == ["2026年12月1日 10:00"]
    assert left(customer) == 0


def test_what_goes_nowhere_by_default_makes_no_delivery(customer: User) -> None:
    message = tell(customer, "paid")
    assert round_of_sending() == []
    assert ways(message) == {}
    assert Message.objects.get().planned_at


def test_one_consent_is_one_message_and_the_next_goes_by_sms(standin: WeChat, customer: User, phone: Phone) -> None:
    first, second = tell(customer), tell(customer)
    round_of_sending()
    assert ways(first) == {"wechat": ("sent", "")}
    assert ways(second) == {"wechat": ("skipped", "no_consent"), "sms": ("sent", "")}
    assert standin.tries == 1
    assert phone.texts == [(customer.phone, f"{second.title}：{second.body}")]


def test_who_refuses_is_never_asked_again_and_his_ledger_is_empty(
    standin: WeChat, customer: User, phone: Phone
) -> None:
    services.give_consents(user_id=customer.pk, templates=["accepted"], key="another tap")
    standin.consents.clear()
    message = tell(customer)
    assert round_of_sending() == ["failed", "sent"]
    assert ways(message) == {"wechat": ("failed", "43101"), "sms": ("sent", "")}
    assert (left(customer), standin.tries) == (0, 1)


def test_a_provider_that_is_away_is_tried_again_with_the_same_consent(standin: WeChat, customer: User) -> None:
    standin.script = ["refuse", -1]
    message = tell(customer)
    assert round_of_sending() == ["pending"]
    assert round_of_sending() == []
    assert (left(customer), standin.tries) == (0, 1)
    later(message, seconds=5)
    assert round_of_sending() == ["pending"]
    later(message, seconds=5)
    assert round_of_sending() == [], "the pause grows"
    later(message, seconds=5)
    assert round_of_sending() == ["sent"]
    assert (len(standin.sent), Delivery.objects.get().attempts, left(customer)) == (1, 3, 0)


def test_who_stays_away_too_long_loses_it_to_the_next_channel_and_the_consent_is_good_again(
    standin: WeChat, customer: User, phone: Phone
) -> None:
    standin.script = ["refuse"] * 20
    message = tell(customer)
    for _ in range(9):
        round_of_sending()
        later(message, seconds=60)
    assert ways(message) == {"wechat": ("failed", "http:503"), "sms": ("sent", "")}
    assert (len(phone.texts), left(customer)) == (1, 1)


def test_with_no_other_channel_it_is_tried_until_it_is_worth_nothing(standin: WeChat, customer: User) -> None:
    ChannelRule.objects.create(kind="worker_found", channel="sms", on=False)
    standin.script = ["refuse"] * 200
    message = tell(customer)
    for _ in range(20):
        round_of_sending()
        later(message, seconds=600)
    assert ways(message)["wechat"][0] == "pending"
    later(message, seconds=6 * 3600)
    round_of_sending()
    assert ways(message) == {"wechat": ("skipped", "too_late")}
    assert left(customer) == 1, "nothing was sent for it"


def test_when_the_answer_is_lost_it_is_not_sent_again(standin: WeChat, customer: User, phone: Phone) -> None:
    services.give_consents(user_id=customer.pk, templates=["accepted"], key="another tap")
    standin.allows(f"openid-{customer.pk}", "TEMPLATE-accepted", times=2)
    standin.script = ["drop"]
    message = tell(customer)
    round_of_sending()
    later(message, seconds=600)
    round_of_sending()
    assert ways(message) == {"wechat": ("unknown", "unclear"), "sms": ("sent", "")}
    assert len(standin.sent) == 1
    assert left(customer) == 1, "the one that may have been used is"


def test_whoever_dies_while_he_sends_leaves_nothing_that_is_sent_twice(
    standin: WeChat, customer: User, phone: Phone
) -> None:
    message = tell(customer)
    services.plan_deliveries()
    with mock.patch.object(delivering, "close", side_effect=SystemExit), pytest.raises(SystemExit):
        services.deliver(delivery_id=Delivery.objects.get().pk)
    assert len(standin.sent) == 1
    assert services.close_lost_deliveries() == 0, "he may be about to answer"
    later(message, seconds=61)
    assert services.close_lost_deliveries() == 1
    round_of_sending()
    assert ways(message) == {"wechat": ("unknown", "unclear"), "sms": ("sent", "")}
    assert len(standin.sent) == 1


def test_an_answer_after_it_was_given_up_changes_nothing(customer: User) -> None:
    message = tell(customer)
    services.plan_deliveries()

    def give_up(*_: object) -> None:
        later(message, seconds=61)
        services.close_lost_deliveries()

    with mock.patch.object(delivering.SENDERS[Channel.WECHAT], "send", give_up):
        assert services.deliver(delivery_id=Delivery.objects.get(channel="wechat").pk) == ""
    assert ways(message)["wechat"] == ("unknown", "unclear")


def test_what_is_being_sent_is_nobody_elses(standin: WeChat, customer: User) -> None:
    tell(customer)
    services.plan_deliveries()
    delivery = Delivery.objects.get()
    assert services.deliver(delivery_id=delivery.pk) == "sent"
    assert services.deliver(delivery_id=delivery.pk) == ""
    Delivery.objects.update(state=Delivery.SENDING)
    assert services.deliver(delivery_id=delivery.pk) == ""
    assert standin.tries == 1


def test_a_template_that_does_not_fit_rings(standin: WeChat, customer: User) -> None:
    standin.templates["TEMPLATE-accepted"] = {"thing1"}
    message = tell(customer)
    with capture_logs() as lines:
        round_of_sending()
    assert ways(message)["wechat"] == ("failed", "47003")
    alarm = [line for line in lines if line["log_level"] == "error"]
    assert [(line["kind"], line["code"]) for line in alarm] == [("worker_found", "47003")]
    assert left(customer) == 1


def test_an_adapter_that_breaks_is_no_reason_to_send_again(customer: User) -> None:
    message = tell(customer)
    with mock.patch.object(delivering.SENDERS[Channel.WECHAT], "send", side_effect=ZeroDivisionError):
        round_of_sending()
    assert ways(message)["wechat"] == ("unknown", "unclear")


@pytest.mark.parametrize(
    ("lacking", "code"),
    [("settings", "channel_off"), ("account", "no_address"), ("template", "no_template"), ("consent", "no_consent")],
)
def test_what_is_lacking_is_said_and_the_next_channel_has_it(
    standin: WeChat, phone: Phone, settings: object, lacking: str, code: str
) -> None:
    customer = make_customer()
    if lacking != "template":
        put_template("accepted")
    if lacking != "account":
        reachable(standin, customer, "accepted", consents=0 if lacking == "consent" else 1)
    if lacking == "settings":
        settings.WECHAT_APPID = ""  # type: ignore[attr-defined]
    message = tell(customer)
    round_of_sending()
    assert ways(message) == {"wechat": ("skipped", code), "sms": ("sent", "")}


def test_what_he_has_read_is_not_sent(customer: User, phone: Phone) -> None:
    message = tell(customer)
    services.plan_deliveries()
    services.mark_read(user=customer, ids=[message.pk])
    round_of_sending()
    assert ways(message) == {"wechat": ("skipped", "read")}


# Offers


def offered(standin: WeChat, *, consents: int = 1) -> Story:
    put_template("offer")
    story = Story.in_town().pay().offer()
    reachable(standin, story.offered.worker, "offer", consents=consents)
    return story


def test_an_offer_reaches_a_worker_in_the_background_by_subscription_message(standin: WeChat, phone: Phone) -> None:
    story = offered(standin)
    message = Message.objects.get(kind="offer_made")
    round_of_sending()
    assert ways(message) == {"wechat": ("sent", "")}
    assert standin.sent[0]["page"].endswith(f"%2Forders%2F{story.id}")
    assert phone.texts == []


def test_an_offer_goes_by_sms_where_no_send_is_left(standin: WeChat, phone: Phone) -> None:
    story = offered(standin, consents=0)
    round_of_sending()
    assert ways(Message.objects.get(kind="offer_made")) == {
        "wechat": ("skipped", "no_consent"),
        "sms": ("sent", ""),
    }
    assert [number for number, _ in phone.texts] == [story.offered.worker.phone]


def test_who_is_in_front_sees_his_offer_and_pays_no_send_for_it(
    standin: WeChat, phone: Phone, nobody_is_in_front: set[str]
) -> None:
    story = offered(standin)
    nobody_is_in_front.add(str(story.offered.worker_id))
    round_of_sending()
    assert ways(Message.objects.get(kind="offer_made")) == {"wechat": ("skipped", "in_front")}
    assert (standin.tries, phone.texts) == (0, [])


def test_who_has_put_the_app_away_is_written_to_though_his_socket_is_open(
    standin: WeChat, phone: Phone, nobody_is_in_front: set[str]
) -> None:
    """A page in the background of a browser keeps its socket: nobody looks at it."""
    story = offered(standin)
    worker = story.offered.worker_id
    nobody_is_in_front.add(str(worker))
    Worker.objects.filter(pk=worker).update(hidden_since=timezone.now() - timedelta(seconds=61))
    round_of_sending()
    assert ways(Message.objects.get(kind="offer_made")) == {"wechat": ("sent", "")}


def test_an_offer_that_is_over_is_not_sent(standin: WeChat, phone: Phone) -> None:
    story = offered(standin)
    services.plan_deliveries()
    story.lapse()
    round_of_sending()
    assert ways(Message.objects.get(kind="offer_made")) == {"wechat": ("skipped", "offer_closed")}


# The switchboard


def test_the_operators_rows_override_the_defaults(standin: WeChat, customer: User, phone: Phone) -> None:
    ChannelRule.objects.create(kind="worker_found", channel="wechat", on=False)
    ChannelRule.objects.create(kind="order_paid", channel="sms", on=True)
    found, paid = tell(customer), tell(customer, "paid")
    round_of_sending()
    assert ways(found) == {"sms": ("sent", "")}
    assert ways(paid) == {"sms": ("sent", "")}
    assert left(customer) == 1


def test_a_channel_that_was_switched_off_meanwhile_is_left_out(customer: User, phone: Phone) -> None:
    message = tell(customer)
    services.plan_deliveries()
    ChannelRule.objects.create(kind="worker_found", channel="wechat", on=False)
    round_of_sending()
    assert ways(message) == {"wechat": ("skipped", "switched_off"), "sms": ("sent", "")}


def test_who_opted_out_is_left_alone_but_not_with_what_is_critical(customer: User, phone: Phone) -> None:
    worker = make_worker().user if make_city() else customer
    for user, kind in ((customer, "worker_found"), (worker, "rested")):
        OptOut.objects.create(user=user, kind=kind)
    found, rested = tell(customer), tell(worker, "worker.rested", reader=Reader.WORKER)
    round_of_sending()
    assert ways(found)["wechat"] == ("sent", "")
    assert ways(rested) == {}


@pytest.mark.parametrize(
    ("hour", "goes_at"), [(21, "21:30"), (22, "08:00"), (3, "08:00"), (7, "08:00"), (8, "08:30"), (12, "12:30")]
)
def test_what_can_wait_waits_for_the_morning(hour: int, goes_at: str) -> None:
    now = datetime(2026, 12, 1, hour, 30, tzinfo=SHANGHAI)
    due = switchboard.due(Rule(quiet=NIGHT), critical=False, now=now)
    assert due >= now
    assert (due - now).total_seconds() < 86_400
    assert f"{due.astimezone(SHANGHAI):%H:%M}" == goes_at
    assert switchboard.due(Rule(quiet=NIGHT), critical=True, now=now) == now


def test_what_the_morning_finds_stale_is_not_sent(customer: User) -> None:
    ChannelRule.objects.create(kind="worker_late", channel="wechat", quiet_from=0, quiet_until=23)
    ChannelRule.objects.create(kind="order_paid", channel="wechat", quiet_from=0, quiet_until=23)
    morning = datetime(2026, 12, 1, 0, 30, tzinfo=SHANGHAI)
    with mock.patch("django.utils.timezone.now", return_value=morning):
        late, paid = tell(customer, "late_to_arrive"), tell(customer, "paid")
        services.plan_deliveries()
    assert ways(late) == {"wechat": ("skipped", "too_late")}
    assert ways(paid) == {"wechat": ("pending", "")}
    assert Delivery.objects.get(message=paid).due_at == datetime(2026, 12, 1, 23, 0, tzinfo=SHANGHAI)


def test_planning_costs_the_same_for_many(customer: User, django_assert_num_queries: object) -> None:
    for _ in range(20):
        tell(customer)
    with django_assert_num_queries(7):  # type: ignore[operator]
        assert services.plan_deliveries() == 20
    assert Delivery.objects.count() == 20
    assert not Consent.objects.exclude(used_at=None).exists()
