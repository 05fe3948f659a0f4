"""The page's state after any sequence of events equals a fresh snapshot."""

import threading
from typing import Any

import pytest
from django.db import connections

from tests.web.board.busy_day import BusyDay
from tests.web.board.page import Page, compared
from tests.web.orders.story import Story
from tests.web.people import CITY, Api, body_of, make_staff
from web.accounts.models import User
from web.board import selectors
from web.orders.events import EVENT_NAMES
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def snapshot(staff: User) -> dict[str, Any]:
    read: dict[str, Any] = body_of(Api(staff).get(f"/board/{CITY}"))
    return read


def expect_equal_to_fresh(*pages: Page) -> None:
    for page, fresh in compared(*pages):
        for part in fresh:
            assert page[part] == fresh[part], part


EVERYTHING = {f"order.{name}" for name in EVENT_NAMES if name != "imported"} | {
    *["alarm.raised", "alarm.taken", "alarm.cleared", "worker.changed"]
}
SELDOM = {
    *["order.refund_parked", "order.refunded", "order.payment_lapsed", "order.cancelled", "order.closed"],
    *["order.code_unlocked", "order.address_asked", "order.case_overdue", "order.case_refunded", "order.by_hand"],
    *["order.case_reworked", "order.rework_placed", "order.rework_quoted"],
    *["order.customer_here", "order.not_departed"],
    *["order.refund_agreed", "order.tip_offered", "order.tipped", "order.released"],
}


@pytest.mark.django_db(transaction=True)
def test_whatever_happens_the_events_lead_to_the_next_snapshot() -> None:
    day = BusyDay(1)
    staff = make_staff(city=CITY)
    page = Page(snapshot(staff))
    heard: set[str] = set()
    # What comes by when depends on the hour: the day goes on until all that is usual has come by, or for long enough.
    for turn in range(40):
        if turn >= 16 and heard >= EVERYTHING - SELDOM:
            break
        for _ in range(12):
            day.act()
        heard |= set(page.hear(snapshot(staff)))
    missing = EVERYTHING - SELDOM - heard
    assert len(missing) <= len(EVERYTHING) // 10, f"a day without {sorted(missing)} proves little"
    expect_equal_to_fresh(page)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_away_catches_up_from_any_offset() -> None:
    day = BusyDay(7)
    staff = make_staff(city=CITY)
    pages = []
    for _ in range(6):
        pages.append(Page(snapshot(staff)))
        for _ in range(8):
            day.act()
    now = snapshot(staff)
    for page in pages:
        page.hear(now)
    expect_equal_to_fresh(*pages)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("between", ["live_orders", "open_alarms", "counters_of_day"])
def test_what_happens_while_the_snapshot_is_read_is_counted_once(between: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The orders are read in one moment and the counters in another: the same moment must be shown."""
    story = Story.in_town(workers=2).finished()
    other = Story.placed(story.order.customer, story.order.service)
    staff = make_staff(city=CITY)
    read = getattr(selectors, between)

    def things_happen() -> None:
        story.confirm()
        other.step(Move.PAYMENT_LAPSED)
        other.close()
        connections.close_all()

    def interrupted(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(selectors, between, read)
        elsewhere = threading.Thread(target=things_happen)
        elsewhere.start()
        elsewhere.join()
        return read(*arguments, **named)

    monkeypatch.setattr(selectors, between, interrupted)
    page = Page(snapshot(staff))
    now = snapshot(staff)
    page.hear(now)
    expect_equal_to_fresh(page)
    assert now["counters"] == {"day": now["counters"]["day"], "placed": 2, "completed": 1, "cancelled": 1}
