"""The SMS adapter against a server that checks signatures and speaks as 腾讯云短信 does."""

import logging

import pytest
from structlog.testing import capture_logs

from tests.web.notifications import tencent_standin
from tests.web.notifications.tencent_standin import SECRET_KEY, Tencent, wrong_with
from tests.web.people import Api, body_of, new_phone, refusal
from web.accounts import sms
from web.notifications.channels import Away, Outgoing, Rejected, Unclear
from web.notifications.channels.sms import SmsSender

PHONE = "+8613800138000"
MESSAGE = Outgoing(
    to=PHONE,
    template="1001",
    values={"2": "12月1日 10:00", "1": "日常保洁"},
    text="服务人员已接单：……",
    link="/orders/7",
    reference="31",
)


@pytest.fixture(autouse=True)
def a_template(vendor: Tencent) -> None:
    vendor.templates["1001"] = 2


def test_it_is_sent_as_the_vendor_wants_it(vendor: Tencent) -> None:
    number = SmsSender().send(MESSAGE)
    [sent] = vendor.sent
    assert number == sent.pop("SerialNo")
    assert sent == {
        "PhoneNumberSet": [PHONE],
        "SmsSdkAppId": "1400006666",
        "TemplateId": "1001",
        "SignName": "门铃",
        "TemplateParamSet": ["日常保洁", "12月1日 10:00"],
        "SessionContext": "31",
    }


def test_a_wrong_key_is_our_fault(vendor: Tencent, settings: object) -> None:
    settings.SMS_SECRET_KEY = "another"  # type: ignore[attr-defined]
    with pytest.raises(Rejected) as refused:
        SmsSender().send(MESSAGE)
    assert (refused.value.code, refused.value.ours) == ("AuthFailure.SignatureFailure", True)
    assert vendor.sent == []


def test_the_standin_refuses_a_body_that_was_changed_on_the_way(
    vendor: Tencent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent_standin, "wrong_with", lambda headers, body: wrong_with(headers, body + b" "))
    with pytest.raises(Rejected, match="SignatureFailure"):
        SmsSender().send(MESSAGE)


@pytest.mark.parametrize(
    "code",
    [
        "LimitExceeded.PhoneNumberThirtySecondLimit",
        "LimitExceeded.PhoneNumberDailyLimit",
        "LimitExceeded.DeliveryFrequencyLimit",
        "!RequestLimitExceeded",
        "!RequestLimitExceeded.UinLimitExceeded",
    ],
)
def test_too_many_at_once_is_later(vendor: Tencent, code: str) -> None:
    vendor.script = [code]
    with pytest.raises(Away, match=code.removeprefix("!")):
        SmsSender().send(MESSAGE)
    assert vendor.sent == []


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("InvalidParameterValue.IncorrectPhoneNumber", False),
        ("FailedOperation.PhoneNumberInBlacklist", False),
        ("FailedOperation.InsufficientBalanceInSmsPackage", True),
        ("!UnauthorizedOperation.ServiceSuspendDueToArrears", True),
        ("FailedOperation.TemplateIncorrectOrUnapproved", True),
        ("!AuthFailure.SecretIdNotFound", True),
    ],
)
def test_a_refusal_is_for_good_and_says_whose_fault_it_is(vendor: Tencent, code: str, ours: bool) -> None:
    vendor.script = [code]
    with pytest.raises(Rejected) as refused:
        SmsSender().send(MESSAGE)
    assert (refused.value.code, refused.value.ours) == (code.removeprefix("!"), ours)


@pytest.mark.parametrize("answer", ["drop", "page", "503", "!InternalError.Timeout", "InternalError.OtherError"])
def test_what_may_have_been_sent_is_unclear_and_asked_once(vendor: Tencent, answer: str) -> None:
    vendor.script = [answer]
    with pytest.raises(Unclear):
        SmsSender().send(MESSAGE)
    assert vendor.tries == 1


def test_who_does_not_listen_is_away(vendor: Tencent, settings: object) -> None:
    settings.SMS_API = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with pytest.raises(Away, match="network"):
        SmsSender().send(MESSAGE)


@pytest.mark.parametrize(
    ("template", "values", "code"), [("", {}, "no_template"), ("1001", {"thing1": "x"}, "slots_are_numbers")]
)
def test_a_template_that_is_not_set_up_is_our_fault(
    vendor: Tencent, template: str, values: dict[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        SmsSender().send(Outgoing(**{**vars(MESSAGE), "template": template, "values": values}))
    assert (refused.value.code, refused.value.ours, vendor.tries) == (code, True, 0)


@pytest.mark.parametrize(
    "answer", ["", "!AuthFailure.SignatureFailure", "FailedOperation.PhoneNumberInBlacklist", "drop", "page", "503"]
)
def test_neither_number_nor_key_is_in_a_log_or_an_error(
    vendor: Tencent, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    vendor.script = [answer]
    raised, hidden = "", True
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        try:
            SmsSender().send(MESSAGE)
        except (Away, Rejected, Unclear) as error:
            raised = f"{error!r} {error.__cause__!r}"
            hidden = error.__suppress_context__ or error.__context__ is None
    assert hidden
    for secret in ("13800138000", SECRET_KEY, "日常保洁"):
        assert secret not in caplog.text + raised + str(logs)


@pytest.mark.django_db
def test_a_login_code_goes_by_its_own_template_and_is_not_in_the_answer(vendor: Tencent) -> None:
    vendor.templates["900"] = 2
    phone = new_phone()
    answer = body_of(Api().post("/auth/codes", {"phone": phone.removeprefix("+86")}))
    assert answer.get("sandbox_code") is None
    [sent] = vendor.sent
    code, minutes = sent["TemplateParamSet"]
    assert (sent["PhoneNumberSet"], sent["TemplateId"], minutes) == ([phone], "900", "5")
    assert body_of(Api().post("/auth/login", {"phone": phone.removeprefix("+86"), "code": code}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("LimitExceeded.PhoneNumberOneHourLimit", (429, "rate_limited")),
        ("FailedOperation.InsufficientBalanceInSmsPackage", (503, "unavailable")),
        ("FailedOperation.PhoneNumberInBlacklist", (422, "invalid_request")),
    ],
)
def test_a_login_code_that_is_refused_says_so(vendor: Tencent, answer: str, refused: tuple[int, str]) -> None:
    vendor.templates["900"] = 2
    vendor.script = [answer]
    assert refusal(Api().post("/auth/codes", {"phone": new_phone().removeprefix("+86")})) == refused


def test_it_is_one_of_the_backends(vendor: Tencent) -> None:
    assert type(sms.backend()).__name__ == "TencentSms"
