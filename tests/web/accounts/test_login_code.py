"""POST /api/auth/codes and /api/auth/login: in by phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, make_worker, new_phone, refusal
from web.accounts.models import LoginCode, User
from web.accounts.sms import SandboxSms
from workflows.transitions import Role

pytestmark = pytest.mark.django_db


def code_for(phone: str, api: Api | None = None) -> str:
    return str(body_of((api or Api()).post("/auth/codes", {"phone": phone}))["sandbox_code"])


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_new_phone_becomes_a_customer() -> None:
    phone = new_phone()
    answer = body_of(Api().post("/auth/login", {"phone": phone, "code": code_for(phone)}))
    user = User.objects.get(pk=answer["user"]["id"])
    assert (user.role, user.phone) == (Role.CUSTOMER, phone)
    assert answer["expires_in"] == 900
    me = Api()
    me.token = answer["access"]
    assert body_of(me.get("/me"))["id"] == user.pk


def test_the_same_phone_is_the_same_person_however_it_is_typed() -> None:
    customer = make_customer(phone="+8613912345678")
    for typed in ("13912345678", "139 1234 5678", "+86 139-1234-5678", "0086 13912345678"):
        answer = body_of(Api().post("/auth/login", {"phone": typed, "code": code_for(typed)}))
        assert answer["user"]["id"] == customer.pk


def test_a_worker_stays_a_worker() -> None:
    worker = make_worker()
    answer = body_of(Api().post("/auth/login", {"phone": worker.user.phone, "code": code_for(worker.user.phone)}))
    assert answer["user"] | {"phone": ""} == {
        "id": worker.pk,
        "role": "worker",
        "display_name": "王师傅",
        "phone": "",
        "city": "hangzhou",
    }


@pytest.mark.parametrize(
    "phone", ["", "12345", "10086", "0571-88888888", "+14155552671", "14400138000", "not a number"]
)
def test_what_no_sms_reaches_is_refused(phone: str) -> None:
    assert refusal(Api().post("/auth/codes", {"phone": phone})) == (422, "invalid_request")


def test_a_wrong_code_costs_a_try_and_the_fifth_voids_the_right_one() -> None:
    phone = new_phone()
    code = code_for(phone)
    for left in (4, 3, 2, 1, 0):
        answer = Api().post("/auth/login", {"phone": phone, "code": other_than(code)})
        assert refusal(answer) == (422, "wrong_code")
        assert answer.json()["details"] == {"tries_left": left}
    assert refusal(Api().post("/auth/login", {"phone": phone, "code": code})) == (422, "code_expired")


def test_a_code_opens_once() -> None:
    phone = new_phone()
    code = code_for(phone)
    body_of(Api().post("/auth/login", {"phone": phone, "code": code}))
    assert refusal(Api().post("/auth/login", {"phone": phone, "code": code})) == (422, "code_expired")


def test_a_code_of_five_minutes_ago_is_void() -> None:
    phone = new_phone()
    code = code_for(phone)
    LoginCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(Api().post("/auth/login", {"phone": phone, "code": code})) == (422, "code_expired")


def test_asking_again_voids_the_code_before() -> None:
    phone = new_phone()
    first, second = code_for(phone), code_for(phone)
    if first != second:
        assert refusal(Api().post("/auth/login", {"phone": phone, "code": first})) == (422, "wrong_code")
    assert Api().post("/auth/login", {"phone": phone, "code": second}).status_code == 200


def test_a_code_never_asked_for_looks_like_an_expired_one() -> None:
    assert refusal(Api().post("/auth/login", {"phone": new_phone(), "code": "123456"})) == (422, "code_expired")


def test_somebody_elses_code_does_not_open() -> None:
    mine, theirs = new_phone(), new_phone()
    code = code_for(mine)
    if code_for(theirs) != code:
        assert refusal(Api().post("/auth/login", {"phone": theirs, "code": code})) == (422, "wrong_code")


def test_a_closed_account_stays_out() -> None:
    customer = make_customer(is_active=False)
    code = code_for(customer.phone)
    assert refusal(Api().post("/auth/login", {"phone": customer.phone, "code": code})) == (403, "forbidden")


def test_too_many_codes_for_one_phone_are_429_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxSms, "per_phone", ("2/10 minutes",))
    phone = new_phone()
    code_for(phone)
    code_for(phone)
    answer = Api().post("/auth/codes", {"phone": phone})
    assert refusal(answer) == (429, "rate_limited")
    assert 0 < int(answer["Retry-After"]) <= 600
    code_for(new_phone())


def test_too_many_codes_from_one_address_are_429_whatever_the_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxSms, "per_address", ("2/minute",))
    api = Api()
    code_for(new_phone(), api)
    code_for(new_phone(), api)
    lied = {"X-Forwarded-For": "192.0.2.1"}
    assert refusal(api.post("/auth/codes", {"phone": new_phone()}, **lied)) == (429, "rate_limited")


def test_without_a_way_to_send_it_is_503(settings: Settings) -> None:
    settings.SMS = "off"
    assert refusal(Api().post("/auth/codes", {"phone": new_phone()})) == (503, "unavailable")


@pytest.mark.django_db(transaction=True)
def test_of_eight_logins_with_one_code_at_once_one_gets_in() -> None:
    phone = new_phone()
    code = code_for(phone)
    answers = at_once(8, lambda: Api().post("/auth/login", {"phone": phone, "code": code}).status_code)
    assert answers.count(200) == 1
    assert User.objects.filter(role=Role.CUSTOMER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_guesses_at_once_are_five_tries() -> None:
    phone = new_phone()
    code = code_for(phone)
    wrong = {"phone": phone, "code": other_than(code)}
    codes = at_once(8, lambda: refusal(Api().post("/auth/login", wrong))[1])
    assert (codes.count("wrong_code"), codes.count("code_expired")) == (5, 3)
