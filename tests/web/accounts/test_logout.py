"""POST /api/auth/logout: one login ends, at once and whole; the others stay."""

import pytest
from django.test import Client

import hub
from tests.web.accounts.logins import hub_token, log_in
from tests.web.people import PASSWORD, Api, body_of, make_customer, make_staff, refusal
from web.accounts import sessions
from web.accounts.models import RefreshToken

pytestmark = pytest.mark.django_db


def test_it_ends_this_login_and_no_other() -> None:
    user = make_customer()
    here, there = log_in(user), log_in(user)
    api = Api()
    api.token = here["access"]
    assert api.post("/auth/logout").status_code == 204
    assert refusal(Api().post("/auth/refresh", {"refresh": here["refresh"]})) == (401, "token_revoked")
    body_of(Api().post("/auth/refresh", {"refresh": there["refresh"]}))


def test_the_access_token_opens_nothing_any_more() -> None:
    api = Api()
    api.token = log_in(make_customer())["access"]
    api.post("/auth/logout")
    assert refusal(api.post("/hub/token")) == (401, "token_revoked")
    assert refusal(api.post("/auth/logout")) == (401, "token_revoked")


def test_the_sockets_of_this_login_close_and_no_others(closed: list[tuple[int, str]]) -> None:
    user = make_customer()
    here, there = log_in(user), log_in(user)
    mine, other = (hub.tokens.verify(hub_token(login)).login for login in (here, there))
    api = Api()
    api.token = here["access"]
    api.post("/auth/logout")
    assert closed == [(user.pk, mine)]
    assert mine != other


def staff_session() -> tuple[Client, int, str]:
    """A browser that is signed in at the board; its user, and the login that its socket's token names."""
    staff = make_staff()
    browser = Client()
    browser.post("/board/login", {"username": staff.username, "password": PASSWORD})
    token = browser.post("/api/hub/token", content_type="application/json").json()["token"]
    return browser, staff.pk, hub.tokens.verify(token).login


def test_a_session_of_the_board_ends_with_its_sockets(closed: list[tuple[int, str]]) -> None:
    browser, staff_id, login = staff_session()
    assert browser.post("/api/auth/logout", content_type="application/json").status_code == 204
    assert closed == [(staff_id, login)]
    assert login
    assert browser.post("/api/hub/token", content_type="application/json").status_code == 401


def test_signing_out_on_the_boards_page_closes_its_sockets_too(closed: list[tuple[int, str]]) -> None:
    browser, staff_id, login = staff_session()
    browser.post("/board/logout")
    assert closed == [(staff_id, login)]


def test_a_session_is_not_named_by_its_key() -> None:
    browser, _, login = staff_session()
    assert str(browser.session.session_key) not in login


def test_a_successor_that_was_committed_meanwhile_is_worth_nothing() -> None:
    """The sign-out's UPDATE does not see the row that a refresh at the same moment is about to commit."""
    user = make_customer()
    first = log_in(user)
    second = body_of(Api().post("/auth/refresh", {"refresh": first["refresh"]}))["refresh"]
    family = RefreshToken.objects.filter(user=user).values_list("family", flat=True)[0]
    sessions.end_login(user=user, family=family)
    RefreshToken.objects.filter(parent__isnull=False).update(revoked_at=None)
    assert refusal(Api().post("/auth/refresh", {"refresh": second})) == (401, "token_revoked")
