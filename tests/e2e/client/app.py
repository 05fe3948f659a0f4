"""The client app on a phone: what is where on its pages, by the words and roles that people go by."""

import re

from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


class App:
    """One phone. errors: what the pages threw, and what the server refused."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, page: str) -> "App":
        """One of its pages, by its path."""
        self.page.goto(f"{self.base_url}/app/#{page}")
        return self

    def tap(self, name: str | re.Pattern[str]) -> None:
        """A button of the page in front: those behind it are hidden."""
        self.button(name).tap()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def text(self, text: str) -> Locator:
        """Words on the page in front."""
        return self.page.get_by_text(text).locator("visible=true").first

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).locator("visible=true").locator("input, textarea").first.fill(text)

    def sign_in(self, phone: str) -> None:
        """On the page of signing in, by the code that the demo shows."""
        self.fill("手机号", phone)
        self.tap("获取验证码")
        shown = self.text("验证码是")
        expect(shown).to_be_visible()
        code = re.search(r"\d{6}", shown.inner_text())
        assert code
        self.fill("验证码", code[0])
        self.page.get_by_text("我已阅读并同意").tap()
        self.tap("登录")

    def cut(self) -> None:
        """The network goes."""
        self.page.context.set_offline(True)

    def mend(self) -> None:
        """It comes back."""
        self.page.context.set_offline(False)

    def expect_phase(self, name: str) -> None:
        """Of the order in front."""
        expect(self.page.locator(".phase").locator("visible=true").first).to_have_text(name)

    def expect_live(self) -> None:
        expect(self.text("实时")).to_be_visible()

    @property
    def id(self) -> int:
        """Of what the page in front shows."""
        found = re.search(r"[?&](?:id|order)=(\d+)", self.page.url)
        assert found, self.page.url
        return int(found[1])
