"""The home page: soon there, and all of it ours."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from tests.e2e.client.app import App

FIRST_LOAD_MAX = 200_000
"""Bytes of JavaScript, gzip."""


def test_its_first_load_is_small_and_comes_from_us_alone(phone: Callable[[], App], live_url: str) -> None:
    app = phone()
    answers: list[Response] = []
    app.page.on("response", lambda one: answers.append(one))
    app.open("/pages/home/home")
    expect(app.text("搜索服务")).to_be_visible()
    app.page.wait_for_load_state("networkidle")
    scripts = {one.url: one.body() for one in answers if one.url.endswith(".js")}
    weight = sum(len(gzip.compress(body)) for body in scripts.values())
    print({"scripts": len(scripts), "gzip_bytes": weight})
    assert 0 < weight < FIRST_LOAD_MAX
    assert {urlsplit(one.url).netloc for one in answers} == {urlsplit(live_url).netloc}
    assert [one.url for one in answers if one.status >= 400] == []
    assert app.errors == []


@pytest.mark.usefixtures("trade")
def test_every_tab_can_be_looked_at_by_a_stranger(phone: Callable[[], App]) -> None:
    app = phone().open("/pages/home/home")
    for tab, shown in (("分类", "家政清洁"), ("订单", "登录后查看订单"), ("我的", "登录 / 注册")):
        app.page.locator(".uni-tabbar__label").filter(has_text=tab).tap()
        expect(app.text(shown)).to_be_visible()
    assert app.errors == []
