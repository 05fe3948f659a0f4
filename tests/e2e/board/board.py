"""The board as a dispatcher sees it: what is where on the page, by the words and roles that he goes by."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

CITY = "hangzhou"
DISPATCHERS = ("chen", "li")
MONEYLESS = "zhao"
"""Money is not his duty."""
# On a machine that others use as well a push may take its time; where a time decides, the test says so itself.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


class Board:
    """One page. `username` is also the password."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self) -> "Board":
        """Go there; the sign-in page comes instead where nobody is signed in."""
        self.page.goto(f"{self.base_url}/board/{CITY}/")
        return self

    def sign_in(self, username: str = DISPATCHERS[0], *, password: str | None = None) -> "Board":
        """By the form."""
        self.open()
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password or username)
        self.page.get_by_role("button", name="登录").click()
        return self

    def wait_until_live(self) -> "Board":
        """The badge says so."""
        expect(self.badge).to_contain_text("实时")
        return self

    @property
    def badge(self) -> Locator:
        """实时, 追赶中 or 断开."""
        return self.page.locator(".live")

    @property
    def banner(self) -> Locator:
        """What says that the data are old."""
        return self.page.locator(".banner")

    @property
    def pane(self) -> Locator:
        """The detail of what is selected."""
        return self.page.locator(".order-pane")

    @property
    def outcome(self) -> Locator:
        """What came of an assignment."""
        return self.page.locator(".outcome")

    def tile(self, order_id: int) -> Locator:
        """The order in its lane."""
        return self.page.locator(f'.tile[data-order="{order_id}"]')

    def on_map(self, order_id: int) -> Locator:
        """The order on the map."""
        return self.page.locator(f'.map-order[data-id="{order_id}"]')

    def select(self, order_id: int, *, lane: str = "派单中") -> None:
        """Click the order, once it stands in that lane: what the detail opens with depends on it."""
        self.expect_in_lane(order_id, lane)
        self.tile(order_id).click()

    def expect_in_lane(self, order_id: int, lane: str) -> None:
        """The order stands in the lane of that name."""
        region = self.page.get_by_role("region", name=re.compile(f"^{lane}，"))
        expect(region.locator(f'.tile[data-order="{order_id}"]')).to_be_visible()

    def alarm_of(self, order_id: int) -> Locator:
        """The alarm about an order."""
        number = self.page.get_by_role("button", name=f"#{order_id}", exact=True)
        return self.page.locator(".alarm", has=number)

    def shown(self) -> dict[str, Any]:
        """What the page shows, in the shape of `shown_by`: {order: lane}, and the counters."""
        shown: dict[str, Any] = self.page.evaluate(SHOWN)
        return shown

    def note_when(self, selector: str, text: str = "") -> None:
        """Let the page itself note the moment when something of this selector, with this text, is first there."""
        self.page.evaluate(NOTE, [selector, text])

    def noted(self) -> float:
        """That moment, epoch s: neither this test's polling nor a busy machine's is in it."""
        self.page.wait_for_function("() => window.noted !== null")
        return float(self.page.evaluate("window.noted")) / 1000

    def change_snapshot(self, change: Callable[[dict[str, Any]], None]) -> "Board":
        """Open the page with a snapshot that is not quite the server's: for what would take hours to bring about."""

        def changed(route: Route) -> None:
            snapshot = route.fetch().json()
            change(snapshot)
            route.fulfill(json=snapshot)

        self.page.route(f"**/api/board/{CITY}", changed)
        self.page.reload()
        return self.wait_until_live()

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)


NOTE = """([selector, text]) => {
  const look = () => [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text))
  window.noted = look() ? Date.now() : null
  const watching = new MutationObserver(() => {
    if (window.noted === null && look()) window.noted = Date.now()
  })
  watching.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
}"""

SHOWN = """() => ({
  orders: Object.fromEntries([...document.querySelectorAll('.lane')].flatMap((lane) =>
    [...lane.querySelectorAll('.tile')].map((tile) => [tile.dataset.order, lane.dataset.phase]))),
  counters: [...document.querySelectorAll('.counters dd')].slice(0, 3).map((one) => Number(one.textContent)),
  alarms: [...document.querySelectorAll('.alarm')].map((alarm) => Number(alarm.dataset.alarm)).sort((a, b) => a - b),
})"""

FOLDED = ("COMPLETED", "CANCELLED")


def shown_by(snapshot: dict[str, Any]) -> dict[str, Any]:
    """What a page that has this snapshot shows; the lanes of what is over are folded at first."""
    counters = snapshot["counters"]
    return {
        "orders": {str(order["id"]): order["phase"] for order in snapshot["orders"] if order["phase"] not in FOLDED},
        "counters": [counters[name] for name in ("placed", "completed", "cancelled")],
        "alarms": sorted(alarm["id"] for alarm in snapshot["alarms"]),
    }
