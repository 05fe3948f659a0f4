"""POST /api/auth/refresh: a login is a family of tokens, each used once and followed by one other."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

import hub
from tests.web.accounts.logins import hub_token, log_in
from tests.web.crowd import at_once
from tests.web.people import Api, body_of, make_customer, refusal
from web.accounts import sessions
from web.accounts.models import RefreshToken, User

pytestmark = pytest.mark.django_db


def refreshed(token: str) -> dict[str, Any]:
    answer: dict[str, Any] = body_of(Api().post("/auth/refresh", {"refresh": token}))
    return answer


def refused(token: str) -> tuple[int, str]:
    return refusal(Api().post("/auth/refresh", {"refresh": token}))


def let_pass(seconds: int) -> None:
    """The rotation of every token lies that much further back."""
    RefreshToken.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=seconds))


def test_each_refresh_brings_new_tokens_for_the_same_person() -> None:
    user = make_customer()
    first = log_in(user)
    second = refreshed(first["refresh"])
    assert second["refresh"] != first["refresh"]
    api = Api()
    api.token = second["access"]
    assert body_of(api.get("/me"))["id"] == user.pk
    refreshed(second["refresh"])


def test_a_replayed_token_ends_the_whole_family() -> None:
    first = log_in(make_customer())
    second = refreshed(first["refresh"])
    let_pass(61)
    assert refused(first["refresh"]) == (401, "token_revoked")
    assert refused(second["refresh"]) == (401, "token_revoked")


def test_a_replayed_token_closes_the_sockets_of_its_login(closed: list[tuple[int, str]]) -> None:
    user = make_customer()
    first = log_in(user)
    token = hub_token(first)
    refreshed(first["refresh"])
    let_pass(61)
    refused(first["refresh"])
    assert closed == [(user.pk, hub.tokens.verify(token).login)]


def test_the_thief_gets_no_new_token_for_the_socket_with_the_access_token_he_has() -> None:
    first = log_in(make_customer())
    thief = Api()
    thief.token = refreshed(first["refresh"])["access"]
    let_pass(61)
    refused(first["refresh"])
    assert refusal(thief.post("/hub/token")) == (401, "token_revoked")
    assert refusal(thief.get("/me")) == (401, "token_revoked")


def test_the_familys_end_touches_no_other_login() -> None:
    user = make_customer()
    stolen, other = log_in(user), log_in(user)
    refreshed(stolen["refresh"])
    let_pass(61)
    assert refused(stolen["refresh"]) == (401, "token_revoked")
    refreshed(other["refresh"])


def test_an_answer_lost_on_the_way_is_given_again_for_a_minute() -> None:
    first = log_in(make_customer())
    lost = refreshed(first["refresh"])
    let_pass(59)
    assert refreshed(first["refresh"])["refresh"] == lost["refresh"]
    refreshed(lost["refresh"])


def test_a_lost_answer_is_given_again_after_a_rotation_of_keys(settings: Settings) -> None:
    first = log_in(make_customer())
    lost = refreshed(first["refresh"])
    settings.JWT_KEYS = ("a-new-key-of-more-than-thirty-two-bytes", *settings.JWT_KEYS)
    assert refreshed(first["refresh"])["refresh"] == lost["refresh"]


def test_a_lost_answer_whose_key_is_gone_ends_the_login(settings: Settings) -> None:
    first = log_in(make_customer())
    lost = refreshed(first["refresh"])
    settings.JWT_KEYS = ("a-new-key-of-more-than-thirty-two-bytes",)
    assert refused(first["refresh"]) == (401, "token_revoked")
    assert refused(lost["refresh"]) == (401, "token_revoked")


def test_a_family_never_forks_so_that_two_holders_meet() -> None:
    first = log_in(make_customer())
    victim, thief = refreshed(first["refresh"]), refreshed(first["refresh"])
    ours = refreshed(victim["refresh"])
    let_pass(61)
    assert refused(thief["refresh"]) == (401, "token_revoked")
    assert refused(ours["refresh"]) == (401, "token_revoked")


def test_the_grace_ends_when_the_answer_proves_to_have_arrived() -> None:
    first = log_in(make_customer())
    second = refreshed(first["refresh"])
    third = refreshed(second["refresh"])
    assert refused(first["refresh"]) == (401, "token_revoked")
    assert refused(third["refresh"]) == (401, "token_revoked")


def test_a_refresh_token_ends_by_age() -> None:
    first = log_in(make_customer())
    RefreshToken.objects.update(expires_at=timezone.now())
    assert refused(first["refresh"]) == (401, "token_expired")


def test_an_unknown_token_is_refused() -> None:
    assert refused("nobody-issued-this") == (401, "token_revoked")
    assert refused("bad characters!") == (422, "invalid_request")


def test_a_closed_account_is_not_refreshed() -> None:
    user = make_customer()
    first = log_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert refused(first["refresh"]) == (401, "token_revoked")


def test_no_token_stands_in_the_database_as_it_is() -> None:
    first = log_in(make_customer())
    assert not RefreshToken.objects.filter(token_hash=first["refresh"]).exists()


@pytest.mark.django_db(transaction=True)
def test_eight_tabs_that_refresh_at_once_all_stay_in() -> None:
    user = make_customer()
    login = sessions.login_by_code(phone=user.phone, code=sessions.send_login_code(phone=user.phone) or "")
    tokens = at_once(8, lambda: refreshed(login.refresh)["refresh"])
    assert len(set(tokens)) == 1
    assert len(set(at_once(8, lambda: refreshed(tokens[0])["refresh"]))) == 1
