"""Every page of the back office that a link leads to: on a desk and on a phone."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, ViewportSize

from tests.e2e.ops.conftest import MANAGER
from tests.e2e.ops.office import Office
from tests.e2e.world import World
from tests.web.ops.world import furnished
from tests.world.town import in_database

OpenOffice = Callable[[str], Office]
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
# The board has tests of its own, and who signs out sees no more.
ELSEWHERE = re.compile(r"^/board/|/board/$|^/ops/(?:sign-out|logout)/|\.[a-z]+$")
ALIKE = re.compile(r".*/(history|delete|export)/$")
ROW = re.compile(r"/(?:\d+|[a-z]*\d{4}-\d\d-\d\d)(?=/)")


def links_of(page: Page) -> Iterator[str]:
    """Where the page leads to within the back office, without queries."""
    for address in page.eval_on_selector_all("a[href]", "(all) => all.map((one) => one.href)"):
        path = urlsplit(address).path
        if path.startswith("/ops/") and not ELSEWHERE.search(path):
            yield path


def kind_of(path: str) -> str:
    """Of a kind of pages one is opened: another row's looks the same, and all histories are drawn by one template.

    Whoever wants pictures gets them all.
    """
    kind = ROW.sub("/N", path)
    return kind if "SCREENSHOTS" in os.environ else ALIKE.sub(r"/\1/", kind)


def test_every_page_that_a_link_leads_to_opens_and_fits(open_office: OpenOffice, world: World) -> None:
    world.run(in_database(furnished))
    office = open_office(MANAGER)
    seen, waiting = {"/ops/"}, ["/ops/"]
    broken: list[tuple[str, int | None]] = []
    too_wide: dict[str, Any] = {}
    too_wide_for_a_phone: dict[str, Any] = {}
    for path in waiting:
        answer = office.page.goto(office.base_url + path)
        if answer is None or answer.status != 200:
            broken.append((path, answer.status if answer else None))
            continue
        name = path.removeprefix("/ops/").strip("/").replace("/", "-") or "home"
        for size, found, where in ((DESK, too_wide, "desk"), (PHONE, too_wide_for_a_phone, "phone")):
            office.page.set_viewport_size(size)
            if overflow := office.overflow():
                found[path] = overflow
            office.keep(f"{where}-{name}")
        office.page.set_viewport_size(DESK)
        for link in links_of(office.page):
            if kind_of(link) not in seen:
                seen.add(kind_of(link))
                waiting.append(link)
    assert broken == []
    assert too_wide == {}
    assert too_wide_for_a_phone == {}
    assert len(waiting) > 90
