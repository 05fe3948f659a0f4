"""Logins as clients make them, for tests of their end."""

from typing import Any

from tests.web.people import Api, body_of
from web.accounts.models import User


def log_in(user: User) -> dict[str, Any]:
    """The tokens of a fresh login by phone."""
    code = body_of(Api().post("/auth/codes", {"phone": user.phone}))["sandbox_code"]
    answer: dict[str, Any] = body_of(Api().post("/auth/login", {"phone": user.phone, "code": code}))
    return answer


def hub_token(login: dict[str, Any]) -> str:
    """A token for the socket, asked for by that login."""
    api = Api()
    api.token = login["access"]
    token: str = body_of(api.post("/hub/token"))["token"]
    return token
