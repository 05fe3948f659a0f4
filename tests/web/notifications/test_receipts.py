"""The SMS vendor's receipts: who is believed, and what becomes of the deliveries."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.notifications.conftest import REPORT_KEY
from tests.web.notifications.outbox import later, put_template, round_of_sending, tell, ways
from tests.web.notifications.tencent_standin import Tencent
from tests.web.people import make_customer
from web.accounts.models import User
from web.notifications import services
from web.notifications.models import Delivery, Receipt
from web.notifications.services import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(vendor: Tencent) -> User:
    """Somebody who has not allowed WeChat anything: he is reached by SMS."""
    put_sms_template("accepted")
    vendor.templates["1001"] = 2
    return make_customer()


def put_sms_template(name: str) -> None:
    from web.notifications.models import ChannelTemplate

    slots = {"1": "service", "2": "when"}
    ChannelTemplate.objects.create(channel="sms", template=name, code="1001", fields=slots)


def post(body: Any, key: str = REPORT_KEY) -> tuple[int, dict[str, Any]]:
    answer = Client().post(f"/api/sms/reports?key={key}", data=body, content_type="application/json")
    return answer.status_code, answer.json()


def sms(message: Any) -> tuple[str, str]:
    return ways(message)["sms"]


def test_a_notice_goes_by_its_template_and_its_receipt_says_that_it_arrived(vendor: Tencent, customer: User) -> None:
    message = tell(customer)
    round_of_sending()
    assert sms(message) == ("sent", "")
    assert vendor.sent[0]["TemplateParamSet"] == ["日常保洁", "12月1日 10:00"]
    assert vendor.sent[0]["SessionContext"] == str(Delivery.objects.get(channel="sms").pk)
    for _ in range(2):
        assert post([vendor.receipt()]) == (200, {"result": 0, "errmsg": "OK"})
    assert services.settle_receipts() == 1
    assert sms(message) == ("delivered", "")
    # The same number again, and another one that names our delivery.
    post([vendor.receipt(failure="MK:0004"), vendor.receipt(failure="MK:0004", session=True) | {"sid": "2433:9"}])
    assert services.settle_receipts() == 0
    assert sms(message) == ("delivered", ""), "what is certain stays"
    assert not Receipt.objects.filter(done_at=None).exists()


def test_one_that_did_not_arrive_says_why(vendor: Tencent, customer: User) -> None:
    message = tell(customer)
    round_of_sending()
    post([vendor.receipt(failure="MK:0004")])
    services.settle_receipts()
    assert sms(message) == ("failed", "MK:0004")
    assert not Delivery.objects.get(channel="sms").fault, "a number that does not exist is nobody's of the platform"


def test_several_at_once_each_find_their_own(vendor: Tencent, customer: User) -> None:
    messages = [tell(customer) for _ in range(3)]
    round_of_sending()
    post([vendor.receipt(2), vendor.receipt(0, failure="UNDELIV")])
    assert services.settle_receipts() == 2
    assert sorted(sms(message)[0] for message in messages) == ["delivered", "failed", "sent"]


def test_an_unknown_result_is_not_sent_again_and_its_receipt_settles_it(vendor: Tencent, customer: User) -> None:
    vendor.script = ["drop"]
    message = tell(customer)
    round_of_sending()
    later(message, seconds=600)
    round_of_sending()
    assert (sms(message), vendor.tries) == (("unknown", "unclear"), 1)
    post([vendor.receipt(session=True)])
    services.settle_receipts()
    assert sms(message) == ("delivered", "")


def test_those_of_login_codes_hold_nobody_up(vendor: Tencent, customer: User) -> None:
    """They belong to no delivery. One that came before its number was written waits for that."""
    codes = [{"sid": f"2433:{number}", "report_status": "SUCCESS"} for number in range(receiving.AT_ONCE)]
    for some in range(0, len(codes), 100):
        post(codes[some : some + 100])
    message = tell(customer)
    round_of_sending()
    post([vendor.receipt()])
    services.settle_receipts()
    assert services.settle_receipts() == 1
    assert sms(message) == ("delivered", "")
    assert not Receipt.objects.filter(done_at=None).exists()


def test_one_that_comes_before_its_number_is_written_waits_for_it(vendor: Tencent, customer: User) -> None:
    message = tell(customer)
    round_of_sending()
    Delivery.objects.filter(channel="sms").update(state=Delivery.SENDING, provider_id="", claimed_at=timezone.now())
    post([vendor.receipt()])
    assert services.settle_receipts() == 0
    number = Receipt.objects.get(done_at=None).provider_id
    Delivery.objects.filter(channel="sms").update(state=Delivery.SENT, provider_id=number)
    assert services.settle_receipts() == 1
    assert sms(message) == ("delivered", "")


def test_too_many_at_once_go_later(vendor: Tencent, customer: User) -> None:
    vendor.script = ["LimitExceeded.PhoneNumberThirtySecondLimit"]
    message = tell(customer)
    round_of_sending()
    assert sms(message) == ("pending", "LimitExceeded.PhoneNumberThirtySecondLimit")
    later(message, seconds=30)
    round_of_sending()
    assert (sms(message), len(vendor.sent)) == (("sent", ""), 1)


def test_a_number_that_refuses_is_never_tried_again(vendor: Tencent, customer: User) -> None:
    vendor.blocked.add(customer.phone)
    message = tell(customer)
    round_of_sending()
    later(message, seconds=600)
    round_of_sending()
    assert (sms(message), vendor.tries) == (("failed", "FailedOperation.PhoneNumberInBlacklist"), 1)
    assert not Delivery.objects.get(channel="sms").fault


def test_whoever_does_not_know_the_word_is_refused(vendor: Tencent, customer: User, settings: Any) -> None:
    tell(customer)
    round_of_sending()
    for key in ("", "another-word-of-16"):
        assert post([vendor.receipt()], key)[1]["code"] == "bad_signature"
    settings.SMS_REPORT_KEY = ""
    assert post([vendor.receipt()], "")[1]["code"] == "bad_signature"
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", "[1]", '[{"sid": "1"}]', '[{"sid": "", "report_status": "SUCCESS"}]'])
def test_what_is_no_receipt_is_refused(vendor: Tencent, body: str) -> None:
    assert post(body)[1]["code"] == "malformed_json"


def test_an_unset_template_is_a_fault_that_somebody_mends(vendor: Tencent) -> None:
    message = tell(make_customer())
    round_of_sending()
    assert sms(message) == ("failed", "no_template")
    assert Delivery.objects.get(channel="sms").fault
    put_template("departed", channel="sms")
