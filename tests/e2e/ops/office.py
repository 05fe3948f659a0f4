"""The back office as an operator sees it: what is where on its pages, by the words that he goes by."""

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


class Office:
    """One page. `username` is also the password. `wrong` must stay empty: errors, and what was asked of other hosts."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", self._hear)
        page.on("request", lambda request: self._see(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{self.page.url}: {message.text} {message.location.get('url', '')}")

    def _see(self, address: str) -> None:
        if not address.startswith((self.base_url, "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asks {address}")

    def sign_in(self, username: str) -> "Office":
        """By the forms: the password, then the code that the sandbox shows."""
        self.open("")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(username)
        self.page.get_by_role("button", name="登录").click()
        shown = self.page.get_by_text("现在的验证码是").inner_text()
        (code,) = re.findall(r"\d{6}", shown)
        self.page.get_by_label("验证码").fill(code)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("heading", name="今天")).to_be_visible()
        return self

    def open(self, path: str) -> "Office":
        """A page by its address below /ops/."""
        self.page.goto(f"{self.base_url}/ops/{path}")
        return self

    def choose_in_menu(self, title: str) -> None:
        """A page by the side menu."""
        self.page.locator("#nav-sidebar").locator("a", has=self.page.get_by_text(title, exact=True)).click()

    def add(self, title: str) -> None:
        """From the menu to the form of a new row."""
        self.choose_in_menu(title)
        self.page.locator('a[href$="/add/"]:visible').first.click()

    def field(self, name: str) -> Locator:
        """A field of the form: parts are `options-0-name`."""
        return self.page.locator(f'[name="{name}"]')

    def fill(self, **said: str) -> None:
        """Fields by name; the double underscore stands for the hyphen of parts."""
        for name, value in said.items():
            self.field(name.replace("__", "-")).fill(value)

    def look_up(self, name: str, words: str) -> None:
        """Choose in a field that searches while one types."""
        box = self.page.locator(f".select2-container:near(#id_{name})").first
        box.click()
        self.page.locator(".select2-search__field").fill(words)
        self.page.locator(".select2-results__option", has_text=words).first.click()

    def open_tab(self, title: str) -> None:
        """The parts of a row stand on tabs."""
        # Their number, and that of their faults, stands behind the title.
        self.page.locator("#tabs-items").get_by_role("link", name=re.compile(f"^{title}")).click()

    def add_part(self, title: str) -> None:
        """One more, by its button."""
        self.page.locator("a:visible", has_text=f"添加另一个 {title}").last.click()

    def save(self, *, reason: str) -> None:
        """With why."""
        self.fill(reason=reason)
        self.page.get_by_role("button", name="保存", exact=True).click()

    def act(self, title: str, *, reason: str, button: str = "") -> None:
        """Something that is done to a row: its action, the reason, the button."""
        self.page.get_by_role("link", name=title, exact=True).click()
        self.fill(reason=reason)
        self.page.locator("main, #main").get_by_role("button", name=button or title, exact=True).click()

    def expect_said(self, words: str) -> None:
        """The page says so."""
        expect(self.page.locator("body")).to_contain_text(words)

    @property
    def row_id(self) -> int:
        """Of the row whose page this is."""
        (number,) = re.findall(r"/(\d+)/", self.page.url)
        return int(number)

    def keep(self, name: str) -> None:
        """A picture of the page, whole, where somebody wants to look at them (`SCREENSHOTS`: a folder)."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def overflow(self) -> dict[str, Any]:
        """What of the page's body is wider than the window: {"by": px, "of": [what reaches furthest]}; empty."""
        found: dict[str, Any] = self.page.evaluate(OVERFLOW)
        return found


OVERFLOW = """() => {
  const by = document.documentElement.scrollWidth - innerWidth
  if (by <= 0) return {}
  const clipped = (one) => {
    for (let above = one.parentElement; above && above !== document.body; above = above.parentElement)
      if (getComputedStyle(above).overflowX !== 'visible') return true
    return false
  }
  const wide = [...document.body.querySelectorAll('*')].filter((one) =>
    one.getBoundingClientRect().right > innerWidth + 0.5 && !clipped(one))
  const inner = wide.filter((one) => ![...one.children].some((child) => wide.includes(child)))
  return { by, of: inner.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) }
}"""
