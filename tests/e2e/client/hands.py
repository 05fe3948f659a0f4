"""Phones in the hands of a trade's people, signed in."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.client.app import App
from tests.e2e.world import World
from tests.world.town import Trade


def at_home(phone: Callable[[], App], world: World, trade: Trade) -> App:
    """The customer's phone."""
    app = phone().open("/pages/login/login")
    app.sign_in(world.run(trade.customer.get("/api/me"))["phone"].replace(" ", ""))
    expect(app.text("搜索服务")).to_be_visible()
    return app


def at_work(phone: Callable[[], App], world: World, trade: Trade, order: int) -> App:
    """The worker's phone, with the order in front."""
    app = phone().open("/pages/login/login?side=worker")
    app.sign_in(world.run(trade.worker.get("/api/me"))["phone"].replace(" ", ""))
    expect(app.text("听单中")).to_be_visible()
    app.open(f"/worker/job/job?id={order}")
    app.expect_live()
    return app
