from collections.abc import Iterator
from unittest import mock
from uuid import uuid4

import pytest
from django.test import override_settings

import hub
from tests.web.notifications.tencent_standin import APP_ID, SECRET_ID, SECRET_KEY, SIGN, Tencent, tencent
from tests.web.notifications.wechat_standin import APPID, SECRET, WeChat, wechat
from web.notifications.channels import wechat as adapter

REPORT_KEY = "a-word-of-our-own-choice"


@pytest.fixture
def standin() -> Iterator[WeChat]:
    """WeChat at hand, and the platform pointed to it. Redis outlives a test: each has a prefix of its own there."""
    with (
        wechat() as standin,
        override_settings(WECHAT_APPID=APPID, WECHAT_SECRET=SECRET, WECHAT_API=standin.address, SMS="off"),
        mock.patch.object(adapter, "PREFIX", f"test:{uuid4()}"),
    ):
        adapter._client.cache_clear()
        yield standin
    adapter._client.cache_clear()


@pytest.fixture
def vendor() -> Iterator[Tencent]:
    """腾讯云短信 at hand, and the platform pointed to it."""
    with (
        tencent() as standin,
        override_settings(
            SMS="tencent",
            SMS_SECRET_ID=SECRET_ID,
            SMS_SECRET_KEY=SECRET_KEY,
            SMS_APP_ID=APP_ID,
            SMS_SIGN=SIGN,
            SMS_LOGIN_TEMPLATE="900",
            SMS_API=standin.address,
            SMS_REPORT_KEY=REPORT_KEY,
        ),
    ):
        yield standin


@pytest.fixture(autouse=True)
def nobody_is_in_front(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Whom the hub takes to be connected: nobody, until a test adds somebody."""
    there: set[str] = set()
    monkeypatch.setattr(hub.presence, "connected_if_known", lambda users: there & {str(user) for user in users})
    return there
