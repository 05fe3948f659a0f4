"""Every page of the back office that a link leads to: on a desk and on a phone."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from playwright.sync_api import ViewportSize

from tests.e2e.ops.conftest import MANAGER
from tests.e2e.ops.office import Office
from tests.e2e.world import World
from tests.web.ops.world import furnished
from tests.world.town import in_database

OpenOffice = Callable[[str], Office]
SIZES = {"desk": ViewportSize(width=1440, height=900), "phone": ViewportSize(width=390, height=844)}
TABS = 2
"""While one is looked at, another loads."""

# The board has tests of its own, and who signs out sees no more.
ELSEWHERE = re.compile(r"^/board/|/board/$|^/ops/(?:sign-out|logout)/|\.[a-z]+$")
ALIKE = re.compile(r".*/(history|delete|export|import)/$")
ROW = re.compile(r"/(?:\d+|[a-z]*\d{4}-\d\d-\d\d)(?=/)")
NEW = re.compile(r"add/$")
APPS = {f"/ops/{model._meta.app_label}/" for model in admin.site._registry}
LINKS = """() => [...new Set([...document.querySelectorAll('a[href]')].map((one) => one.pathname))]"""
EDITABLE = """() => document.querySelector('[name="_save"]') !== null"""


def kind_of(path: str) -> str:
    """Of a kind of pages one is opened: another row's looks the same, and all histories are drawn by one template.

    Whoever wants pictures gets them all.
    """
    kind = ROW.sub("/N", path)
    if "SCREENSHOTS" in os.environ:
        return kind
    return "an app" if path in APPS else ALIKE.sub(r"/\1/", kind)


@dataclass
class Walk:
    """From link to link. Forms for new rows come last: that of a row that is there has whatever such a one has."""

    seen: set[str] = field(default_factory=lambda: {"/ops/"})
    waiting: list[str] = field(default_factory=lambda: ["/ops/"])
    new: list[str] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    broken: list[tuple[str, int | None]] = field(default_factory=list)
    too_wide: dict[str, Any] = field(default_factory=dict)
    opened: int = 0

    def next(self, number: int) -> list[str]:
        """So many that are to be opened, or fewer; none when all is done."""
        if not self.waiting:
            self.waiting, self.new = [path for path in self.new if path not in self.edited], []
        taken, self.waiting = self.waiting[:number], self.waiting[number:]
        return taken

    def look_at(self, office: Office, path: str) -> None:
        """At both sizes, that of the page before first; and where it leads to."""
        office.page.wait_for_load_state()
        self.opened += 1
        name = path.removeprefix("/ops/").strip("/").replace("/", "-") or "home"
        sizes = list(SIZES.items())
        for where, size in sizes if office.page.viewport_size == SIZES["desk"] else reversed(sizes):
            if office.page.viewport_size != size:
                office.page.set_viewport_size(size)
            if overflow := office.overflow():
                self.too_wide[f"{path} on a {where}"] = overflow
            office.keep(f"{where}-{name}")
        if path.endswith("/change/") and office.page.evaluate(EDITABLE):
            self.edited.add(ROW.sub("", path).removesuffix("change/") + "add/")
        for link in office.page.evaluate(LINKS):
            if link.startswith("/ops/") and not ELSEWHERE.search(link) and kind_of(link) not in self.seen:
                self.seen.add(kind_of(link))
                (self.new if NEW.search(link) and "SCREENSHOTS" not in os.environ else self.waiting).append(link)


def test_every_page_that_a_link_leads_to_opens_and_fits(open_office: OpenOffice, world: World) -> None:
    world.run(in_database(furnished))
    offices, walk = [open_office(MANAGER) for _ in range(TABS)], Walk()
    while tabs := list(zip(offices, walk.next(TABS), strict=False)):
        answers = [office.page.goto(office.base_url + path, wait_until="commit") for office, path in tabs]
        for (office, path), answer in zip(tabs, answers, strict=True):
            if answer is None or answer.status != 200:
                walk.broken.append((path, answer.status if answer else None))
            else:
                walk.look_at(office, path)
    assert walk.broken == []
    assert walk.too_wide == {}
    assert walk.opened > 75
