"""A browser in the back office, signed in as one person, and the form of a page as the browser would send it."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.web.people import CITY, make_staff
from web.ops.signing_in import put_second_factor

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

    from web.accounts.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def colleague(*duties: str, city: str = CITY, **fields: Any) -> User:
    """A member of staff with these duties and a second factor."""
    staff = make_staff(city=city, duties=list(duties), **fields)
    put_second_factor(user=staff, secret=SECRET)
    return staff


def office_of(user: User) -> Client:
    """In, with his second factor."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "type": "totp"}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


class _Form(HTMLParser):
    """What the browser would send of the page's forms, unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.select = ""
        self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name") or ""
        if tag == "input" and name and said.get("type") not in ("submit", "button", "file"):
            if said.get("type") not in ("checkbox", "radio") or "checked" in said:
                value = said.get("value") or ("on" if said.get("type") == "checkbox" else "")
                # Several boxes of one name are several values.
                others = self.fields.get(name) if said.get("type") == "checkbox" else None
                self.fields[name] = (
                    value if others is None else [*([others] if isinstance(others, str) else others), value]
                )
        elif tag == "select" and "multiple" not in said:
            self.select = name
        elif tag == "option" and self.select and ("selected" in said or self.select not in self.fields):
            # Without a choice the first one is sent.
            self.fields[self.select] = said.get("value") or ""
        elif tag == "textarea":
            self.area = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data.lstrip("\n")


def form_of(answer: Answer) -> dict[str, Any]:
    """The fields of the page's forms with their values, or lists of them, without those for new rows of its tables."""
    assert answer.status_code == 200, answer
    form = _Form()
    form.feed(answer.content.decode())
    fields = {name: value for name, value in form.fields.items() if "__prefix__" not in name and name}
    return {name: value for name, value in fields.items() if name not in ("_popup", "s", "q", "next")}


def asked(client: Client, page: str, **said: Any) -> Any:
    """What comes of a page that asks before something is done, once it is answered so."""
    return client.post(page, form_of(client.get(page)) | said)


class _Words(HTMLParser):
    """What people read: no scripts, no codes, no icons (which are words to the machine), nothing typed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        icon = tag == "span" and "material-symbols" in (dict(attrs).get("class") or "")
        unread = bool(self.unread) or icon or tag in ("script", "style", "code", "textarea")
        if unread and tag not in ("input", "br", "img", "link", "meta", "hr", "path"):
            self.unread.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.unread and self.unread[-1] == tag:
            self.unread.pop()

    def handle_data(self, data: str) -> None:
        if not self.unread and data.strip():
            self.words.append(data.strip())


def words_of(answer: Answer) -> str:
    """What people read of a page."""
    page = _Words()
    page.feed(answer.content.decode())
    return " ".join(page.words)
