"""Logins and codes that ran out long ago are deleted, and nothing that somebody still uses."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.web.people import make_customer
from web.accounts import services
from web.accounts.models import LoginCode, RefreshToken

pytestmark = pytest.mark.django_db
FAMILY = uuid4()


def day(number: int) -> datetime:
    return timezone.now() + timedelta(days=number)


def token(
    name: str, *, expires_at: datetime, parent: RefreshToken | None = None, family: UUID = FAMILY
) -> RefreshToken:
    user = parent.user if parent else make_customer()
    return RefreshToken.objects.create(user=user, parent=parent, family=family, token_hash=name, expires_at=expires_at)


def kept() -> list[str]:
    return sorted(RefreshToken.objects.values_list("token_hash", flat=True))


def test_what_ran_out_goes_and_what_is_good_stays() -> None:
    token("old", expires_at=day(-2))
    token("fresh", expires_at=day(2))
    token("just over", expires_at=day(0))
    for number, name in ((-2, "old"), (1, "fresh")):
        LoginCode.objects.create(phone_hash=name, code_hash="", expires_at=day(number))
    assert services.prune_sessions(before=day(-1)) == 1
    assert kept() == ["fresh", "just over"]
    assert [code.phone_hash for code in LoginCode.objects.all()] == ["fresh"]


def test_a_login_of_today_does_not_go_with_the_token_it_came_from() -> None:
    old = token("old", expires_at=day(-2))
    between = token("between", expires_at=day(-2), parent=old)
    token("live", expires_at=day(2), parent=between)
    assert services.prune_sessions(before=day(-1)) == 2
    assert kept() == ["live"]


def test_so_many_go_at_once_and_the_rest_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PRUNED_AT_ONCE", 2)
    for number in range(3):
        token(f"old {number}", expires_at=day(-2))
    assert [services.prune_sessions(before=day(-1)) for _ in range(3)] == [2, 1, 0]
