"""What the hub is told when a login ends."""

import pytest

import hub


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """(user, login) whose sockets were closed."""
    told: list[tuple[int, str]] = []
    monkeypatch.setattr(hub.revoke, "disconnect", lambda user_id, *, login="": told.append((user_id, login)))
    return told
