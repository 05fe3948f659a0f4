"""Access tokens: what opens the API and what does not."""

import base64
import json
import time
from uuid import uuid4

import jwt
import pytest
from pytest_django import Settings

import hub
from tests.web.people import Api, body_of, make_customer, make_staff, refusal, token_of
from web.accounts import tokens
from web.accounts.models import User

pytestmark = pytest.mark.django_db


def asks_with(token: str) -> tuple[int, str]:
    api = Api()
    api.token = token
    return refusal(api.get("/me"))


def signed(settings: Settings, user: User, **claims: object) -> str:
    now = int(time.time())
    usual: dict[str, object] = {"sub": str(user.pk), "sid": uuid4().hex, "aud": "api", "iat": now, "exp": now + 60}
    return jwt.encode({**usual, **claims}, settings.JWT_KEYS[0], algorithm="HS256")


def test_an_expired_token_says_so(settings: Settings) -> None:
    past = int(time.time()) - 3600
    assert asks_with(signed(settings, make_customer(), iat=past, exp=past + 900)) == (401, "token_expired")


def test_the_clocks_of_two_servers_may_differ_a_little(settings: Settings) -> None:
    api = Api()
    now = int(time.time())
    api.token = signed(settings, make_customer(), iat=now + 3, exp=now - 3)
    assert api.get("/me").status_code == 200


def test_a_token_of_another_kind_or_form_opens_nothing(settings: Settings) -> None:
    user = make_customer()
    header, payload, signature = token_of(user).split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    for token in (
        hub.tokens.issue(user.pk),
        signed(settings, user, aud="hub"),
        signed(settings, user, sub="nobody"),
        signed(settings, user, sid="not a login"),
        jwt.encode({"sub": str(user.pk), "aud": "api"}, settings.JWT_KEYS[0], algorithm="HS256"),
        f"{header}.{payload}.{signature[::-1]}",
        f"{unsigned}.{payload}.",
        "nonsense",
        "",
        "ünïcode",
    ):
        assert asks_with(token or " ") == (401, "unauthenticated")


def test_a_new_key_in_front_logs_nobody_out_and_the_last_ones_removal_does(settings: Settings) -> None:
    api = Api(make_customer())
    old = settings.JWT_KEYS[0]
    settings.JWT_KEYS = ("a-new-key-of-more-than-thirty-two-bytes", old)
    assert api.get("/me").status_code == 200
    assert jwt.get_unverified_header(tokens.issue_access(user_id=1, family=uuid4()))["alg"] == "HS256"
    settings.JWT_KEYS = ("a-new-key-of-more-than-thirty-two-bytes",)
    assert refusal(api.get("/me")) == (401, "unauthenticated")


def test_a_closed_account_is_out_at_once() -> None:
    user = make_customer()
    api = Api(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert refusal(api.get("/me")) == (401, "token_revoked")


def test_one_role_does_not_pass_for_another() -> None:
    assert refusal(Api(make_customer()).get("/worker/duty")) == (403, "forbidden")
    assert refusal(Api(make_staff()).get("/addresses")) == (403, "forbidden")


def test_the_hubs_token_names_its_user_and_nothing_personal() -> None:
    user = make_customer(display_name="李女士")
    token = body_of(Api(user).post("/hub/token"))["token"]
    claims = hub.tokens.verify(token)
    assert claims.identity == hub.Identity(str(user.pk), {"role": "customer"})
