"""POST /api/auth/staff: in by password, with a session for the board's page."""

import pytest

from tests.web.people import PASSWORD, Api, body_of, make_customer, make_staff, refusal
from web.accounts import api as accounts_api
from web.accounts import services
from web.accounts.models import User
from web.accounts.rates import RateLimit
from workflows.transitions import Role

pytestmark = pytest.mark.django_db


def log_in(api: Api, user: User, password: str = PASSWORD) -> None:
    body_of(api.post("/auth/staff", {"username": user.username, "password": password}))


def test_the_right_password_brings_tokens_and_a_session() -> None:
    staff, api = make_staff(city="hangzhou"), Api()
    answer = body_of(api.post("/auth/staff", {"username": staff.username, "password": "right-password"}))
    assert answer["user"] == {"id": staff.pk, "role": "staff", "display_name": "", "phone": "", "city": "hangzhou"}
    by_session = body_of(api.get("/me"))
    api.token = answer["access"]
    assert body_of(api.get("/me")) == by_session == answer["user"]


def test_whatever_is_wrong_the_answer_is_the_same() -> None:
    staff, closed = make_staff(), make_staff(is_active=False)
    for username, password in ((staff.username, "wrong"), ("nobody", "wrong"), (closed.username, "right-password")):
        answer = Api().post("/auth/staff", {"username": username, "password": password})
        assert refusal(answer) == (422, "wrong_password")


def test_a_customer_has_no_password() -> None:
    customer = make_customer(username="customer-with-a-name")
    for password in ("", "!"):
        answer = Api().post("/auth/staff", {"username": customer.username, "password": password})
        assert refusal(answer) in {(422, "wrong_password"), (422, "invalid_request")}


def test_a_session_changes_nothing_without_its_csrf_token() -> None:
    staff, api = make_staff(), Api()
    log_in(api, staff)
    assert refusal(api.patch("/me", {"display_name": "调度"})) == (403, "forbidden")
    token = api.client.cookies["csrftoken"].value
    assert body_of(api.patch("/me", {"display_name": "调度"}, X_CSRFToken=token))["display_name"] == "调度"


def test_a_token_needs_no_csrf() -> None:
    staff = make_staff()
    assert Api(staff).patch("/me", {"display_name": "调度"}).status_code == 200


def test_logging_out_ends_the_session() -> None:
    staff, api = make_staff(), Api()
    log_in(api, staff)
    token = api.client.cookies["csrftoken"].value
    assert api.post("/auth/logout", X_CSRFToken=token).status_code == 204
    assert refusal(api.get("/me")) == (401, "unauthenticated")


def test_a_session_of_somebody_who_is_no_longer_staff_opens_nothing() -> None:
    staff, api = make_staff(), Api()
    log_in(api, staff)
    User.objects.filter(pk=staff.pk).update(role=Role.CUSTOMER)
    assert refusal(api.get("/me")) == (401, "unauthenticated")


def test_guessing_is_slowed_down_by_name_from_wherever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts_api, "PASSWORDS_PER_NAME", RateLimit("password:name", "3/5 minutes"))
    staff = make_staff()
    for _ in range(3):
        assert Api().post("/auth/staff", {"username": staff.username, "password": "wrong"}).status_code == 422
    answer = Api().post("/auth/staff", {"username": staff.username, "password": "right-password"})
    assert refusal(answer) == (429, "rate_limited")


def test_the_right_password_starts_the_count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts_api, "PASSWORDS_PER_NAME", RateLimit("password:name", "3/5 minutes"))
    staff = make_staff()
    for _ in range(5):
        assert Api().post("/auth/staff", {"username": staff.username, "password": "wrong"}).status_code == 422
        log_in(Api(), staff)


def test_the_seed_may_run_again_and_ends_no_session() -> None:
    first = services.put_staff(username="seeded", password="one", display_name="调度一")
    again = services.put_staff(username="seeded", password="one", display_name="调度员", city="hangzhou")
    assert (again.pk, again.password, again.display_name, again.city) == (
        first.pk,
        first.password,
        "调度员",
        "hangzhou",
    )
    assert services.put_staff(username="seeded", password="two", display_name="调度员").check_password("two")
